package serve

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// Ports are llmroute's addresses, bound. They are bound before anything that lasts is opened: a process that cannot serve has
// then changed nothing under the one that does. Until Run serves, the admin server says that llmroute lives and is not ready,
// and what comes to the gRPC address waits: to refuse Envoy's log there would lose the entries that it had sent.
type Ports struct {
	grpc, admin net.Listener
	web         *http.Server
	serving     atomic.Pointer[http.Handler] // of the admin server; nil: not yet
	failed      chan error                   // gets one, when the admin server ends
}

// Bind binds addresses, host:port or unix:/path. The caller closes what it returns.
func Bind(grpc, admin string) (*Ports, error) {
	grpcListener, err := listen(grpc)
	if err != nil {
		return nil, fmt.Errorf("listen.grpc: %w", err)
	}
	adminListener, err := listen(admin)
	if err != nil {
		_ = grpcListener.Close()
		return nil, fmt.Errorf("listen.admin: %w", err)
	}
	p := &Ports{grpc: grpcListener, admin: adminListener, failed: make(chan error, 1)}
	p.web = &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute}
	go func() { p.failed <- p.web.Serve(adminListener) }()
	return p, nil
}

// Close gives the addresses back. It may be called again.
func (p *Ports) Close() {
	_ = p.web.Close()
	_ = p.grpc.Close()
}

// ServeHTTP is the admin server.
func (p *Ports) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := p.serving.Load(); h != nil {
		(*h).ServeHTTP(w, r)
		return
	}
	if r.URL.Path == "/healthz" {
		_, _ = io.WriteString(w, "ok\n")
		return
	}
	http.Error(w, "starting", http.StatusServiceUnavailable)
}

// listen opens host:port or unix:/path. A socket that nobody listens on any more is taken over.
func listen(address string) (net.Listener, error) {
	path, isSocket := strings.CutPrefix(address, "unix:")
	if !isSocket {
		return net.Listen("tcp", address)
	}
	l, err := net.Listen("unix", path)
	if err == nil {
		return l, nil
	}
	if c, dialErr := net.DialTimeout("unix", path, time.Second); dialErr == nil {
		_ = c.Close()
		return nil, fmt.Errorf("%s: another process serves there", path)
	}
	if removeErr := os.Remove(path); removeErr != nil {
		return nil, err
	}
	return net.Listen("unix", path)
}
