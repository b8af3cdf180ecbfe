package lint

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
)

// endpointsOf are those of the first priority that stand in a cluster itself.
func endpointsOf(c *cluster) []*endpointv3.Endpoint {
	var out []*endpointv3.Endpoint
	for _, e := range allEndpoints(c) {
		if e.priority == 0 {
			out = append(out, e.Endpoint)
		}
	}
	return out
}

type prioritised struct {
	*endpointv3.Endpoint
	priority uint32
	at       *place
}

func allEndpoints(c *cluster) []prioritised {
	var out []prioritised
	at := c.at.field("load_assignment", "endpoints")
	for i, group := range c.GetLoadAssignment().GetEndpoints() {
		for j, e := range group.GetLbEndpoints() {
			out = append(out, prioritised{e.GetEndpoint(), group.GetPriority(), at.item(i).field("lb_endpoints").item(j).field("endpoint")})
		}
	}
	return out
}

// named reports whether a cluster's addresses stand in it: others come by EDS, or from where no file says.
func named(c *cluster) bool {
	switch c.GetType() {
	case clusterv3.Cluster_STATIC, clusterv3.Cluster_STRICT_DNS, clusterv3.Cluster_LOGICAL_DNS:
		return c.GetClusterType() == nil
	}
	return false
}

func byName(c *cluster) bool {
	return c.GetType() == clusterv3.Cluster_STRICT_DNS || c.GetType() == clusterv3.Cluster_LOGICAL_DNS
}

// addressText is an address as people write it.
func addressText(a *corev3.Address) string {
	switch {
	case a.GetPipe() != nil:
		return "unix:" + a.GetPipe().GetPath()
	case a.GetEnvoyInternalAddress() != nil:
		return "internal listener " + a.GetEnvoyInternalAddress().GetServerListenerName()
	}
	s := a.GetSocketAddress()
	return net.JoinHostPort(s.GetAddress(), strconv.Itoa(int(s.GetPortValue())))
}

// addressesText lists at most three.
func addressesText(all []*endpointv3.Endpoint) string {
	text := ""
	for i, e := range all {
		switch {
		case i == 3:
			return text + fmt.Sprintf(" and %d more", len(all)-i)
		case i > 0:
			text += ", "
		}
		text += addressText(e.GetAddress())
	}
	if text == "" {
		return "nowhere"
	}
	return text
}

func sameAddress(a, b *endpointv3.Endpoint) bool {
	return strings.EqualFold(addressText(a.GetAddress()), addressText(b.GetAddress()))
}

// everywhere reports whether an address to listen at is each one of the machine: by which name it is reached cannot be told.
func everywhere(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}
