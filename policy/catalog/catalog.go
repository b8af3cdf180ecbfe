package catalog

import (
	_ "embed" // the catalog itself
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed catalog.jsonl
var embedded string

// standard splits the embedded catalog on first use. Its own test reads every line of it.
var standard = sync.OnceValue(func() *Catalog {
	c, err := Parse(embedded)
	if err != nil {
		return &Catalog{}
	}
	return c
})

// Standard returns the catalog that is built in.
func Standard() *Catalog { return standard() }

// Lookup finds a model in the built-in catalog; see [Catalog.Lookup].
func Lookup(schema, endpointHost, name string) (Entry, bool) {
	return standard().Lookup(schema, endpointHost, name)
}

// Get returns the entry of exactly that key in the built-in catalog.
func Get(key string) (Entry, bool) { return standard().Get(key) }

// Source says where a catalog's facts are from.
type Source struct {
	Package string `json:"package"` // "litellm"
	Version string `json:"version"`
	File    string `json:"file"`    // in the package
	SHA256  string `json:"sha256"`  // of that file
	Licence string `json:"licence"` // of the package
	Taken   string `json:"taken"`   // the day when the facts were taken out, "2026-11-24"
	Models  int    `json:"models"`
}

// Catalog is a set of entries that are decoded only when asked for. It is immutable and safe for concurrent use.
type Catalog struct {
	source Source
	lines  []string // sorted by key
}

// Parse reads the text of a catalog file: a line of Source, then a line an entry, sorted by key. It checks the order
// and the beginning of each line; what an entry holds is decoded when it is asked for. The catalog aliases text.
func Parse(text string) (*Catalog, error) {
	head, rest, _ := strings.Cut(text, "\n")
	c := &Catalog{}
	if err := json.Unmarshal([]byte(head), &c.source); err != nil {
		return nil, fmt.Errorf("catalog, line 1: %w", err)
	}
	c.lines = make([]string, 0, c.source.Models)
	last := ""
	for n := 2; rest != ""; n++ {
		var l string
		l, rest, _ = strings.Cut(rest, "\n")
		key := keyOf(l)
		if key <= last {
			return nil, fmt.Errorf("catalog, line %d: key %q does not come after %q", n, key, last)
		}
		last = key
		c.lines = append(c.lines, l)
	}
	return c, nil
}

// keyOf returns the key of a line without decoding it; empty if the line does not begin with one. Keys hold no
// character that JSON escapes.
func keyOf(l string) string {
	l, ok := strings.CutPrefix(l, `{"key":"`)
	if !ok {
		return ""
	}
	key, _, _ := strings.Cut(l, `"`)
	return key
}

// Source says where the facts are from.
func (c *Catalog) Source() Source { return c.source }

// Get returns the entry of exactly that key.
func (c *Catalog) Get(key string) (Entry, bool) {
	i, ok := c.find(key)
	if !ok {
		return Entry{}, false
	}
	return c.entry(i)
}

// Keys returns every key, sorted.
func (c *Catalog) Keys() []string {
	keys := make([]string, len(c.lines))
	for i, l := range c.lines {
		keys[i] = keyOf(l)
	}
	return keys
}

// All decodes every entry, sorted by key. It takes milliseconds: for listings, not for requests.
func (c *Catalog) All() []Entry {
	all := make([]Entry, 0, len(c.lines))
	for i := range c.lines {
		if e, ok := c.entry(i); ok {
			all = append(all, e)
		}
	}
	return all
}

// find returns where key is, or would be.
func (c *Catalog) find(key string) (int, bool) {
	return slices.BinarySearchFunc(c.lines, key, func(l, key string) int { return strings.Compare(keyOf(l), key) })
}

func (c *Catalog) entry(i int) (Entry, bool) {
	var e Entry
	err := json.Unmarshal([]byte(c.lines[i]), &e)
	return e, err == nil
}
