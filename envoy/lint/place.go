package lint

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// place is where a value stands: steps from the root, which is nil.
type place struct {
	parent *place
	key    string // of a message's field, by its proto name, or of a map's entry
	index  int    // of a list's item, where key is empty
}

func (p *place) field(keys ...string) *place {
	for _, key := range keys {
		p = &place{parent: p, key: key}
	}
	return p
}

func (p *place) item(i int) *place { return &place{parent: p, index: i} }

// String is `a.b[0].c`.
func (p *place) String() string {
	switch {
	case p == nil:
		return ""
	case p.key == "":
		return p.parent.String() + "[" + strconv.Itoa(p.index) + "]"
	case p.parent == nil:
		return p.key
	case strings.Contains(p.key, "."):
		return p.parent.String() + "[" + p.key + "]"
	}
	return p.parent.String() + "." + p.key
}

// find returns the node at a place, and the one that marks it for a reader: a field's key, or a list's item. What is not
// written, since its default is meant or it is lacking, stands where what should hold it does.
func find(root *yaml.Node, p *place) (mark, value *yaml.Node, written bool) {
	if p == nil {
		return root, root, true
	}
	mark, value, written = find(root, p.parent)
	if !written {
		return mark, value, false
	}
	switch {
	case p.key != "" && value.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(value.Content); i += 2 {
			if key := value.Content[i]; key.Value == p.key || key.Value == lowerCamel(p.key) {
				return key, follow(value.Content[i+1]), true
			}
		}
	case p.key == "" && value.Kind == yaml.SequenceNode && p.index < len(value.Content):
		item := follow(value.Content[p.index])
		return item, item, true
	}
	return mark, value, false
}

func follow(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// lowerCamel is the other name that protobuf's JSON has for a field.
func lowerCamel(name string) string {
	words := strings.Split(name, "_")
	for i := 1; i < len(words); i++ {
		if words[i] != "" {
			words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
		}
	}
	return strings.Join(words, "")
}
