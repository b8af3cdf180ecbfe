package envoy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
	"google.golang.org/protobuf/proto"

	"github.com/llmroute/llmroute/envoy/yamledit"
)

// Merge inserts the attachment into the text of an operator's own bootstrap and leaves every other byte as it was. It
// refuses a text whose routes are not in it, one that has llmroute in it already, and one that uses a name twice.
func (a *Attachment) Merge(ingress []byte) ([]byte, error) {
	doc, err := yamledit.Parse(ingress)
	if err != nil {
		return nil, err
	}
	m := &merger{Attachment: a, doc: doc, static: yamledit.Get(doc.Root(), "static_resources"), done: map[*yaml.Node]bool{}}
	if m.static == nil {
		return nil, notABootstrap(doc.Root())
	}
	for _, step := range []func() error{m.free, m.places, m.resources, m.root} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return doc.Bytes()
}

// merger is one merge under way.
type merger struct {
	*Attachment
	doc    *yamledit.Document
	static *yaml.Node
	done   map[*yaml.Node]bool // what is complete; anchors make one list serve several managers
}

// free refuses names that would be there twice.
func (m *merger) free() error {
	taken := func(kind string) []string {
		var names []string
		for _, n := range yamledit.Items(yamledit.Get(m.static, kind)) {
			names = append(names, value(n, "name"))
		}
		return names
	}
	clusters, listeners := taken("clusters"), taken("listeners")
	if slices.Contains(clusters, ClusterNone) {
		return fmt.Errorf("llmroute is attached already (cluster %s); merge into the configuration as it was before", ClusterNone)
	}
	for _, c := range m.Clusters {
		if slices.Contains(clusters, c.GetName()) {
			return fmt.Errorf("there is a cluster %q already; rename the provider in llmroute's configuration", c.GetName())
		}
	}
	for _, l := range m.Doors {
		if slices.Contains(listeners, l.GetName()) {
			return fmt.Errorf("there is a listener %q already; rename the provider in llmroute's configuration", l.GetName())
		}
	}
	return nil
}

// places adds the routes, and the filters and logs to the managers that have them.
func (m *merger) places() error {
	found := make([]bool, len(m.Places))
	var domains []string
	for _, manager := range m.managers() {
		used := false
		for _, host := range yamledit.Items(yamledit.Get(yamledit.Get(manager, "route_config"), "virtual_hosts")) {
			names := []string{value(host, "name")}
			for _, d := range yamledit.Items(yamledit.Get(host, "domains")) {
				names = append(names, d.Value)
			}
			domains = append(domains, names[1:]...)
			for i, at := range m.Places {
				if !slices.Contains(names, at.Host) {
					continue
				}
				found[i], used = true, true
				if m.done[host] {
					continue
				}
				if err := m.route(host, i); err != nil {
					return fmt.Errorf("%s: %w", at, err)
				}
			}
			m.done[host] = true
		}
		if used {
			if err := m.manager(manager); err != nil {
				return err
			}
		}
	}
	if len(domains) == 0 {
		return errors.New("no listener here has an HTTP connection manager with routes of its own; those that come by RDS or LDS cannot be merged")
	}
	if i := slices.Index(found, false); i >= 0 {
		return fmt.Errorf("%s: no virtual host here is called %q or has that domain; there is: %s", m.Places[i], m.Places[i].Host, strings.Join(domains, ", "))
	}
	return nil
}

// notABootstrap says what root is instead of Envoy's own configuration.
func notABootstrap(root *yaml.Node) error {
	if kind := yamledit.Get(root, "kind"); kind != nil && yamledit.Get(root, "apiVersion") != nil {
		return fmt.Errorf("this is a Kubernetes resource, kind %q: only Envoy's own bootstrap can be merged; docs/attach.md says what is known of Istio and Envoy Gateway", kind.Value)
	}
	return errors.New("no static_resources: only a whole bootstrap can be merged")
}

