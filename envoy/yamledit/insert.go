package yamledit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Append adds items to the end of a sequence of the document. comment stands before them, where the sequence is
// written in lines; in one written in brackets they come first, without it.
func (d *Document) Append(seq *yaml.Node, comment string, items ...*yaml.Node) error {
	if seq == nil || seq.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: not a list", lineOf(seq))
	}
	if seq.Style&yaml.FlowStyle != 0 {
		return d.open(seq, '[', list(items), func() { seq.Content = append(slices.Clone(items), seq.Content...) })
	}
	indent, err := d.dash(seq)
	if err != nil {
		return err
	}
	text, err := block(&yaml.Node{Kind: yaml.SequenceNode, Content: items}, comment, indent)
	if err != nil {
		return err
	}
	d.insert(d.end(seq), indent, text, func() { seq.Content = append(seq.Content, items...) })
	return nil
}

// InsertBefore adds items to a sequence of the document, before one of its own.
func (d *Document) InsertBefore(seq, item *yaml.Node, comment string, items ...*yaml.Node) error {
	apply := func() {
		i := slices.IndexFunc(seq.Content, func(n *yaml.Node) bool { return follow(n) == item })
		seq.Content = slices.Insert(seq.Content, i, items...)
	}
	at := slices.IndexFunc(seq.Content, func(n *yaml.Node) bool { return follow(n) == item })
	if at < 0 {
		return fmt.Errorf("line %d: not an item of the list", lineOf(item))
	}
	if seq.Style&yaml.FlowStyle != 0 {
		text, err := list(items)()
		if err != nil {
			return err
		}
		d.insert(d.offset(seq.Content[at]), 0, text+", ", apply)
		return nil
	}
	indent, err := d.dash(seq)
	if err != nil {
		return err
	}
	text, err := block(&yaml.Node{Kind: yaml.SequenceNode, Content: items}, comment, indent)
	if err != nil {
		return err
	}
	d.insert(d.above(seq.Content[at].Line), indent, text, apply)
	return nil
}

// Set adds a key to a mapping of the document, which must not have it.
func (d *Document) Set(m *yaml.Node, comment, key string, value *yaml.Node) error {
	if m == nil || m.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: not a mapping", lineOf(m))
	}
	if Get(m, key) != nil {
		return fmt.Errorf("line %d: there is a %s already", m.Line, key)
	}
	pair := []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, value}
	if m.Style&yaml.FlowStyle != 0 {
		text := func() (string, error) {
			v, err := flow(value)
			return fmt.Sprintf("%q: %s", key, v), err
		}
		return d.open(m, '{', text, func() { m.Content = append(pair, m.Content...) })
	}
	if len(m.Content) == 0 {
		return fmt.Errorf("line %d: an empty mapping", m.Line)
	}
	indent := m.Content[0].Column - 1 // the mapping itself may start with an anchor
	text, err := block(&yaml.Node{Kind: yaml.MappingNode, Content: pair}, comment, indent)
	if err != nil {
		return err
	}
	d.insert(d.end(m), indent, text, func() { m.Content = append(m.Content, pair...) })
	return nil
}

func (d *Document) insert(offset, depth int, text string, apply func()) {
	d.edits = append(d.edits, edit{offset: offset, depth: depth, text: text, apply: apply})
}

// open inserts right after the bracket of a collection that is written in brackets.
func (d *Document) open(n *yaml.Node, bracket byte, text func() (string, error), apply func()) error {
	at := d.offset(n)
	if at >= len(d.text) || d.text[at] != bracket {
		return fmt.Errorf("line %d: no %q where one was expected; write it in lines of its own", n.Line, bracket)
	}
	t, err := text()
	if err != nil {
		return err
	}
	if len(n.Content) > 0 {
		t += ", "
	}
	d.insert(at+1, 0, t, apply)
	return nil
}

// dash is the number of columns before the dashes of a sequence that is written in lines.
func (d *Document) dash(seq *yaml.Node) (int, error) {
	if len(seq.Content) == 0 {
		return 0, fmt.Errorf("line %d: an empty list", seq.Line)
	}
	first := seq.Content[0]
	before := strings.TrimRight(string(d.text[d.start(first.Line):d.offset(first)]), " \t")
	if !strings.HasSuffix(before, "-") {
		return 0, fmt.Errorf("line %d: the first item does not stand beside its dash", first.Line)
	}
	return utf8.RuneCountInString(before) - 1, nil
}

// offset is where a node starts. Columns count characters. YAML knows more line breaks than this does; where a text has
// them, what is inserted does not fit, and Bytes says so.
func (d *Document) offset(n *yaml.Node) int {
	at := d.start(n.Line)
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(d.text[at:])
		at += size
	}
	return at
}

// end is the offset of the line after all that belongs to a node that is written in lines.
func (d *Document) end(n *yaml.Node) int {
	last := n
	for len(last.Content) > 0 {
		last = last.Content[len(last.Content)-1]
	}
	i := slices.Index(d.order, last)
	if i+1 >= len(d.order) {
		return len(d.text)
	}
	return d.above(d.order[i+1].Line)
}

// above is the offset of a line, or of the first of the comments and blank lines right before it.
func (d *Document) above(line int) int {
	for line > 1 {
		before := strings.TrimSpace(string(d.text[d.start(line-1):d.start(line)]))
		if before != "" && !strings.HasPrefix(before, "#") {
			break
		}
		line--
	}
	return d.start(line)
}

// start is the offset of a line. What is not written, such as an empty value at the end, is on a line after the last.
func (d *Document) start(line int) int {
	if line < 1 || line > len(d.lines) {
		return len(d.text)
	}
	return d.lines[line-1]
}

// block renders a collection in lines, each indented.
func block(n *yaml.Node, comment string, indent int) (string, error) {
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(clone(n)); err != nil {
		return "", err
	}
	if err := enc.Close(); err != nil {
		return "", err
	}
	var b strings.Builder
	pad := strings.Repeat(" ", indent)
	if comment != "" {
		for line := range strings.SplitSeq(comment, "\n") {
			b.WriteString(pad + "# " + line + "\n")
		}
	}
	for line := range strings.Lines(out.String()) {
		if strings.TrimSpace(line) != "" {
			b.WriteString(pad)
		}
		b.WriteString(line)
	}
	return b.String(), nil
}

// clone protects n from the encoder, which changes the tags of what it writes.
func clone(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		c.Content[i] = clone(child)
	}
	return &c
}

// flow renders a value in brackets, on one line: JSON, which is YAML.
func flow(n *yaml.Node) (string, error) {
	var v any // whatever an operator's configuration may hold
	if err := n.Decode(&v); err != nil {
		return "", err
	}
	text, err := json.Marshal(v)
	return string(text), err
}

func list(items []*yaml.Node) func() (string, error) {
	return func() (string, error) {
		parts := make([]string, len(items))
		for i, item := range items {
			var err error
			if parts[i], err = flow(item); err != nil {
				return "", err
			}
		}
		return strings.Join(parts, ", "), nil
	}
}

func lineOf(n *yaml.Node) int {
	if n == nil {
		return 0
	}
	return n.Line
}
