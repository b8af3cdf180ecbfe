package yamledit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Document is a text with insertions that wait for Bytes. Not for concurrent use.
type Document struct {
	text  []byte
	lines []int // offset of each line's first byte
	root  *yaml.Node
	order []*yaml.Node // every node, as it comes in the text
	edits []edit
}

// edit is one insertion: into the text, and into the tree that the text must then mean.
type edit struct {
	offset int
	depth  int // columns before the text; of two insertions at one place the deeper belongs to what stands before
	text   string
	apply  func()
}

// Parse reads a text that holds one document whose root is a mapping.
func Parse(text []byte) (*Document, error) {
	root, err := parse(text)
	if err != nil {
		return nil, err
	}
	if root.Kind != yaml.MappingNode {
		return nil, errors.New("the document is not a mapping")
	}
	d := &Document{text: text, root: root, lines: []int{0}}
	for i, c := range text {
		if c == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	d.walk(root)
	return d, nil
}

func parse(text []byte) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the document is empty")
		}
		return nil, err
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document")
	}
	return doc.Content[0], nil
}

func (d *Document) walk(n *yaml.Node) {
	d.order = append(d.order, n)
	for _, child := range n.Content {
		d.walk(child)
	}
}

// Root is the document's mapping. It is for reading.
func (d *Document) Root() *yaml.Node { return d.root }

// Get returns the value of a key, nil if m is no mapping or has no such key. Aliases are followed.
func Get(m *yaml.Node, key string) *yaml.Node {
	if m = follow(m); m == nil || m.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return follow(m.Content[i+1])
		}
	}
	return nil
}

// Items returns the items of a sequence, none if n is not one. Aliases are followed.
func Items(n *yaml.Node) []*yaml.Node {
	if n = follow(n); n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	out := make([]*yaml.Node, len(n.Content))
	for i, item := range n.Content {
		out[i] = follow(item)
	}
	return out
}

func follow(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// Bytes returns the text with all insertions. It fails if the result would not mean exactly the document with the
// insertions and nothing else, which unusual layouts may cause.
func (d *Document) Bytes() ([]byte, error) {
	for _, e := range d.edits {
		e.apply()
	}
	edits := slices.Clone(d.edits)
	slices.SortStableFunc(edits, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(b.depth, a.depth))
	})
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		out.Write(d.text[at:e.offset])
		if len(e.text) > 0 && strings.HasSuffix(e.text, "\n") && out.Len() > 0 && out.Bytes()[out.Len()-1] != '\n' {
			out.WriteByte('\n') // the text's last line did not end
		}
		out.WriteString(e.text)
		at = e.offset
	}
	out.Write(d.text[at:])
	got, err := parse(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("an insertion does not fit the layout: %w", err)
	}
	if line, same := equal(d.root, got); !same {
		return nil, fmt.Errorf("an insertion does not fit the layout near line %d", line)
	}
	return out.Bytes(), nil
}

// equal compares what two trees say, whatever they look like. line is where they differ, in b's text.
func equal(a, b *yaml.Node) (line int, same bool) {
	if a.Kind != b.Kind || a.ShortTag() != b.ShortTag() || a.Value != b.Value || a.Anchor != b.Anchor || len(a.Content) != len(b.Content) {
		return b.Line, false
	}
	if a.Kind == yaml.MappingNode {
		return equalPairs(a, b)
	}
	for i := range a.Content {
		if line, same := equal(a.Content[i], b.Content[i]); !same {
			return line, false
		}
	}
	return 0, true
}

// equalPairs compares mappings, whose order says nothing.
func equalPairs(a, b *yaml.Node) (line int, same bool) {
	for i := 0; i+1 < len(a.Content); i += 2 {
		j := 0
		for ; j+1 < len(b.Content); j += 2 {
			if _, same := equal(a.Content[i], b.Content[j]); same {
				break
			}
		}
		if j+1 >= len(b.Content) {
			return b.Line, false
		}
		if line, same := equal(a.Content[i+1], b.Content[j+1]); !same {
			return line, false
		}
	}
	return 0, true
}
