//go:build unix

// Command ledger measures what the ledger costs: it adds records at a steady rate, as a busy llmroute does, and reports the CPU that
// they took, how long Add held its caller up, and whether every record arrived. See docs/usage.md.
//
//	go run ./internal/bench/ledger -rate 5000 -for 60s [-postgres postgres://…] [-profile cpu.prof]
//
// What routing feels of it is measured by `go run ./internal/bench -rows 5000`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"syscall"
	"time"

	"github.com/llmroute/llmroute/internal/bench/ledger/rows"
	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/store/postgres"
	"github.com/llmroute/llmroute/internal/store/sqlite"
	"github.com/llmroute/llmroute/internal/tuning"
	"github.com/llmroute/llmroute/internal/usage"
)

func main() {
	rate := flag.Int("rate", 5000, "records a second")
	long := flag.Duration("for", time.Minute, "how long")
	dsn := flag.String("postgres", "", "a PostgreSQL; default: SQLite in a folder that is removed")
	profile := flag.String("profile", "", "write a CPU profile to this `file`")
	flag.Parse()
	err := profiled(*profile, func() error { return measure(*rate, *long, *dsn) })
	if err != nil {
		fmt.Fprintln(os.Stderr, "ledger:", err)
		os.Exit(1)
	}
}

func profiled(path string, work func() error) error {
	if path == "" {
		return work()
	}
	f, err := os.Create(path) //nolint:gosec // who runs it names the file
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(err, f.Close())
	}
	err = work()
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}

func measure(rate int, long time.Duration, dsn string) error {
	dir, err := os.MkdirTemp("", "llmroute-ledger-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "llmroute.db")
	open := func() (ledger.Store, error) { return sqlite.Open(path) }
	if dsn != "" {
		open = func() (ledger.Store, error) { return postgres.Open(dsn) }
	}
	store, err := open()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	l, err := ledger.Open(context.Background(), ledger.Options{Store: store, Spill: filepath.Join(dir, "spill"), Log: log})
	if err != nil {
		return err
	}
	headroom := tuning.Headroom() // as llmroute has
	defer runtime.KeepAlive(headroom)
	alone := making(rate, long/4)
	before, began := cpu(), time.Now()
	waits := load(l, rate, long)
	if err := l.Close(); err != nil {
		return err
	}
	took, used, s := time.Since(began), cpu()-before, l.Stats()
	fmt.Printf("%d records in %s: %d written, %d spilled, %d dropped\n", len(waits), took.Round(time.Millisecond), s.Written, s.Spilled, s.Dropped)
	each := used / time.Duration(max(1, len(waits)))
	fmt.Printf("CPU: %s, %.1f %% of one core; %s a record, and %s more for making it\n", used.Round(time.Millisecond),
		100*used.Seconds()/took.Seconds(), (each - alone).Round(100*time.Nanosecond), alone.Round(100*time.Nanosecond))
	slices.Sort(waits)
	at := func(q float64) time.Duration { return waits[int(q*float64(len(waits)-1))] }
	fmt.Printf("Add: p50 %s, p99 %s, p99.9 %s, longest %s\n", at(.5), at(.99), at(.999), at(1))
	return report(open, path)
}

// report says what arrived, and how long a question over all of it takes.
func report(open func() (ledger.Store, error), path string) error {
	store, err := open()
	if err != nil {
		return err
	}
	defer store.Close()
	began := time.Now()
	sums, err := store.Usage(context.Background(), ledger.Query{By: []ledger.Dim{ledger.Team, ledger.Model}})
	if err != nil {
		return err
	}
	fmt.Printf("rows: %d; usage by team and model takes %s\n", ledger.Total(sums).Requests, time.Since(began).Round(time.Millisecond))
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		fmt.Printf("file: %d MiB\n", info.Size()>>20)
	}
	return nil
}

// load adds records at the rate and returns how long each Add took.
func load(l *ledger.Ledger, rate int, long time.Duration) []time.Duration {
	waits := make([]time.Duration, 0, int(float64(rate)*long.Seconds()))
	rows.Add(context.Background(), rate, long, func(r *usage.Record) {
		at := time.Now()
		l.Add(r)
		waits = append(waits, time.Since(at))
	})
	return waits
}

// making is the CPU that a record takes of which nothing is kept: the benchmark's own.
func making(rate int, long time.Duration) time.Duration {
	before := cpu()
	n := rows.Add(context.Background(), rate, long, func(*usage.Record) {})
	return (cpu() - before) / time.Duration(max(1, n))
}

// cpu is what this process has used of all cores.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
