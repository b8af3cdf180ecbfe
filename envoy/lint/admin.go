package lint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	adminv3 "github.com/envoyproxy/go-control-plane/envoy/admin/v3"
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/llmroute/llmroute/internal/config"
)

// Bounds on what an admin server may take.
const (
	adminTimeout = 10 * time.Second // for each page
	adminBytes   = 64 << 20
)

// ErrAddress is wrong use of [Admin].
var ErrAddress = errors.New("not the address of an admin server, such as http://127.0.0.1:9901")

// Admin looks at what a running Envoy says of itself beside c. address is its admin server's: a URL, host:port, or
// unix:/path. llmroute is as for [File]. It fails where Envoy does not answer, or not as Envoy does.
func Admin(ctx context.Context, address string, c *config.Config, llmroute string) (Findings, error) {
	want, err := wantedOf(c, llmroute)
	if err != nil {
		return nil, err
	}
	server, err := dial(address)
	if err != nil {
		return nil, err
	}
	live := &running{}
	dump := &adminv3.ConfigDump{}
	clusters := &adminv3.Clusters{}
	for _, page := range []struct {
		path string
		into proto.Message
	}{{"/server_info", &live.info}, {"/config_dump", dump}, {"/clusters?format=json", clusters}} {
		if err := server.read(ctx, page.path, page.into); err != nil {
			return nil, fmt.Errorf("envoy's admin server at %s: %w", server.name, err)
		}
	}
	live.statuses = clusters.GetClusterStatuses()
	run := &check{subject: fromDump(dump), want: want, origin: server.name, live: live}
	run.rules(append(liveRules(), fileRules()...))
	return run.found, nil
}

// running is what an Envoy tells beyond its configuration.
type running struct {
	info     adminv3.ServerInfo
	statuses []*adminv3.ClusterStatus
}

// server is an Envoy's admin server.
type server struct {
	name   string // without a password
	base   string
	client *http.Client
}

func dial(address string) (*server, error) {
	s := &server{name: address, base: strings.TrimSuffix(address, "/"), client: &http.Client{Timeout: adminTimeout}}
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		s.base = "http://envoy"
		s.client.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}}
		return s, nil
	}
	if !strings.Contains(address, "://") {
		s.base = "http://" + s.base
	}
	u, err := url.Parse(s.base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, ErrAddress
	}
	s.name = u.Redacted()
	return s, nil
}

// read gets a page and makes a message of it. Errors hold nothing of the page.
func (s *server) read(ctx context.Context, path string, into proto.Message) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: status %d; is this Envoy's admin server?", path, resp.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, adminBytes+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case len(text) > adminBytes:
		return fmt.Errorf("%s: more than %d MiB", path, adminBytes>>20)
	}
	root, broken := parseYAML(text)
	if broken != nil {
		return fmt.Errorf("%s: not what Envoy answers", path)
	}
	if m, broken := decode(root, into); m == nil {
		return fmt.Errorf("%s: not what Envoy answers: line %d: %w", path, broken.line, broken)
	}
	return nil
}

// fromDump is what a dump holds, static and by xDS.
func fromDump(dump *adminv3.ConfigDump) *subject {
	s := &subject{routes: map[string]routes{}}
	for _, part := range dump.GetConfigs() {
		m, _ := unpack(part)
		switch v := m.(type) {
		case *adminv3.BootstrapConfigDump:
			s.node, s.extensions = v.GetBootstrap().GetNode(), v.GetBootstrap().GetBootstrapExtensions()
		case *adminv3.ClustersConfigDump:
			for _, c := range v.GetStaticClusters() {
				s.dumpCluster(c.GetCluster())
			}
			for _, c := range v.GetDynamicActiveClusters() {
				s.dumpCluster(c.GetCluster())
			}
		case *adminv3.ListenersConfigDump:
			for _, l := range v.GetStaticListeners() {
				s.dumpListener(l.GetListener())
			}
			for _, l := range v.GetDynamicListeners() {
				s.dumpListener(l.GetActiveState().GetListener())
			}
		case *adminv3.RoutesConfigDump:
			for _, r := range v.GetDynamicRouteConfigs() {
				if own, ok := unpackAs[*routev3.RouteConfiguration](r.GetRouteConfig()); ok {
					s.routes[own.GetName()] = routes{own, (*place)(nil).field("routes", own.GetName())}
				}
			}
		}
	}
	s.findManagers()
	return s
}

func (s *subject) dumpCluster(a *anypb.Any) {
	if c, ok := unpackAs[*clusterv3.Cluster](a); ok {
		s.addCluster(c, (*place)(nil).field("clusters", c.GetName()))
	}
}

func (s *subject) dumpListener(a *anypb.Any) {
	if l, ok := unpackAs[*listenerv3.Listener](a); ok {
		s.listeners = append(s.listeners, &listener{l, (*place)(nil).field("listeners", l.GetName())})
	}
}

// leastVersion is the first Envoy that has all that llmroute's configuration uses.
const leastVersion = "1.40.0"

// liveRules are for a running Envoy.
func liveRules() []Rule {
	return []Rule{
		{
			Name: "version", Severity: Fault,
			Finds: "with --admin: the Envoy that runs is older than " + leastVersion,
			Leads: "it does not have the cluster specifier that follows the plan", Do: "run a newer one",
			find: func(c *check, say sayer) {
				if version, old := outdated(c.live.info.GetVersion()); old {
					say((*place)(nil).field("server_info"), "this is Envoy %s", version)
				}
			},
		},
		{
			Name: "llmroute-away", Severity: Fault,
			Finds: "with --admin: Envoy does not reach llmroute",
			Leads: "each request gets 503", Do: "start `llmroute serve`, or correct the address of its cluster",
			find: away,
		},
	}
}

// outdated reads `hash/1.40.0/Clean/RELEASE/BoringSSL`. What cannot be read is not called old.
func outdated(full string) (version string, old bool) {
	parts := strings.Split(full, "/")
	if len(parts) < 2 {
		return "", false
	}
	have, err1 := numbers(parts[1])
	least, err2 := numbers(leastVersion)
	if errors.Join(err1, err2) != nil {
		return "", false
	}
	for i := range least {
		if have[i] != least[i] {
			return parts[1], have[i] < least[i]
		}
	}
	return parts[1], false
}

// numbers reads `1.40.0`, and `1.40.0-dev`.
func numbers(version string) (out [3]int, err error) {
	version, _, _ = strings.Cut(version, "-")
	parts := strings.Split(version, ".")
	if len(parts) != len(out) {
		return out, errors.New("not three numbers")
	}
	for i, part := range parts {
		if out[i], err = strconv.Atoi(part); err != nil {
			return out, err
		}
	}
	return out, nil
}

func away(c *check, say sayer) {
	for _, own := range c.llmroutes() {
		hosts, well := 0, 0
		for _, status := range c.live.statuses {
			if status.GetName() != own.GetName() {
				continue
			}
			for _, host := range status.GetHostStatuses() {
				hosts++
				h := host.GetHealthStatus()
				if !h.GetFailedActiveHealthCheck() && !h.GetFailedOutlierCheck() && h.GetEdsHealthStatus() != corev3.HealthStatus_UNHEALTHY {
					well++
				}
			}
		}
		switch {
		case hosts == 0:
			say(own.at, "cluster %s has no endpoint: its name may not resolve", own.GetName())
		case well == 0:
			say(own.at, "none of the %d endpoints of cluster %s is healthy", hosts, own.GetName())
		}
	}
}
