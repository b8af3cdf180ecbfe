package lint

import (
	"strings"
	"testing"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
)

func TestATextIsReadAsEnvoyReadsIt(t *testing.T) {
	bomb := "x0: &x0 [1,1,1,1,1,1,1,1]\n"
	for i := range 8 {
		name := string(rune('1' + i))
		before := string(rune('0' + i))
		bomb += "x" + name + ": &x" + name + " [" + strings.Repeat("*x"+before+",", 8) + "1]\n"
	}
	for name, test := range map[string]struct {
		text string
		line int    // of the fault; 0: there is none
		want string // in it
	}{
		"JSON":                        {`{"node": {"id": "1"}}`, 0, ""},
		"camel case":                  {"staticResources: {clusters: [{connectTimeout: 1s}]}", 0, ""},
		"anchors":                     {"node: {id: &x a, cluster: *x}", 0, ""},
		"a hexadecimal number":        {"admin: {address: {socket_address: {address: a, port_value: 0x1F}}}", 0, ""},
		"a string that is quoted":     {"node: {id: \"1\"}", 0, ""},
		"a number for a string":       {"node:\n  id: 77123", 2, "invalid value for string field id"},
		"a field of another message":  {"node: {id: a}\nstatic_resources:\n  cluster: []", 3, `unknown field "cluster"`},
		"a field that is there twice": {"node: {id: a}\nnode: {id: b}", 2, `duplicate field "node"`},
		"a type that is not known":    {"static_resources: {listeners: [{listener_filters: [{name: x, typed_config: {\"@type\": type.googleapis.com/com.example.X, a: {\"@type\": y}}}]}]}", 0, ""},
		"a field of a type within":    {"bootstrap_extensions:\n- name: x\n  typed_config:\n    '@type': type.googleapis.com/envoy.config.core.v3.Node\n    ide: 1", 5, `unknown field "ide"`},
		"aliases of aliases":          {bomb, 1, "too large"},
		"an alias of what holds it":   {"node: &n\n  metadata: *n", 1, "nested too deeply"},
		"two documents":               {"a: 1\n---\nb: 1", 2, "more than one document"},
		"nothing":                     {"# nothing\n", 1, "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			root, broken := parseYAML([]byte(test.text))
			if broken == nil {
				_, broken = decode(root, &bootstrapv3.Bootstrap{})
			}
			switch {
			case broken == nil && test.line == 0:
			case broken == nil || broken.line != test.line || !strings.Contains(broken.message, test.want) || strings.Contains(broken.message, "77123"):
				t.Errorf("%+v, want line %d: %s", broken, test.line, test.want)
			}
		})
	}
}
