package policy

import "fmt"

// suggest returns `did you mean "x"?` for the closest of names, or nothing if none is close.
func suggest(word string, names []string) string {
	if near := closest(word, names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// closest returns the name with the fewest edits from word, if they are few for its length; the first of equals.
func closest(word string, names []string) string {
	best, bestEdits := "", 1+max(1, min(len(word)/3, 4))
	for _, name := range names {
		if n := edits(word, name, bestEdits); n < bestEdits {
			best, bestEdits = name, n
		}
	}
	return best
}

// edits counts insertions, deletions, replacements and swaps of neighbours (optimal string alignment) between
// a and b, or returns limit if there are at least as many.
func edits(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}
