package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"go.uber.org/goleak"

	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/store/sqlite"
	"github.com/llmroute/llmroute/internal/usage"
	"github.com/llmroute/llmroute/policy/catalog"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("LLMROUTE_CRASHING_WRITER"); path != "" {
		writeForever(path)
	}
	goleak.VerifyTestMain(m)
}

// unsteady is a database that can be made to fail, to refuse a record, or to stand still.
type unsteady struct {
	ledger.Store
	down    atomic.Bool
	refuses string        // an ID
	gate    chan struct{} // nil, or closed: open
	half    atomic.Bool   // the next write is done, and reported as failed
}

var errDown = errors.New("the database is down")

func (u *unsteady) Migrate(ctx context.Context) error {
	if u.down.Load() {
		return errDown
	}
	return u.Store.Migrate(ctx)
}

func (u *unsteady) Write(ctx context.Context, records []*usage.Record, prices []usage.Price) error {
	if u.gate != nil {
		<-u.gate
	}
	if u.down.Load() {
		return errDown
	}
	for _, r := range records {
		if r.ID == u.refuses {
			return fmt.Errorf("%w: of course", ledger.ErrRefused)
		}
	}
	err := u.Store.Write(ctx, records, prices)
	if u.half.Swap(false) {
		return errDown
	}
	return err
}

// rig is a ledger over a file in a folder of its own.
type rig struct {
	t     *testing.T
	dir   string
	store *unsteady
	*ledger.Ledger
	log lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) count(s string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Count(b.String(), s)
}

var price = usage.NewPrice(catalog.Price{Input: 1, Output: 2}, "1.2.3")

func start(t *testing.T, dir string, change func(*rig, *ledger.Options)) *rig {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(dir, "llmroute.db"))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, dir: dir, store: &unsteady{Store: store}}
	o := ledger.Options{
		Store: r.store, Patient: true, Spill: r.spill(), Log: slog.New(slog.NewTextHandler(&r.log, nil)),
		Price: func(v string) (usage.Price, bool) { return price, v == price.Version },
	}
	if change != nil {
		change(r, &o)
	}
	if r.Ledger, err = ledger.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func (r *rig) spill() string { return filepath.Join(r.dir, "llmroute.spill") }