// managers are the HTTP connection managers of all listeners.
func (m *merger) managers() []*yaml.Node {
	var out []*yaml.Node
	for _, listener := range yamledit.Items(yamledit.Get(m.static, "listeners")) {
		chains := yamledit.Items(yamledit.Get(listener, "filter_chains"))
		if last := yamledit.Get(listener, "default_filter_chain"); last != nil {
			chains = append(chains, last)
		}
		for _, chain := range chains {
			for _, filter := range yamledit.Items(yamledit.Get(chain, "filters")) {
				if c := yamledit.Get(filter, "typed_config"); isType(c, "HttpConnectionManager") {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// route adds the i-th route to a virtual host. It stands before the first route that takes its paths too, so that
// those which are more special than it keep what they had.
func (m *merger) route(host *yaml.Node, i int) error {
	added, err := node(m.Routes[i])
	if err != nil {
		return err
	}
	routes := yamledit.Get(host, "routes")
	if routes == nil {
		return fmt.Errorf("line %d: the virtual host has no routes", host.Line)
	}
	const comment = "llmroute serves this route."
	for _, r := range yamledit.Items(routes) {
		if covers(yamledit.Get(r, "match"), m.Places[i].Path) {
			return m.doc.InsertBefore(routes, r, comment, added)
		}
	}
	return m.doc.Append(routes, comment, added)
}

// covers reports whether a route takes what is at path and below. What cannot be told is left in front.
func covers(match *yaml.Node, path string) bool {
	if p := yamledit.Get(match, "prefix"); p != nil {
		return strings.HasPrefix(path, p.Value)
	}
	if p := yamledit.Get(match, "path_separated_prefix"); p != nil {
		return path == p.Value || strings.HasPrefix(path, strings.TrimSuffix(p.Value, "/")+"/")
	}
	return false
}

// manager adds filters and logs, once.
func (m *merger) manager(manager *yaml.Node) error {
	filters := yamledit.Get(manager, "http_filters")
	items := yamledit.Items(filters)
	if len(items) == 0 {
		return fmt.Errorf("line %d: the HTTP connection manager has no http_filters", manager.Line)
	}
	router := items[len(items)-1]
	config := yamledit.Get(router, "typed_config")
	if !isType(config, "Router") {
		return fmt.Errorf("line %d: the last HTTP filter is not the router", router.Line)
	}
	if err := m.logs(manager, "access_log", "llmroute's access log: its own requests only.", m.AccessLog); err != nil {
		return err
	}
	if m.done[filters] {
		return nil
	}
	m.done[filters] = true
	if err := m.logs(config, "upstream_log", "llmroute's access log: attempts at its providers only.", m.AttemptLog); err != nil {
		return err
	}
	added, err := nodes(m.Filters)
	if err != nil {
		return err
	}
	return m.doc.InsertBefore(filters, router, "llmroute: off but on the routes that turn them on.", added...)
}

// logs adds to a list of access logs that may not be there yet.
func (m *merger) logs(owner *yaml.Node, key, comment string, log proto.Message) error {
	added, err := node(log)
	if err != nil {
		return err
	}
	list := yamledit.Get(owner, key)
	if list == nil {
		return m.doc.Set(owner, comment, key, sequence(added))
	}
	if m.done[list] {
		return nil
	}
	m.done[list] = true
	return m.doc.Append(list, comment, added)
}

// resources adds listeners and clusters.
func (m *merger) resources() error {
	doors, err := nodes(m.Doors)
	if err != nil {
		return err
	}
	clusters, err := nodes(m.Clusters)
	if err != nil {
		return err
	}
	if err := m.extend(m.static, "listeners", "llmroute: the adapting doors of its providers.", doors...); err != nil {
		return err
	}
	return m.extend(m.static, "clusters", "llmroute: its providers, their doors, itself, and the end of what has no plan.", clusters...)
}

// root adds what stands beside static_resources.
func (m *merger) root() error {
	root := m.doc.Root()
	one, err := nodes([]proto.Message{m.Node, m.Internal})
	if err != nil {
		return err
	}
	if yamledit.Get(root, "node") == nil {
		if err := m.doc.Set(root, "Access logs and secrets need a node; --service-node and --service-cluster win.", "node", one[0]); err != nil {
			return err
		}
	}
	for _, e := range yamledit.Items(yamledit.Get(root, "bootstrap_extensions")) {
		if isType(yamledit.Get(e, "typed_config"), "InternalListener") {
			return nil
		}
	}
	return m.extend(root, "bootstrap_extensions", "llmroute's adapting doors are internal listeners.", one[1])
}

func (m *merger) extend(owner *yaml.Node, key, comment string, items ...*yaml.Node) error {
	if list := yamledit.Get(owner, key); list != nil {
		return m.doc.Append(list, comment, items...)
	}
	return m.doc.Set(owner, comment, key, sequence(items...))
}

func value(n *yaml.Node, key string) string {
	if v := yamledit.Get(n, key); v != nil {
		return v.Value
	}
	return ""
}

// isType reports whether a typed_config holds a message of that name, of any package.
func isType(config *yaml.Node, message string) bool {
	return strings.HasSuffix(value(config, "@type"), "."+message)
}
