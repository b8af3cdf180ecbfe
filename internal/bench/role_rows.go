package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/llmroute/llmroute/internal/bench/ledger/rows"
	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/store/sqlite"
)

// keeper is a ledger in SQLite that takes rows while it is told to.
type keeper struct {
	store ledger.Store
	kept  *ledger.Ledger
	rate  int

	mu    sync.Mutex
	stop  context.CancelFunc // of what adds; nil: nothing does
	done  chan int           // how many it added
	added int
}

// playRows is `llmroute serve` whose ledger takes rows at a rate of their own, when its page says so. Those of what is routed are not
// kept, so that nothing else is different.
func playRows(ctx context.Context, addr, config, rate string) error {
	perSecond, err := strconv.Atoi(rate)
	if err != nil {
		return err
	}
	store, err := sqlite.Open(filepath.Join(filepath.Dir(config), "llmroute.db"))
	if err != nil {
		return err
	}
	kept, err := ledger.Open(ctx, ledger.Options{Store: store, Spill: config + ".spill", Log: slog.Default()})
	if err != nil {
		return errors.Join(err, store.Close())
	}
	k := &keeper{store: store, kept: kept, rate: perSecond}
	lis, err := net.Listen("tcp", addr)
	if err != nil {
		return errors.Join(err, kept.Close())
	}
	page := &http.Server{Handler: k.pages(), ReadHeaderTimeout: time.Second}
	go func() { _ = page.Serve(lis) }()
	err = playServe(ctx, config)
	return errors.Join(err, page.Close(), k.close())
}

func (k *keeper) close() error {
	k.end()
	return k.kept.Close()
}

func (k *keeper) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/on", func(http.ResponseWriter, *http.Request) { k.begin() })
	mux.HandleFunc("/off", func(http.ResponseWriter, *http.Request) { k.end() })
	mux.HandleFunc("/counts", k.counts)
	return mux
}

func (k *keeper) begin() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stop != nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan int, 1)
	k.stop, k.done = stop, done
	go func() { done <- rows.Add(ctx, k.rate, 0, k.kept.Add) }()
}

// end waits until what was added is in the database, so that the turn without rows has no part of it.
func (k *keeper) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stop == nil {
		return
	}
	k.stop()
	k.added += <-k.done
	k.stop = nil
	for deadline := time.Now().Add(patience / 10); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if s := k.kept.Stats(); s.Queued == 0 && s.Written+s.Dropped+s.Replayed >= uint64(k.added) {
			return
		}
	}
}

// counts tells what became of all rows; the last line is what a question to the database says.
func (k *keeper) counts(w http.ResponseWriter, r *http.Request) {
	s := k.kept.Stats()
	sums, err := k.store.Usage(r.Context(), ledger.Query{})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	fmt.Fprintf(w, "added %d\nwritten %d\nspilled %d\ndropped %d\nrows %d\n", k.added, s.Written, s.Spilled, s.Dropped, ledger.Total(sums).Requests)
}
