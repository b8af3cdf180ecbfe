package ledger

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/internal/usage"
)

// Options are what Open needs.
type Options struct {
	Store Store
	// Patient starts without a database that cannot be reached now. What is added goes to the spill file until it can.
	Patient bool
	// Spill is the file for what the database cannot take at the moment. Empty: that is dropped.
	Spill string
	// Retention is how long rows are kept before they become part of the daily sums. 0: for good.
	Retention time.Duration
	// Price finds the price that a record names, so that it is stored with it. Nil: none is.
	Price func(version string) (usage.Price, bool)
	Log   *slog.Logger
}

// The sizes. A record takes about half a KiB in memory.
const (
	queueSize    = 65536 // 13 seconds of 5,000 requests a second: a busy disk may hold a commit up for some
	overflowSize = 16384
	batchRows    = 2000
)

const (
	batchEvery     = 250 * time.Millisecond
	writeTimeout   = 15 * time.Second // of a batch; longer than SQLite waits for another process
	migrateTimeout = 10 * time.Minute // millions of rows may have to be rewritten
	migrateSlow    = 5 * time.Second
	retryAfter     = time.Second // since the database failed; doubled each time, up to retryAtMost
	retryAtMost    = 30 * time.Second
)

// Ledger takes records and puts them into its Store. Safe for concurrent use.
type Ledger struct {
	Options
	queue, overflow chan *usage.Record
	enough          chan struct{} // tells the writer that the queue holds a batch
	spill           *spill
	closing         chan struct{}
	once            sync.Once
	group           sync.WaitGroup
	writer          *writer

	written, replayed, spilled, dropped, refused atomic.Uint64
	down                                         atomic.Bool
}

// Stats counts what became of the records since the start.
type Stats struct {
	Written  uint64 // from the queue to the database
	Spilled  uint64 // to the spill file
	Replayed uint64 // from it to the database; also what an earlier process had left there
	Dropped  uint64 // because neither took them
	Refused  uint64 // because the database will never take them
	Queued   int    // at the moment
	Down     bool   // the database does not answer
}

// Open begins to take records. It brings the tables up to date first, and fails if that fails, unless o.Patient.
func Open(ctx context.Context, o Options) (*Ledger, error) {
	l := &Ledger{
		Options: o, closing: make(chan struct{}),
		queue: make(chan *usage.Record, queueSize), overflow: make(chan *usage.Record, overflowSize), enough: make(chan struct{}, 1),
	}
	l.spill = newSpill(o.Spill)
	l.writer = newWriter(l)
	if err := l.writer.migrate(ctx); err != nil {
		if !o.Patient || errors.Is(err, ErrNewer) {
			l.spill.close()
			return nil, err
		}
		l.writer.failed(err)
	}
	l.group.Go(l.writer.run)
	l.group.Go(l.spillOverflow)
	if o.Retention > 0 {
		l.group.Go(l.retain)
	}
	return l, nil
}

// Add takes a record, which nobody may change from now on. It never waits.
func (l *Ledger) Add(r *usage.Record) {
	select {
	case l.queue <- r:
		if len(l.queue) >= batchRows {
			l.wake()
		}
		return
	default:
	}
	select {
	case l.overflow <- r:
	default:
		l.dropped.Add(1)
	}
}

// wake tells the writer not to wait for its time. Told once, it need not be told again.
func (l *Ledger) wake() {
	select {
	case l.enough <- struct{}{}:
	default:
	}
}

// Stats counts.
func (l *Ledger) Stats() Stats {
	return Stats{
		Written: l.written.Load(), Spilled: l.spilled.Load(), Replayed: l.replayed.Load(), Dropped: l.dropped.Load(), Refused: l.refused.Load(),
		Queued: len(l.queue) + len(l.overflow), Down: l.down.Load(),
	}
}

// Usage answers q from the database. What was added within the last second may be missing.
func (l *Ledger) Usage(ctx context.Context, q Query) ([]Sum, error) { return l.Store.Usage(ctx, q) }

// Sum is what was spent since then by requests with these dimensions, in USD and in tokens of input and output.
func (l *Ledger) Sum(ctx context.Context, where map[Dim]string, since time.Time) (usd decimal.Decimal, tokens int64, err error) {
	sums, err := l.Store.Usage(ctx, Query{Since: since, Where: where})
	if err != nil {
		return decimal.Zero, 0, err
	}
	total := Total(sums)
	return total.CostUSD, total.Tokens.Total(), nil
}

// Close writes what was added before, to the spill file if the database does not take it, and closes the Store. Nothing may be added
// any more.
func (l *Ledger) Close() error {
	var err error
	l.once.Do(func() {
		close(l.closing)
		l.group.Wait()
		l.spill.close()
		err = l.Store.Close()
	})
	return err
}

// spillOverflow writes to the spill file what the queue has no room for.
func (l *Ledger) spillOverflow() {
	batch := make([]*usage.Record, 0, overflowSize)
	for {
		select {
		case r := <-l.overflow:
			batch = drain(l.overflow, append(batch[:0], r))
			l.toSpill(batch)
		case <-l.closing:
			l.toSpill(drain(l.overflow, batch[:0]))
			return
		}
	}
}

// drain appends what waits in a channel, as long as batch has room.
func drain(from <-chan *usage.Record, batch []*usage.Record) []*usage.Record {
	for len(batch) < cap(batch) {
		select {
		case r := <-from:
			batch = append(batch, r)
		default:
			return batch
		}
	}
	return batch
}

// toSpill writes records to the spill file, or drops them.
func (l *Ledger) toSpill(records []*usage.Record) {
	if len(records) == 0 {
		return
	}
	changed, err := l.spill.append(records, l.pricesOf(records, nil))
	if err != nil {
		l.dropped.Add(uint64(len(records)))
		if changed {
			l.Log.Error("the ledger drops records: the spill file cannot take them", "error", err.Error())
		}
		return
	}
	l.spilled.Add(uint64(len(records)))
	if changed {
		l.Log.Info("the spill file of the ledger takes records again")
	}
}

// pricesOf returns the prices that records were made with, each once, without those in known.
func (l *Ledger) pricesOf(records []*usage.Record, known map[string]bool) []usage.Price {
	if l.Price == nil {
		return nil
	}
	var out []usage.Price
	seen := make(map[string]bool, 1)
	for _, r := range records {
		v := r.PriceVersion
		if v == "" || known[v] || seen[v] {
			continue
		}
		seen[v] = true
		if p, ok := l.Price(v); ok {
			out = append(out, p)
		}
	}
	return out
}
