package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"os"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/compile"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/serve"
	"github.com/llmroute/llmroute/policy/learn"
)

// serveCmd is the server.
type serveCmd struct {
	Grace     time.Duration `default:"5s" help:"How long to go on serving after SIGTERM, with health already at not-serving."`
	Drain     time.Duration `default:"60s" help:"How long requests under way may take after that."`
	LogFormat string        `enum:"text,json" default:"text" help:"text or json."`
	LogLevel  slog.Level    `default:"info" help:"debug, info, warn or error."`
}

// Run serves until SIGINT or SIGTERM. SIGHUP, and any change of the file, reload the configuration.
func (c *serveCmd) Run(e *env) error {
	file, _, err := load(e.Config, e.Stderr)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	log := slog.New(c.handler(e))
	changed := make(chan struct{}, 1)
	go watch(ctx, e.Config, changed, log)
	seen := learn.New(time.Now)
	return serve.Run(ctx, serve.Options{
		Seen: seen,
		GRPC: file.Config.Listen.GRPC, Admin: file.Config.Listen.Admin,
		Load: func() (*extproc.Snapshot, error) { return loadStages(e.Config, seen, log) }, Changed: changed,
		Log: log, Grace: c.Grace, Drain: c.Drain, Ready: func(net.Addr, net.Addr) {},
	})
}

func (c *serveCmd) handler(e *env) slog.Handler {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.NewJSONHandler(e.Stderr, options)
	}
	return slog.NewTextHandler(e.Stderr, options)
}

// watch tells of each change of the file, and of SIGHUP.
func watch(ctx context.Context, path string, changed chan<- struct{}, log *slog.Logger) {
	tell := func() {
		select {
		case changed <- struct{}{}:
		default: // a reload is due already
		}
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	go func() {
		if err := config.Watch(ctx, path, tell); err != nil && !errors.Is(err, context.Canceled) {
			log.Error("the configuration file is not watched; send SIGHUP after a change", "error", err.Error())
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			tell()
		}
	}
}

// loadStages loads the configuration for serving. Warnings are logged, faults returned.
func loadStages(path string, seen *learn.State, log *slog.Logger) (*extproc.Snapshot, error) {
	file, faults := config.LoadFile(path)
	if len(faults) > 0 {
		return nil, errors.New(join(faults))
	}
	snapshot, faults := compile.Compile(file, seen)
	if len(faults) > 0 {
		return nil, errors.New(join(faults))
	}
	for _, w := range file.Warnings {
		log.Warn("configuration", "warning", w.Error())
	}
	return snapshot.Stages(time.Now()), nil
}

func join(faults config.Faults) string {
	lines := make([]string, len(faults))
	for i, f := range faults {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "; ")
}
