package ledger_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/store/sqlite"
	"github.com/llmroute/llmroute/internal/usage"
)

// crashing is the n-th record, the same in each process.
func crashing(n int) *usage.Record {
	r := record(strconv.Itoa(n))
	r.Started = time.Unix(1_760_000_000, int64(n)*int64(time.Millisecond))
	return r
}

// writeForever adds records until the process is killed, and prints how many are surely committed.
func writeForever(path string) {
	store, err := sqlite.Open(path)
	if err != nil {
		panic(err)
	}
	l, err := ledger.Open(context.Background(), ledger.Options{Store: store, Spill: path + ".spill", Log: slog.Default()})
	if err != nil {
		panic(err)
	}
	var told uint64
	for n := 0; ; n++ {
		l.Add(crashing(n))
		if s := l.Stats(); s.Written != told {
			told = s.Written
			fmt.Println(told)
		}
		for l.Stats().Queued > 1000 { // so that nothing is dropped
			continue
		}
	}
}

func TestNoCommittedRowIsLostOrDoubledByAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "llmroute.db")
	for round := range 3 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "LLMROUTE_CRASHING_WRITER="+path)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		committed := 0
		for n := 0; n <= round && lines.Scan(); n++ { // killed after ever more commits
			if committed, err = strconv.Atoi(lines.Text()); err != nil {
				t.Error(err)
			}
		}
		_ = child.Process.Kill()
		for lines.Scan() { // what it printed before it died
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				committed = n
			}
		}
		_ = child.Wait()
		if committed == 0 {
			t.Fatal("the child committed nothing")
		}
		store, err := sqlite.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		sums, err := store.Usage(t.Context(), ledger.Query{})
		if err != nil {
			t.Fatal(err)
		}
		// Each round writes the same IDs from 0 on, so the rows are those of the longest.
		total := ledger.Total(sums)
		if total.Requests < int64(committed) {
			t.Errorf("round %d: %d rows, but %d were committed", round, total.Requests, committed)
		}
		if total.Tokens.Input != total.Requests {
			t.Errorf("round %d: %d tokens in %d rows", round, total.Tokens.Input, total.Requests)
		}
		// All of them once more: what is there is recognised.
		again := make([]*usage.Record, total.Requests)
		for i := range again {
			again[i] = crashing(i)
		}
		if err := store.Write(t.Context(), again, nil); err != nil {
			t.Fatal(err)
		}
		sums, err = store.Usage(t.Context(), ledger.Query{})
		if after := ledger.Total(sums); err != nil || after.Requests != total.Requests {
			t.Errorf("round %d: %d rows after writing them again, were %d (%v): a row was missing in the middle", round, after.Requests, total.Requests, err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}
