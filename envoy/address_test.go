package envoy

import (
	"strconv"
	"testing"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
)

func TestAnEndpointGivesHostPortAndAuthority(t *testing.T) {
	cases := []struct {
		in   string
		want endpoint
		err  bool
	}{
		{"https://api.openai.com/v1", endpoint{tls: true, host: "api.openai.com", port: 443, authority: "api.openai.com"}, false},
		{"https://api.openai.com:443/v1", endpoint{tls: true, host: "api.openai.com", port: 443, authority: "api.openai.com"}, false},
		{"https://llm.example:8443", endpoint{tls: true, host: "llm.example", port: 8443, authority: "llm.example:8443"}, false},
		{"http://vllm.eu:8000/v1", endpoint{host: "vllm.eu", port: 8000, authority: "vllm.eu:8000"}, false},
		{"http://127.0.0.1", endpoint{host: "127.0.0.1", ip: true, port: 80, authority: "127.0.0.1"}, false},
		{"http://[::1]:8000/v1", endpoint{host: "::1", ip: true, port: 8000, authority: "[::1]:8000"}, false},
		{"api.openai.com/v1", endpoint{}, true},
		{"ftp://api.openai.com", endpoint{}, true},
		{"https://", endpoint{}, true},
		{"https://api.openai.com:0", endpoint{}, true},
		{"https://api.openai.com:70000", endpoint{}, true},
	}
	for _, tc := range cases {
		t.Run(tc.in, func(t *testing.T) {
			got, err := parseEndpoint(tc.in)
			if (err != nil) != tc.err || got != tc.want {
				t.Errorf("got %+v, %v; want %+v", got, err, tc.want)
			}
		})
	}
}

func TestAListenAddressIsAnIPOrASocket(t *testing.T) {
	cases := []struct{ in, want string }{
		{"127.0.0.1:10000", "127.0.0.1:10000"},
		{":10000", "0.0.0.0:10000"},
		{"localhost:10000", "127.0.0.1:10000"},
		{"[::]:10000", ":::10000"},
		{"unix:/run/envoy.sock", "/run/envoy.sock"},
		{"llm.example:10000", ""},
		{"10000", ""},
		{"127.0.0.1:0", ""},
	}
	for _, tc := range cases {
		t.Run(tc.in, func(t *testing.T) {
			addr, err := listenAddress(tc.in)
			if got := text(addr); got != tc.want || (err != nil) != (tc.want == "") {
				t.Errorf("got %q, %v; want %q", got, err, tc.want)
			}
		})
	}
}

func TestWhoListensEverywhereIsReachedHere(t *testing.T) {
	cases := []struct {
		in, want string
		name     bool
	}{
		{"0.0.0.0:9002", "127.0.0.1:9002", false},
		{":9002", "127.0.0.1:9002", false},
		{"[::]:9002", "::1:9002", false},
		{"10.0.0.1:9002", "10.0.0.1:9002", false},
		{"llmroute.llm.svc:9002", "llmroute.llm.svc:9002", true},
		{"unix:/run/grpc.sock", "/run/grpc.sock", false},
	}
	for _, tc := range cases {
		t.Run(tc.in, func(t *testing.T) {
			addr, name, err := dialAddress(tc.in)
			if got := text(addr); got != tc.want || name != tc.name || err != nil {
				t.Errorf("got %q, a name: %v, %v; want %q, %v", got, name, err, tc.want, tc.name)
			}
		})
	}
}

func text(a *corev3.Address) string {
	if a == nil {
		return ""
	}
	if p := a.GetPipe(); p != nil {
		return p.GetPath()
	}
	return a.GetSocketAddress().GetAddress() + ":" + strconv.FormatUint(uint64(a.GetSocketAddress().GetPortValue()), 10)
}
