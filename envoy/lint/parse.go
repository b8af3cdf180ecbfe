package lint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	_ "github.com/cncf/xds/go/xds/type/v3" // TypedStruct, which messages of unknown types become
	"go.yaml.in/yaml/v4"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Bounds on the work that aliases of aliases can cause.
const (
	maxNodes = 1 << 21
	maxDepth = 1000
)

// fault is what is wrong with a text.
type fault struct {
	line, column int // 0: not known
	message      string
}

func (f *fault) Error() string { return f.message }

// parseYAML reads a text that holds one document whose root is a mapping. JSON is YAML.
func parseYAML(text []byte) (*yaml.Node, *fault) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, &fault{line: 1, column: 1, message: "the file is empty"}
		}
		return nil, yamlFault(err)
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, &fault{line: max(second.Line, 1), column: max(second.Column, 1), message: "there is more than one document"}
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, &fault{line: root.Line, column: root.Column, message: "the document is not a mapping"}
	}
	return root, nil
}

var yamlLine = regexp.MustCompile(`line (\d+)(?:, column (\d+))?: `)

// yamlFault reads the place out of the parser's words.
func yamlFault(err error) *fault {
	f := &fault{line: 1, column: 1, message: "not YAML: " + yamlLine.ReplaceAllString(strings.TrimPrefix(err.Error(), "yaml: "), "")}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		f.line, _ = strconv.Atoi(m[1]) // digits
		if column, err := strconv.Atoi(m[2]); err == nil {
			f.column = column
		}
	}
	return f
}

// decode makes a message of a tree. Fields that the message does not have are a fault, and then left out, so that there is
// a message to look at all the same; it is nil only where there is none.
func decode[M proto.Message](root *yaml.Node, m M) (M, *fault) {
	var none M
	enc := &encoder{}
	enc.node(root)
	if enc.fault != nil {
		return none, enc.fault
	}
	err := protojson.UnmarshalOptions{}.Unmarshal(enc.out.Bytes(), m)
	if err == nil {
		return m, nil
	}
	fault := enc.explain(err)
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(enc.out.Bytes(), m); err != nil {
		return none, fault
	}
	return m, fault
}

// encoder writes a tree as JSON with one node a line, so that a complaint about a line is one about a node.
type encoder struct {
	out   bytes.Buffer
	lines []*yaml.Node // the node that stands on each line
	depth int
	seen  int // nodes of opaque messages
	fault *fault
}

// begin starts a line for n.
func (e *encoder) begin(n *yaml.Node) {
	if len(e.lines)+e.seen > maxNodes {
		e.fail(n, "aliases make the document too large")
	}
	if len(e.lines) > 0 {
		e.out.WriteByte('\n')
	}
	e.lines = append(e.lines, n)
}

func (e *encoder) fail(n *yaml.Node, message string) {
	if e.fault == nil {
		e.fault = &fault{line: n.Line, column: n.Column, message: message}
	}
}

func (e *encoder) node(n *yaml.Node) {
	n = follow(n)
	e.begin(n)
	if e.depth++; e.depth > maxDepth {
		e.fail(n, "nested too deeply")
	}
	defer func() { e.depth-- }()
	if e.fault != nil {
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		if url, strange := strangeType(n); strange {
			e.opaque(n, url)
			return
		}
		e.mapping(n.Content)
	case yaml.SequenceNode:
		e.out.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				e.out.WriteByte(',')
			}
			e.node(item)
		}
		e.out.WriteByte(']')
	default:
		e.scalar(n)
	}
}

func (e *encoder) mapping(content []*yaml.Node) {
	e.out.WriteByte('{')
	for i := 0; i+1 < len(content); i += 2 {
		if i > 0 {
			e.out.WriteByte(',')
		}
		e.begin(content[i])
		e.text(content[i].Value)
		e.out.WriteByte(':')
		e.node(content[i+1])
	}
	e.out.WriteByte('}')
}

const typedStruct = "type.googleapis.com/xds.type.v3.TypedStruct"

// strangeType finds a message of a type that this program does not know. It cannot be read, and need not be.
func strangeType(n *yaml.Node) (url string, strange bool) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "@type" {
			url = follow(n.Content[i+1]).Value
			_, err := protoregistry.GlobalTypes.FindMessageByURL(url)
			return url, err != nil
		}
	}
	return "", false
}

// opaque writes such a message as Envoy's form for messages that nobody knows.
func (e *encoder) opaque(n *yaml.Node, url string) {
	e.out.WriteString(`{"@type":"` + typedStruct + `","type_url":`)
	e.text(url)
	e.out.WriteString(`,"value":`)
	e.node(e.untyped(n, 0))
	e.out.WriteByte('}')
}

// untyped is n without the types of it and of what is in it: where n is not understood they say nothing, but would be
// taken for something.
func (e *encoder) untyped(n *yaml.Node, depth int) *yaml.Node {
	n = follow(n)
	out := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value, Style: n.Style, Line: n.Line, Column: n.Column}
	if e.seen++; e.seen > maxNodes || depth > maxDepth {
		e.fail(n, "aliases make the document too large")
		return out
	}
	for i, child := range n.Content {
		switch {
		case n.Kind != yaml.MappingNode:
			out.Content = append(out.Content, e.untyped(child, depth+1))
		case i%2 == 0 && child.Value != "@type" && i+1 < len(n.Content):
			out.Content = append(out.Content, child, e.untyped(n.Content[i+1], depth+1))
		}
	}
	return out
}

// jsonNumber is what both languages write in the same way.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// scalar writes a value as JSON's of the same meaning.
func (e *encoder) scalar(n *yaml.Node) {
	if (n.ShortTag() == "!!int" || n.ShortTag() == "!!float") && jsonNumber.MatchString(n.Value) {
		e.out.WriteString(n.Value)
		return
	}
	var v any // JSON's scalar: nil, bool, int, uint64, float64
	switch n.ShortTag() {
	case "!!null", "!!bool", "!!int", "!!float":
		if err := n.Decode(&v); err == nil {
			if text, err := json.Marshal(v); err == nil {
				e.out.Write(text)
				return
			}
		}
	}
	e.text(n.Value)
}

func (e *encoder) text(s string) {
	text, err := json.Marshal(s)
	if err != nil { // no string fails
		text = []byte(`""`)
	}
	e.out.Write(text)
}

var jsonLine = regexp.MustCompile(`\(line (\d+):\d+\):\s*(.*)$`)

// explain turns protojson's complaint into one about the text.
func (e *encoder) explain(err error) *fault {
	m := jsonLine.FindStringSubmatch(err.Error())
	if m == nil {
		return &fault{line: 1, column: 1, message: fmt.Sprintf("not what Envoy takes: %v", err)}
	}
	f := &fault{line: 1, column: 1, message: withoutValue(m[2])}
	if line, err := strconv.Atoi(m[1]); err == nil && line >= 1 && line <= len(e.lines) {
		f.line, f.column = e.lines[line-1].Line, e.lines[line-1].Column
	}
	return f
}

var quoting = regexp.MustCompile(`^(invalid value for [^:]*|unexpected token)\b.*$`)

// withoutValue takes the offending value out: it may be a key.
func withoutValue(message string) string { return quoting.ReplaceAllString(message, "$1") }
