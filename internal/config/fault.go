package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Fault is one thing that is wrong, or worth a warning, in a configuration. It never holds a credential or the
// value of an environment variable.
type Fault struct {
	File string
	Pos  Pos
	Path string // "routes[0].strategy"; empty: the file as a whole
	// Text is the offending text as the file spells it: variables are not expanded. Empty where it may be secret.
	Text       string
	Message    string // what is wrong, and what is wanted
	Suggestion string // `did you mean "cost"?`; may be empty
}

// Error is one line: `llmroute.yaml:12:5: routes[0].strategy: "chepest" is not a strategy; did you mean "cost"?`.
// The text stands before the message unless the message quotes it.
func (f Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Pos.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", f.Pos.Line, f.Pos.Column)
	}
	b.WriteString(": ")
	if f.Path != "" {
		b.WriteString(printable(f.Path) + ": ")
	}
	if q := quote(f.Text); f.Text != "" && !strings.Contains(f.Message, q) {
		b.WriteString(q + ": ")
	}
	b.WriteString(f.Message)
	if f.Suggestion != "" {
		b.WriteString("; " + printable(f.Suggestion))
	}
	return b.String()
}

// Faults are in the order of the file.
type Faults []Fault

// Error is one fault a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Err is fs, or nil if there is none: a Faults in an error variable is never nil.
func (fs Faults) Err() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}

// Sorted returns the faults by position, each once.
func (fs Faults) Sorted() Faults {
	out := slices.Clone(fs)
	slices.SortStableFunc(out, func(a, b Fault) int {
		return cmp.Or(
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
			cmp.Compare(a.Path, b.Path),
		)
	})
	return slices.Compact(out)
}

// maxQuoted bounds what a fault quotes, in characters.
const maxQuoted = 80

// quote puts s into quotes on one line, shortened.
func quote(s string) string {
	if r := []rune(s); len(r) > maxQuoted {
		s = string(r[:maxQuoted-1]) + "…"
	}
	if strings.Contains(s, `"`) && !strings.ContainsAny(s, `'\`) && printable(s) == s {
		return "'" + s + "'"
	}
	return strconv.Quote(s)
}

// printable escapes what would break a line or a terminal.
func printable(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

// urlPassword finds what stands before the @ of a URL.
var urlPassword = regexp.MustCompile(`//[^/?#\s]*@`)

// shown is text that may appear in a fault.
func shown(text string) string { return urlPassword.ReplaceAllString(text, "//"+dots+"@") }
