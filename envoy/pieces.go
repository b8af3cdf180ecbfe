package envoy

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v4"
	"google.golang.org/protobuf/proto"
)

// Pieces renders the attachment as YAML to paste, each piece with a comment that says where it goes. The whole is a
// document of its own, not a configuration that Envoy takes.
func (a *Attachment) Pieces() ([]byte, error) {
	filters, err := nodes(a.Filters)
	if err != nil {
		return nil, err
	}
	doors, err := nodes(a.Doors)
	if err != nil {
		return nil, err
	}
	clusters, err := nodes(a.Clusters)
	if err != nil {
		return nil, err
	}
	routes, err := nodes(a.Routes)
	if err != nil {
		return nil, err
	}
	for i, r := range routes {
		r.HeadComment = fmt.Sprintf("In the virtual host %s, before the first route that takes %s too.", a.Places[i].Host, a.Places[i].Path)
	}
	one, err := nodes([]proto.Message{a.Node, a.Internal, a.AccessLog, a.AttemptLog})
	if err != nil {
		return nil, err
	}
	pieces := mapping(
		piece{"node", "The bootstrap's root. Keep your own node if there is one.", one[0]},
		piece{"bootstrap_extensions", "The bootstrap's root.", sequence(one[1])},
		piece{"http_filters", "The HTTP connection manager, after whatever authenticates and right before the router.", sequence(filters...)},
		piece{"access_log", "The HTTP connection manager, beside its other access logs.", sequence(one[2])},
		piece{"upstream_log", "The router filter's typed_config.", sequence(one[3])},
		piece{"routes", "Virtual hosts.", sequence(routes...)},
		piece{"static_resources", "Beside your own listeners and clusters.", mapping(
			piece{"listeners", "", sequence(doors...)},
			piece{"clusters", "", sequence(clusters...)},
		)},
	)
	var out bytes.Buffer
	out.WriteString("# What an Envoy that runs needs so that llmroute serves on some of its routes. Where each piece goes is said above it.\n\n")
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(pieces); err != nil {
		return nil, err
	}
	return out.Bytes(), enc.Close()
}

type piece struct {
	key, comment string
	value        *yaml.Node
}

func mapping(pieces ...piece) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode}
	for _, p := range pieces {
		key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: p.key, HeadComment: p.comment}
		m.Content = append(m.Content, key, p.value)
	}
	return m
}

func sequence(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Content: items}
}

// nodes are messages as Envoy's YAML.
func nodes[M proto.Message](messages []M) ([]*yaml.Node, error) {
	out := make([]*yaml.Node, len(messages))
	for i, m := range messages {
		n, err := node(m)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}
