package policy

import (
	"fmt"

	"github.com/hbollon/go-edlib"
)

// maxTypo is the longest word that suggestions are sought for, in bytes: clients write these words, and the work
// grows with them.
const maxTypo = 256

// suggest returns `did you mean "x"?` for the closest of names, or nothing if none is close.
func suggest(word string, names []string) string {
	if near := closest(word, names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// closest returns the name with the fewest edits from word (insertions, deletions, replacements, swaps of
// neighbours), if they are few for its length; the first of equals.
func closest(word string, names []string) string {
	if len(word) > maxTypo {
		return ""
	}
	best, bestEdits := "", 1+max(1, min(len(word)/3, 4))
	for _, name := range names {
		if n := edlib.OSADamerauLevenshteinDistance(word, name); n < bestEdits {
			best, bestEdits = name, n
		}
	}
	return best
}
