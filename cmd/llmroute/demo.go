package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/demo"
)

// demoCmd serves demo providers: those of --provider, else those of the configuration whose endpoints are on this
// machine, else, where there is no ./llmroute.yaml, the usual three.
type demoCmd struct {
	Provider []string `placeholder:"NAME=SCHEMA@HOST:PORT" help:"Serve this provider instead of the configuration's; repeatable. SCHEMA is openai, azure, anthropic, gemini or bedrock."`
}

// usualDemo is served where nothing else is said.
var usualDemo = [...]string{"alpha=openai@127.0.0.1:9101", "beta=openai@127.0.0.1:9102", "gamma=anthropic@127.0.0.1:9103"}

// Run serves until SIGINT or SIGTERM.
func (c *demoCmd) Run(e *env) error {
	endpoints, err := c.endpoints(e)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return serveDemo(ctx, e, endpoints)
}

// demoEndpoint is a provider and where it listens.
type demoEndpoint struct {
	demo.Options
	addr string
}

func (c *demoCmd) endpoints(e *env) ([]demoEndpoint, error) {
	if len(c.Provider) > 0 {
		return parseDemo(c.Provider)
	}
	if _, err := os.Stat(e.Config); e.Config == "./llmroute.yaml" && errors.Is(err, fs.ErrNotExist) {
		return parseDemo(usualDemo[:])
	}
	file, faults := config.LoadFile(e.Config)
	if len(faults) > 0 {
		report(e.Stderr, faults, "")
		return nil, errFaults
	}
	return configuredDemo(file.Config, e.Config)
}

func parseDemo(specs []string) ([]demoEndpoint, error) {
	var out []demoEndpoint
	for _, s := range specs {
		name, rest, named := strings.Cut(s, "=")
		kind, addr, placed := strings.Cut(rest, "@")
		if !named || !placed || !demo.ValidName(name) {
			return nil, wrongUse("--provider %s: want NAME=SCHEMA@HOST:PORT, such as %s", s, usualDemo[0])
		}
		if !slices.Contains(demo.Schemas(), kind) {
			return nil, wrongUse("--provider %s: %q is none of %s", s, kind, strings.Join(demo.Schemas(), ", "))
		}
		out = append(out, demoEndpoint{Options: demo.Options{Name: name, Schema: kind}, addr: addr})
	}
	return out, nil
}

// serveDemo listens everywhere before it serves anywhere, so that a message of readiness is true.
func serveDemo(ctx context.Context, e *env, endpoints []demoEndpoint) error {
	var listeners []net.Listener
	for _, at := range endpoints {
		lis, err := net.Listen("tcp", at.addr)
		if err != nil {
			for _, l := range listeners {
				_ = l.Close() // nothing was served on it
			}
			return fmt.Errorf("demo provider %s: %w", at.Name, err)
		}
		listeners = append(listeners, lis)
	}
	group, ctx := errgroup.WithContext(ctx)
	for i, at := range endpoints {
		fmt.Fprintf(e.Stderr, "demo provider %s: %s at http://%s%s\n", at.Name, at.Schema, listeners[i].Addr(), at.Prefix)
		group.Go(func() error { return demo.Serve(ctx, listeners[i], demo.New(at.Options)) })
	}
	fmt.Fprintf(e.Stderr, "demo: ready; faults by the header %s, such as '%s: alpha: status=503'\n", demo.ControlHeader, demo.ControlHeader)
	return group.Wait()
}
