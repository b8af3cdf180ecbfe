package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/compile"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/demo"
	"github.com/llmroute/llmroute/internal/floor"
	"github.com/llmroute/llmroute/internal/serve"
	"github.com/llmroute/llmroute/internal/tuning"
	"github.com/llmroute/llmroute/policy/learn"
)

// This binary is also its own children: `bench role NAME ARGS…`.
const (
	roleArg      = "role"
	roleProvider = "provider" // NAME=SCHEMA=KEY@ADDR…
	roleFloor    = "floor"    // PROFILES GRPC METRICS
	roleServe    = "serve"    // PROFILES CONFIG: llmroute, profiled
	roleHeld     = "held"     // PAGE CONFIG: llmroute, with a page about its memory
	roleRows     = "rows"     // PAGE CONFIG RATE: llmroute, with a ledger that takes rows
)

func playRole(name string, args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	switch {
	case name == roleProvider:
		return playProviders(ctx, args)
	case name == roleFloor && len(args) == 3:
		return profiled(args[0], roleFloor, func() error { return playFloor(ctx, args[1], args[2]) })
	case name == roleServe && len(args) == 2:
		return profiled(args[0], roleServe, func() error { return playServe(ctx, args[1]) })
	case name == roleHeld && len(args) == 2:
		return playHeld(ctx, args[0], args[1])
	case name == roleRows && len(args) == 3:
		return playRows(ctx, args[0], args[1], args[2])
	}
	return fmt.Errorf("no role %s with %d arguments", name, len(args))
}

func playProviders(ctx context.Context, specs []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, len(specs))
	for _, spec := range specs {
		who, addr, _ := strings.Cut(spec, "@")
		parts := strings.SplitN(who, "=", 3)
		lis, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		p := demo.New(demo.Options{Name: parts[0], Schema: parts[1], Key: parts[2], Fast: &demo.Fast{}})
		go func() { failed <- demo.Serve(ctx, lis, p) }()
	}
	var errs []error
	for range specs {
		err := <-failed
		if err != nil {
			cancel()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func playFloor(ctx context.Context, grpcAddr, metricsAddr string) error {
	grpcListener, err := net.Listen("tcp", grpcAddr)
	if err != nil {
		return err
	}
	metricsListener, err := net.Listen("tcp", metricsAddr)
	if err != nil {
		return err
	}
	headroom := tuning.Headroom() // as llmroute has
	defer runtime.KeepAlive(headroom)
	server := (&floor.Server{Plan: floorPlan()}).GRPC()
	go func() {
		<-ctx.Done()
		server.Stop()
	}()
	page := &http.Server{Handler: http.HandlerFunc(allocated), ReadHeaderTimeout: time.Second}
	go func() { _ = page.Serve(metricsListener) }()
	defer page.Close()
	return server.Serve(grpcListener)
}

// allocSeries is what Prometheus' Go collector calls all bytes ever allocated.
const allocSeries = "go_memstats_alloc_bytes_total"

func allocated(w http.ResponseWriter, _ *http.Request) {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	fmt.Fprintf(w, "%s %d\n", allocSeries, sample[0].Value.Uint64())
}

// playServe is `llmroute serve`, where a profile is wanted: its own admin server has no such thing.
func playServe(ctx context.Context, path string) error {
	file, faults := config.LoadFile(path)
	if len(faults) > 0 {
		return faults
	}
	ports, err := serve.Bind(file.Config.Listen.GRPC, file.Config.Listen.Admin)
	if err != nil {
		return err
	}
	seen := learn.New(time.Now)
	return serve.Run(ctx, serve.Options{
		Ports: ports, Seen: seen,
		Load: func() (*extproc.Snapshot, error) {
			snapshot, faults := compile.Compile(file, seen)
			if len(faults) > 0 {
				return nil, faults
			}
			return snapshot.Stages(time.Now()), nil
		},
		Log: slog.New(slog.DiscardHandler), Drain: time.Second, Ready: func(net.Addr, net.Addr) {},
	})
}

// profiled writes CPU and allocation profiles of work into dir, if that is not empty.
func profiled(dir, name string, work func() error) (err error) {
	if dir == "" {
		return work()
	}
	if err := os.MkdirAll(dir, 0o750); err != nil { //nolint:gosec // who runs it names the folder
		return err
	}
	f, err := os.Create(filepath.Join(dir, name+".cpu.prof")) //nolint:gosec // too
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	runtime.MemProfileRate = 64 << 10
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	err = work()
	pprof.StopCPUProfile()
	m, createErr := os.Create(filepath.Join(dir, name+".allocs.prof")) //nolint:gosec // too
	if createErr != nil {
		return errors.Join(err, createErr)
	}
	return errors.Join(err, pprof.Lookup("allocs").WriteTo(m, 0), m.Close())
}
