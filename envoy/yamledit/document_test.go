package yamledit

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

func parsed(t testing.TB, text string) *yaml.Node {
	t.Helper()
	n, err := parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestInsertionsKeepTheRest(t *testing.T) {
	item := "name: new\nport: 1"
	tests := []struct {
		name, before, after string
		edit                func(d *Document, item *yaml.Node) error
	}{
		{
			name:   "a list in lines grows at its end, before the comment of what follows",
			before: "a: # first\n  - x   # one\n\n# of b\nb: \"2\"\n",
			after:  "a: # first\n  - x   # one\n  # why\n  - name: new\n    port: 1\n\n# of b\nb: \"2\"\n",
			edit:   func(d *Document, n *yaml.Node) error { return d.Append(Get(d.Root(), "a"), "why", n) },
		},
		{
			name:   "a list that is not indented",
			before: "a:\n- x: {y: 1}\n- x: |\n    text\nb: 2\n",
			after:  "a:\n- x: {y: 1}\n- x: |\n    text\n# why\n- name: new\n  port: 1\nb: 2\n",
			edit:   func(d *Document, n *yaml.Node) error { return d.Append(Get(d.Root(), "a"), "why", n) },
		},
		{
			name:   "a last line without its end",
			before: "a:\n  - x",
			after:  "a:\n  - x\n  # why\n  - name: new\n    port: 1\n",
			edit:   func(d *Document, n *yaml.Node) error { return d.Append(Get(d.Root(), "a"), "why", n) },
		},
		{
			name:   "a list in brackets grows at its front",
			before: "ä: 1\na: [x,  'y'] # both\n",
			after:  "ä: 1\na: [{\"name\":\"new\",\"port\":1}, x,  'y'] # both\n",
			edit:   func(d *Document, n *yaml.Node) error { return d.Append(Get(d.Root(), "a"), "why", n) },
		},
		{
			name:   "an empty list",
			before: "a: []\n",
			after:  "a: [{\"name\":\"new\",\"port\":1}]\n",
			edit:   func(d *Document, n *yaml.Node) error { return d.Append(Get(d.Root(), "a"), "why", n) },
		},
		{
			name:   "before an item and its comment",
			before: "a:\n  - x\n  # the last\n  - y\n",
			after:  "a:\n  - x\n  # why\n  - name: new\n    port: 1\n  # the last\n  - y\n",
			edit: func(d *Document, n *yaml.Node) error {
				a := Get(d.Root(), "a")
				return d.InsertBefore(a, Items(a)[1], "why", n)
			},
		},
		{
			name:   "before an item in brackets",
			before: "a: [ü, {y: 1}]\n",
			after:  "a: [ü, {\"name\":\"new\",\"port\":1}, {y: 1}]\n",
			edit: func(d *Document, n *yaml.Node) error {
				a := Get(d.Root(), "a")
				return d.InsertBefore(a, Items(a)[1], "why", n)
			},
		},
		{
			name:   "a key, in lines",
			before: "a:\n  - x: 1\n    z: 2\n  - y\n",
			after:  "a:\n  - x: 1\n    z: 2\n    # why\n    k:\n      name: new\n      port: 1\n  - y\n",
			edit: func(d *Document, n *yaml.Node) error {
				return d.Set(Items(Get(d.Root(), "a"))[0], "why", "k", n)
			},
		},
		{
			name:   "a key, in braces",
			before: "a: {x: 1}\n",
			after:  "a: {\"k\": {\"name\":\"new\",\"port\":1}, x: 1}\n",
			edit:   func(d *Document, n *yaml.Node) error { return d.Set(Get(d.Root(), "a"), "why", "k", n) },
		},
		{
			name:   "what an alias stands for",
			before: "l: &l\n  - x\na: *l\n",
			after:  "l: &l\n  - x\n  # why\n  - name: new\n    port: 1\na: *l\n",
			edit:   func(d *Document, n *yaml.Node) error { return d.Append(Get(d.Root(), "a"), "why", n) },
		},
		{
			name:   "two lists that end at one place, the outer one first",
			before: "a:\n  - b:\n      - x\n",
			after:  "a:\n  - b:\n      - x\n      # in\n      - name: new\n        port: 1\n  # out\n  - name: new\n    port: 1\n",
			edit: func(d *Document, n *yaml.Node) error {
				a := Get(d.Root(), "a")
				if err := d.Append(a, "out", n); err != nil {
					return err
				}
				return d.Append(Get(Items(a)[0], "b"), "in", clone(n))
			},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			d, err := Parse([]byte(tc.before))
			if err != nil {
				t.Fatal(err)
			}
			if err := tc.edit(d, parsed(t, item)); err != nil {
				t.Fatal(err)
			}
			got, err := d.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tc.after {
				t.Errorf("got\n%s\nwant\n%s", got, tc.after)
			}
		})
	}
}

func TestWhatCannotBeInsertedIsAnError(t *testing.T) {
	d, err := Parse([]byte("a: x\nb: {c: 1}\n"))
	if err != nil {
		t.Fatal(err)
	}
	item := parsed(t, "k: v")
	for name, err := range map[string]error{
		"into a scalar":          d.Append(Get(d.Root(), "a"), "", item),
		"into nothing":           d.Append(Get(d.Root(), "z"), "", item),
		"a key that is there":    d.Set(Get(d.Root(), "b"), "", "c", item),
		"a key in a scalar":      d.Set(Get(d.Root(), "a"), "", "c", item),
		"before somebody else's": d.InsertBefore(Get(d.Root(), "b"), item, "", item),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, text := range []string{"", "- x", "a: [", "a: 1\n---\nb: 2\n", "# nothing\n"} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

// FuzzInsert appends to every list and mapping of a text that is in lines or in brackets: what comes out is the text
// with insertions, or an error.
func FuzzInsert(f *testing.F) {
	for _, seed := range []string{
		"a:\n  - x\n  - {y: [1, 2]}\nb: {}\n", "a: |\n  # no comment\n\nb: [ä, 'x']\n", "? a\n: - b\n", "a: &x [1]\nb: *x\n", "-\n  - a\n", "a: !!set {x}\n", "a: \"x\\\n  y\"\nb:\n-\n  c: 1\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		done := 0
		for _, n := range d.order {
			switch n.Kind {
			case yaml.SequenceNode:
				err = d.Append(n, "inserted", parsed(t, "inserted: 1"))
			case yaml.MappingNode:
				err = d.Set(n, "inserted", "inserted", parsed(t, "[1]"))
			default:
				continue
			}
			if err == nil {
				done++
			}
		}
		out, err := d.Bytes()
		if err != nil {
			return
		}
		if n := strings.Count(string(out), "inserted") - strings.Count(string(text), "inserted"); n < done {
			t.Fatalf("%d insertions left %d marks", done, n)
		}
		i := 0 // the text is a subsequence of the result
		for _, c := range out {
			if i < len(text) && text[i] == c {
				i++
			}
		}
		if i < len(text) {
			t.Fatalf("byte %d of %q is gone from %q", i, text, out)
		}
	})
}
