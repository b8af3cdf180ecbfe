package main

import (
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table is aligned text: the first left columns to the left, the others, which are numbers, to the right.
type table struct {
	head []string
	rows [][]string
	left int
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) print(w io.Writer) {
	width := make([]int, len(t.head))
	all := append([][]string{t.head}, t.rows...)
	for _, cells := range all {
		for i, c := range cells {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	for _, cells := range all {
		var line strings.Builder
		for i, c := range cells {
			space := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if i < t.left {
				line.WriteString("  " + c + space)
			} else {
				line.WriteString("  " + space + c)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, _ = io.WriteString(w, b.String())
}

// number writes f; nothing for zero, which here is what was not measured.
func number(f float64, decimals int) string {
	if f == 0 {
		return ""
	}
	return strconv.FormatFloat(f, 'f', decimals, 64)
}
