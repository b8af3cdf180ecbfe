package envoy

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
)

// listenAddress reads `host:port` or `unix:/path` as an address to listen on, where Envoy wants an IP.
func listenAddress(s string) (*corev3.Address, error) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		return pipe(path), nil
	}
	host, port, err := splitPort(s)
	if err != nil {
		return nil, err
	}
	switch host {
	case "":
		host = "0.0.0.0"
	case "localhost":
		host = "127.0.0.1"
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return nil, fmt.Errorf("an Envoy listener needs an IP address, not %q", host)
	}
	return socket(host, port), nil
}

// dialAddress reads the same as an address to connect to. name reports whether it is to be resolved by DNS.
func dialAddress(s string) (addr *corev3.Address, name bool, err error) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		return pipe(path), false, nil
	}
	host, port, err := splitPort(s)
	if err != nil {
		return nil, false, err
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "" || err == nil && ip.IsUnspecified() && ip.Is4():
		host = "127.0.0.1" // who listens everywhere is found here
	case err == nil && ip.IsUnspecified():
		host = "::1"
	case err != nil:
		return socket(host, port), true, nil
	}
	return socket(host, port), false, nil
}

func splitPort(s string) (host string, port uint32, err error) {
	host, text, err := net.SplitHostPort(s)
	if err != nil {
		return "", 0, fmt.Errorf("%q is not host:port", s)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("%q has no port between 1 and 65535", s)
	}
	return host, uint32(n), nil
}

func socket(host string, port uint32) *corev3.Address {
	return &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
		Address:       host,
		PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: port},
	}}}
}

func pipe(path string) *corev3.Address {
	return &corev3.Address{Address: &corev3.Address_Pipe{Pipe: &corev3.Pipe{Path: path}}}
}

// endpoint is where a provider is.
type endpoint struct {
	tls  bool
	host string // name or IP, without brackets
	ip   bool
	port uint32
	// authority is what the Host header says: with the port where it is not the scheme's own.
	authority string
}

// parseEndpoint reads a base URL. Its path is for those who write requests, not for Envoy.
func parseEndpoint(s string) (endpoint, error) {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return endpoint{}, fmt.Errorf("%q is not a URL such as https://api.openai.com/v1", s)
	}
	e := endpoint{host: u.Hostname()}
	switch u.Scheme {
	case "https":
		e.tls, e.port = true, 443
	case "http":
		e.port = 80
	default:
		return endpoint{}, fmt.Errorf("%q starts neither with https:// nor with http://", s)
	}
	standard := e.port
	if text := u.Port(); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 {
			return endpoint{}, fmt.Errorf("%q has no port between 1 and 65535", s)
		}
		e.port = uint32(n)
	}
	ip, err := netip.ParseAddr(e.host)
	e.ip = err == nil
	e.authority = e.host
	if e.ip && ip.Is6() {
		e.authority = "[" + e.host + "]"
	}
	if e.port != standard {
		e.authority += ":" + strconv.FormatUint(uint64(e.port), 10)
	}
	return e, nil
}
