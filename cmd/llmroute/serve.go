package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"os"

	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/admin"
	"github.com/llmroute/llmroute/internal/compile"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/recording"
	"github.com/llmroute/llmroute/internal/serve"
	budgetstore "github.com/llmroute/llmroute/internal/store/budget"
	"github.com/llmroute/llmroute/internal/telemetry"
	"github.com/llmroute/llmroute/internal/usage"
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
	ports, err := serve.Bind(file.Config.Listen.GRPC, file.Config.Listen.Admin) // first: where another process serves, its ledger stays as it is
	if err != nil {
		return err
	}
	defer ports.Close()
	log := slog.New(c.handler(e))
	redis.SetLogger(redisLog{log})
	otel.SetErrorHandler(notPushed(log))
	changed := make(chan struct{}, 1)
	go watch(ctx, e.Config, changed, log)
	seen := learn.New(time.Now)
	recorder := recording.Start(log, time.Now)
	defer recorder.Close()
	prices := usage.NewPrices()
	kept, err := openLedger(ctx, file, prices, log)
	if err != nil {
		return err
	}
	defer kept.close(log)
	budgets, err := budgetstore.New(budgetstore.Options{Redis: file.Config.State.Redis.Reveal(), History: kept.history(), Log: log})
	if err != nil {
		return err
	}
	defer budgets.Start()()
	memory, forget, err := memory(e.Config, file.Config.State)
	if err != nil {
		return err
	}
	defer forget()
	start := beganWith(file.Config)
	return serve.Run(ctx, serve.Options{
		Seen: seen, Memory: memory, Ledger: kept.state(),
		Ports:     ports,
		Telemetry: pushed(file.Config.Telemetry),
		Access:    admin.Access{Token: file.Config.Listen.AdminToken.Reveal(), Local: admin.IsLocal(file.Config.Listen.Admin)},
		Load: func() (*extproc.Snapshot, error) {
			return loadStages(e.Config, start, seen, prices, recorder, budgets, log)
		}, Changed: changed,
		Budgets:   budgets,
		Recording: func() telemetry.RecordingState { return telemetry.RecordingState(recorder.Counts()) },
		Record:    recorder.Observe, Usage: usage.NewMeter(usage.Options{Prices: prices, Sinks: []func(*usage.Record){recorder.Ended, budgets.Settle, kept.add, newFailures(log, time.Now).ended}}),
		Log: log, Grace: c.Grace, Drain: c.Drain, Ready: func(net.Addr, net.Addr) {},
	})
}

// redisLog takes what the Redis client says of its connections: llmroute itself tells once that Redis is away.
type redisLog struct{ *slog.Logger }

// Printf implements the client's logging interface.
func (l redisLog) Printf(_ context.Context, format string, v ...any) {
	l.Debug("redis", "message", fmt.Sprintf(format, v...))
}

// notPushed tells the log of telemetry that its collector did not take; the library would write to stderr in a form of its own.
func notPushed(log *slog.Logger) otel.ErrorHandlerFunc {
	return func(err error) { log.Warn("metrics or traces are not pushed", "error", err.Error()) }
}

// pushed is where telemetry goes besides /metrics. Without a word on it, every request is traced.
func pushed(c config.Telemetry) telemetry.Options {
	o := telemetry.Options{OTLP: c.OTLP, Headers: map[string]string{}, Sample: 1, Version: version}
	for _, h := range c.Headers {
		o.Headers[h.Name] = h.Value.Reveal()
	}
	if c.TraceSample != nil {
		o.Sample = *c.TraceSample
	}
	return o
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
func loadStages(path string, start *began, seen *learn.State, prices *usage.Prices, recorder *recording.Recorder, budgets *budgetstore.Keeper, log *slog.Logger) (*extproc.Snapshot, error) {
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
	start.warn(file.Config, log)
	prices.Use(time.Now(), snapshot.Models)
	recorder.Use(recording.SettingsOf(file.Config, path, snapshot.Version))
	stages := snapshot.Stages(time.Now())
	stages.Budgets = budgets.Serve(stages.Budgets)
	return stages, nil
}

func join(faults config.Faults) string {
	lines := make([]string, len(faults))
	for i, f := range faults {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "; ")
}
