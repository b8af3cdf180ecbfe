package catalog

import (
	"slices"
	"strings"

	"github.com/hbollon/go-edlib"
)

// maxTypo is the longest name that Closest looks at, in bytes: the work grows with it.
const maxTypo = 100

// Closest returns up to n keys that are spelled most like name, the closest first; none where nothing is like it. If no
// key as a whole is, keys of which a part is like name count. A name without a provider is compared with keys without
// theirs.
func (c *Catalog) Closest(name string, n int) []string {
	if name == "" || len(name) > maxTypo {
		return nil
	}
	name = strings.ToLower(name)
	if keys := c.like(name, n, 1+len(name)/3, edlib.OSADamerauLevenshteinDistance); len(keys) > 0 {
		return keys
	}
	return c.like(name, n, len(name)/4, editsWithin)
}

func (c *Catalog) like(name string, n, limit int, distance func(a, b string) int) []string {
	type near struct {
		key   string
		edits int
	}
	var found []near
	for _, key := range c.Keys() {
		model := strings.ToLower(key)
		if !strings.Contains(name, "/") {
			model = model[strings.LastIndexByte(model, '/')+1:]
		}
		if e := distance(name, model); e <= limit {
			found = append(found, near{key, e})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int {
		if a.edits != b.edits {
			return a.edits - b.edits
		}
		return strings.Count(a.key, "/") - strings.Count(b.key, "/") // the maker's own entry before resellers'
	})
	keys := make([]string, 0, n)
	for _, f := range found[:min(n, len(found))] {
		keys = append(keys, f.key)
	}
	return keys
}

// editsWithin is the least Levenshtein distance of a and any part of b, in bytes: a table of which the first row is
// nought, since the part may begin anywhere, and of whose last row the least counts, since it may end anywhere.
func editsWithin(a, b string) int {
	row := make([]int, len(b)+1)
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return slices.Min(row)
}