// await waits until the counts are as they should be.
func (r *rig) await(what string, ok func(ledger.Stats) bool) {
	r.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok(r.Stats()) {
		if time.Now().After(deadline) {
			r.t.Fatalf("%s: still %+v", what, r.Stats())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (r *rig) holds(requests int) {
	r.t.Helper()
	sums, err := r.Usage(context.Background(), ledger.Query{})
	if err != nil {
		r.t.Fatal(err)
	}
	total := ledger.Total(sums)
	if want := decimal.New(int64(requests), -6); total.Requests != int64(requests) || !total.CostUSD.Equal(want) {
		r.t.Errorf("the ledger has %d requests for %s USD, want %d for %s", total.Requests, total.CostUSD, requests, want)
	}
}

// begun is when all the records of these tests did: a second one of a request has the same time.
var begun = time.Now()

func record(id string) *usage.Record {
	return &usage.Record{
		ID: id, Started: begun, Team: "red", Model: "small", Status: 200, Tokens: usage.Tokens{Input: 1}, Source: usage.SourceReported,
		CostUSD: decimal.New(1, -6), Priced: true, PriceVersion: price.Version,
	}
}

func (r *rig) add(prefix string, n int) {
	for i := range n {
		r.Add(record(fmt.Sprintf("%s%d", prefix, i)))
	}
}

func TestWhatIsAddedIsInTheDatabaseOnceTheLedgerIsClosed(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.add("a", 3000)
	r.add("a", 3000)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, r.dir, nil)
	again.holds(3000)
	if usd, tokens, err := again.Sum(t.Context(), map[ledger.Dim]string{ledger.Team: "red"}, time.Now().Add(-time.Hour)); err != nil || tokens != 3000 || usd.String() != "0.003" {
		t.Errorf("%s %d %v", usd, tokens, err)
	}
	if _, ok, err := again.Store.Price(t.Context(), price.Version); !ok || err != nil {
		t.Errorf("the price is not stored: %v", err)
	}
}

func TestWhatTheDatabaseCannotTakeIsSpilledAndReplayed(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.store.down.Store(true)
	r.add("a", 20)
	r.await("spilled", func(s ledger.Stats) bool { return s.Spilled == 20 && s.Down })
	r.add("b", 5)
	r.await("spilled too", func(s ledger.Stats) bool { return s.Spilled == 25 })
	r.store.down.Store(false)
	r.await("replayed", func(s ledger.Stats) bool { return s.Replayed == 25 && !s.Down })
	r.add("c", 5)
	r.await("written", func(s ledger.Stats) bool { return s.Written == 5 })
	r.holds(30)
	if n := r.log.count("level=ERROR"); n != 1 {
		t.Errorf("%d errors logged, want 1:\n%s", n, r.log.String())
	}
	if _, ok, err := r.Store.Price(t.Context(), price.Version); !ok || err != nil {
		t.Errorf("the price is not stored: %v", err)
	}
}

func TestABatchWhoseFateIsNotKnownCountsOnce(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.store.half.Store(true)
	r.add("a", 10)
	r.await("replayed", func(s ledger.Stats) bool { return s.Replayed == 10 })
	r.holds(10)
}

func TestAnotherProcessReplaysWhatThisOneSpilled(t *testing.T) {
	r := start(t, t.TempDir(), func(r *rig, _ *ledger.Options) { r.store.down.Store(true) }) // the database is down from the beginning
	r.add("a", 10)
	r.Close()
	again := start(t, r.dir, nil)
	again.await("replayed", func(s ledger.Stats) bool { return s.Replayed == 10 })
	again.holds(10)
}

func TestATornLineAndAnUnfinishedReplayLoseNothingElse(t *testing.T) {
	r := start(t, t.TempDir(), func(r *rig, _ *ledger.Options) { r.store.down.Store(true) })
	r.add("a", 10)
	r.Close()
	text, err := os.ReadFile(r.spill())
	if err != nil {
		t.Fatal(err)
	}
	// A crash in the middle of the replay of the ten, and in the middle of a line after them.
	torn := append(bytes.Clone(text), text[len(text)-100:len(text)-50]...)
	for name, content := range map[string][]byte{r.spill() + ".replay": text, r.spill(): torn} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := start(t, r.dir, func(r *rig, _ *ledger.Options) { r.store.down.Store(true) })
	again.add("b", 3)
	again.await("spilled", func(s ledger.Stats) bool { return s.Spilled == 3 })
	again.store.down.Store(false)
	again.await("replayed", func(s ledger.Stats) bool { return s.Replayed == 23 && s.Refused == 1 })
	again.holds(13)
	again.await("the file is gone", func(ledger.Stats) bool {
		_, err := os.Stat(again.spill() + ".replay")
		return errors.Is(err, os.ErrNotExist)
	})
}

func TestAddNeverWaitsAndEverythingIsCounted(t *testing.T) {
	gate := make(chan struct{})
	r := start(t, t.TempDir(), func(r *rig, _ *ledger.Options) { r.store.gate = gate })
	const many = 120_000
	r.add("a", many) // it would hang here
	close(gate)
	r.await("all in the database or dropped", func(s ledger.Stats) bool { return s.Written+s.Replayed+s.Dropped == many && s.Queued == 0 })
	s := r.Stats()
	if s.Spilled == 0 || s.Spilled != s.Replayed {
		t.Errorf("%+v", s)
	}
	r.holds(many - int(s.Dropped))
}

func TestWithoutRoomForASpillFileRecordsAreDroppedAndCounted(t *testing.T) {
	r := start(t, t.TempDir(), func(r *rig, _ *ledger.Options) {
		if err := os.Mkdir(r.spill(), 0o755); err != nil {
			r.t.Fatal(err)
		}
	})
	r.store.down.Store(true)
	r.add("a", 10)
	r.await("dropped", func(s ledger.Stats) bool { return s.Dropped == 10 })
	r.add("b", 10)
	r.await("dropped too", func(s ledger.Stats) bool { return s.Dropped == 20 })
	if n := r.log.count("drops records"); n != 1 {
		t.Errorf("logged %d times", n)
	}
}

func TestARecordThatTheDatabaseRefusesDoesNotHoldTheOthersUp(t *testing.T) {
	r := start(t, t.TempDir(), func(r *rig, _ *ledger.Options) { r.store.refuses = "a7" })
	r.add("a", 10)
	r.await("refused", func(s ledger.Stats) bool { return s.Refused == 1 && s.Written > 0 })
	r.holds(9)
}

func TestTwoProcessesDoNotShareASpillFile(t *testing.T) {
	down := func(r *rig, _ *ledger.Options) { r.store.down.Store(true) }
	one := start(t, t.TempDir(), down)
	two := start(t, one.dir, down)
	one.add("a", 5)
	two.add("b", 5)
	for _, r := range []*rig{one, two} {
		r.await("spilled", func(s ledger.Stats) bool { return s.Spilled == 5 })
		r.store.down.Store(false)
		r.await("replayed", func(s ledger.Stats) bool { return s.Replayed == 5 })
	}
	one.holds(10)
}

func TestOldRowsBecomeDailySums(t *testing.T) {
	dir := t.TempDir()
	old := record("old")
	old.Started = time.Now().Add(-100 * 24 * time.Hour)
	r := start(t, dir, nil)
	r.Add(old)
	r.add("new", 1)
	r.Close()
	again := start(t, dir, nil)
	n, err := again.Store.RollUp(t.Context(), ledger.ExpiredAt(time.Now().Add(25*time.Hour), 90*24*time.Hour), 10)
	if n != 1 || err != nil {
		t.Errorf("%d rows rolled up, %v; want the old one", n, err)
	}
	again.holds(2)
}

func TestAQuestionThatMakesNoSenseIsRefused(t *testing.T) {
	now := time.Now()
	for name, q := range map[string]ledger.Query{
		"an unknown dimension":        {By: []ledger.Dim{"colour"}},
		"a dimension twice":           {By: []ledger.Dim{ledger.Team, ledger.Team}},
		"a filter of no dimension":    {Where: map[ledger.Dim]string{"; DROP TABLE": "x"}},
		"an end before the beginning": {Since: now, Until: now.Add(-time.Hour)},
		"a bucket of a week":          {Bucket: 7 * 24 * time.Hour},
	} {
		if q.Check() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
