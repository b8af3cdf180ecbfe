package demo

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Grace is how long requests in flight may go on after the end of the context of Serve.
const Grace = 3 * time.Second

// Serve serves h on lis, over HTTP/1.1 and unencrypted HTTP/2, until ctx ends. Then it takes no more connections and
// waits for the requests in flight, at most Grace. lis is closed in any case. The error is nil after such an end.
func Serve(ctx context.Context, lis net.Listener, h http.Handler) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	s := &http.Server{Handler: h, Protocols: protocols, ReadHeaderTimeout: 30 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(lis) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), Grace)
	defer cancel()
	err := s.Shutdown(patience)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.Close() // those that hang do so by design
	}
	<-failed //nolint:errcheck // http.ErrServerClosed
	return err
}
