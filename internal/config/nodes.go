package config

import (
	"fmt"
	"slices"

	yaml "go.yaml.in/yaml/v4"
)

// pair is one key of a YAML mapping with its value, aliases followed.
type pair struct {
	name       string
	key, value *yaml.Node
}

// pairs lists a mapping, with what `<<` merges into it behind its own keys, which win. ok is false if n is no
// mapping, after a fault.
func (d *decoder) pairs(n *yaml.Node, at place) (out []pair, ok bool) {
	if n = d.follow(n, at); n == nil {
		return nil, false
	}
	if n.Kind != yaml.MappingNode {
		d.wrongKind(n, at, kindMap.wanted(), "")
		return nil, false
	}
	var merged []*yaml.Node
	keys := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := d.follow(n.Content[i], at), d.follow(n.Content[i+1], at)
		if key == nil || value == nil {
			return nil, false
		}
		first, again := keys[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode:
			d.fault(key, at, "a key must be text", "")
		case key.Tag == "!!merge":
			merged = append(merged, value)
		case again:
			d.duplicate(key, first, at)
		default:
			keys[key.Value] = key
			out = append(out, pair{key.Value, key, value})
		}
	}
	for _, m := range merged {
		for _, p := range d.merged(m, at) {
			if keys[p.name] == nil {
				keys[p.name] = p.key
				out = append(out, p)
			}
		}
	}
	return out, true
}

// merged lists what `<<: m` brings: m is a mapping or a list of mappings.
func (d *decoder) merged(m *yaml.Node, at place) (out []pair) {
	at.depth++ // an anchor may merge itself
	from := []*yaml.Node{m}
	if m.Kind == yaml.SequenceNode {
		from = m.Content
	}
	for _, n := range from {
		more, _ := d.pairs(n, at)
		out = append(out, more...)
	}
	return out
}

func (d *decoder) duplicate(key, first *yaml.Node, at place) {
	if at.private {
		d.fault(key, at, fmt.Sprintf("a key is given twice, first at line %d", first.Line), "keep one of them")
		return
	}
	d.fault(key, at.key(key.Value), fmt.Sprintf("%s is given twice, first at line %d", quote(key.Value), first.Line), "keep one of them")
}

// any reads a value of whatever shape: nil, bool, int64, float64, string, []any or map[string]any, which JSON has
// too. ok is false after a fault.
func (d *decoder) any(n *yaml.Node, at place) (v any, ok bool) {
	if n = d.follow(n, at); n == nil {
		return nil, false
	}
	switch n.Kind {
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for i, c := range n.Content {
			d.file.record(at.item(i), nil, c)
			e, ok := d.any(c, at.item(i))
			if !ok {
				return nil, false
			}
			list = append(list, e)
		}
		return list, true
	case yaml.MappingNode:
		pairs, ok := d.pairs(n, at)
		if !ok {
			return nil, false
		}
		object := make(map[string]any, len(pairs))
		for _, p := range pairs {
			in := at.key(p.name)
			d.file.record(in, p.key, p.value)
			if object[p.name], ok = d.any(p.value, in); !ok {
				return nil, false
			}
		}
		return object, true
	}
	e, ok := d.text(n, at, "a value")
	if !ok {
		return nil, false
	}
	if isPlain(n) {
		return plain(e.text), true
	}
	return e.text, true
}

// isPlain reports whether a scalar is written without quotes or a tag that makes it text.
func isPlain(n *yaml.Node) bool {
	const marked = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	return n.Style&marked == 0 && (n.Style&yaml.TaggedStyle == 0 || n.Tag != "!!str")
}

// isNull reports whether n is written as nothing, which counts as not given.
func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && isPlain(n) && plain(n.Value) == nil
}

// coreTag reports whether n's tag is one that changes nothing here.
func coreTag(n *yaml.Node) bool {
	return n.Style&yaml.TaggedStyle == 0 ||
		slices.Contains([]string{"", "!", "!!str", "!!int", "!!float", "!!bool", "!!null"}, n.Tag)
}
