package envoy

import (
	"bytes"

	"go.yaml.in/yaml/v4"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// YAML renders a message as Envoy reads it: the API's field names in the API's order, and the same bytes each time.
func YAML(m proto.Message) ([]byte, error) {
	n, err := node(m)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(n); err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// node is the same as a tree.
func node(m proto.Message) (*yaml.Node, error) {
	// protojson varies its white space, never its order, so that what is parsed again is stable.
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil { // JSON is YAML
		return nil, err
	}
	plain(&doc)
	return doc.Content[0], nil
}

// plain takes JSON's braces and quotes off. A string that would read as something else keeps its quotes, for its
// tag says that it is one.
func plain(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 || n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		n.Style = yaml.FlowStyle
	}
	for _, child := range n.Content {
		plain(child)
	}
}
