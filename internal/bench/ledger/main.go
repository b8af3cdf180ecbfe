//go:build unix

// Command ledger measures what the ledger costs: it adds records at a steady rate, as a busy llmroute does, and reports the CPU that
// they took, how long Add held its caller up, and whether every record arrived. See docs/usage.md.
//
//	go run ./internal/bench/ledger -rate 5000 -for 60s [-postgres postgres://…]
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/store/postgres"
	"github.com/llmroute/llmroute/internal/store/sqlite"
	"github.com/llmroute/llmroute/internal/usage"
)

func main() {
	rate := flag.Int("rate", 5000, "records a second")
	long := flag.Duration("for", time.Minute, "how long")
	dsn := flag.String("postgres", "", "a PostgreSQL; default: SQLite in a folder that is removed")
	flag.Parse()
	if err := measure(*rate, *long, *dsn); err != nil {
		fmt.Fprintln(os.Stderr, "ledger:", err)
		os.Exit(1)
	}
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
	before, began := cpu(), time.Now()
	waits := load(l, rate, long)
	if err := l.Close(); err != nil {
		return err
	}
	took, used, s := time.Since(began), cpu()-before, l.Stats()
	fmt.Printf("%d records in %s: %d written, %d spilled, %d dropped\n", len(waits), took.Round(time.Millisecond), s.Written, s.Spilled, s.Dropped)
	fmt.Printf("CPU: %s, %.1f %% of one core, %s a record (making the records included)\n",
		used.Round(time.Millisecond), 100*used.Seconds()/took.Seconds(), (used / time.Duration(len(waits))).Round(100*time.Nanosecond))
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

// load adds records at the rate, in steps of a millisecond, and returns how long each Add took.
func load(l *ledger.Ledger, rate int, long time.Duration) []time.Duration {
	total := int(float64(rate) * long.Seconds())
	waits := make([]time.Duration, 0, total)
	rnd := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	began := time.Now()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for len(waits) < total {
		due := min(total, int(float64(rate)*time.Since(began).Seconds()))
		for len(waits) < due {
			r := record(rnd)
			at := time.Now()
			l.Add(r)
			waits = append(waits, time.Since(at))
		}
		<-tick.C
	}
	return waits
}

func record(rnd *rand.Rand) *usage.Record {
	in, out := rnd.Int64N(4000), rnd.Int64N(1000)
	return &usage.Record{
		ID: fmt.Sprintf("%016x%016x", rnd.Uint64(), rnd.Uint64()), RequestID: fmt.Sprintf("%016x-%016x", rnd.Uint64(), rnd.Uint64()),
		Started: time.Now(), Elapsed: 1200 * time.Millisecond, FirstByte: 300 * time.Millisecond, Op: "chat_completions", Route: "default", Strategy: "cost",
		Team: fmt.Sprintf("team%d", rnd.IntN(20)), User: fmt.Sprintf("user%d", rnd.IntN(1000)), Client: "app", Model: fmt.Sprintf("model%d", rnd.IntN(10)),
		Provider: "alpha", Status: 200, Attempts: 1, Tokens: usage.Tokens{Input: in, Output: out}, Source: usage.SourceReported,
		CostUSD: decimal.New(in*2_500_000+out*10_000_000, -usage.Places), Priced: true, PriceVersion: "0123456789ab",
	}
}

// cpu is what this process has used of all cores.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
