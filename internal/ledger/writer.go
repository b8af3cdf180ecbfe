package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/llmroute/llmroute/internal/usage"
)

// writer is the one goroutine that writes to the Store.
type writer struct {
	*Ledger
	batch    []*usage.Record
	stored   map[string]bool // versions of prices that are in the database
	migrated bool            // the tables are of this version
	// wait is how long the database is left alone after its last failure, until.
	wait  time.Duration
	until time.Time
	// pending is a batch of the spill file that was read and is not in the database yet.
	pending leftover
}

func newWriter(l *Ledger) *writer {
	return &writer{Ledger: l, batch: make([]*usage.Record, 0, batchRows), stored: map[string]bool{}}
}

// run writes whenever there is enough for a batch, or batchEvery has passed, until the ledger is closed. Between, records wait in the
// queue: to wake for each would cost more than its share of a batch.
func (w *writer) run() {
	tick := time.NewTicker(batchEvery)
	defer tick.Stop()
	for {
		select {
		case <-w.enough:
			w.flush()
		case <-tick.C:
			w.flush()
			w.mend()
		case <-w.closing:
			w.finish()
			return
		}
	}
}

// finish writes what is left.
func (w *writer) finish() {
	for w.flush() {
		continue
	}
}

// flush writes a batch to the database, or where that cannot be, to the spill file. It returns false if there was nothing to write.
func (w *writer) flush() bool {
	w.batch = drain(w.queue, w.batch)
	if len(w.queue) >= batchRows {
		w.wake() // and has not to wait; but mending has its turns
	}
	if len(w.batch) == 0 {
		return false
	}
	n := len(w.batch)
	switch {
	case w.down.Load():
		w.toSpill(w.batch)
	default:
		if err := w.write(w.batch, w.pricesOf(w.batch, w.stored)); err != nil {
			w.failed(err)
			w.toSpill(w.batch)
			break
		}
		w.written.Add(uint64(n))
	}
	clear(w.batch) // the records are garbage now
	w.batch = w.batch[:0]
	return true
}

// write puts records into the database. Those that it refuses are counted and left out; any other error means that none is in.
func (w *writer) write(records []*usage.Record, prices []usage.Price) error {
	once := distinct(append([]*usage.Record(nil), records...))
	err := w.transaction(once, prices)
	if errors.Is(err, ErrRefused) {
		return w.writeEach(once, prices)
	}
	return err
}

func (w *writer) transaction(records []*usage.Record, prices []usage.Price) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	if err := w.Store.Write(ctx, records, prices); err != nil {
		return err
	}
	for _, p := range prices {
		w.stored[p.Version] = true
	}
	return nil
}

// writeEach finds the records that the database refuses.
func (w *writer) writeEach(records []*usage.Record, prices []usage.Price) error {
	for i := range records {
		err := w.transaction(records[i:i+1], prices)
		if errors.Is(err, ErrRefused) {
			w.refused.Add(1)
			w.Log.Error("the ledger lost a record", "id", records[i].ID, "error", err.Error())
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// migrate brings the tables up to date. Where they surely are, it takes no longer than a batch may.
func (w *writer) migrate(ctx context.Context) error {
	within := migrateTimeout
	if w.migrated {
		within = writeTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	slow := time.AfterFunc(migrateSlow, func() {
		w.Log.Info("the ledger's tables are being brought up to date, or its database is slow to answer")
	})
	defer slow.Stop()
	err := w.Store.Migrate(ctx)
	w.migrated = w.migrated || err == nil
	return err
}

// failed leaves the database alone for a while.
func (w *writer) failed(err error) {
	if !w.down.Swap(true) {
		w.wait = retryAfter
		w.Log.Error("the ledger's database does not take records; they go to the spill file", "error", err.Error())
	} else {
		w.wait = min(2*w.wait, retryAtMost)
	}
	w.until = time.Now().Add(w.wait)
}

// mend brings a database that failed back into use, and writes what the spill file holds.
func (w *writer) mend() {
	if time.Now().Before(w.until) {
		return
	}
	if w.down.Load() {
		if err := w.migrate(context.Background()); err != nil { // nothing to migrate is a transaction all the same
			w.failed(err)
			return
		}
		w.down.Store(false)
		w.Log.Info("the ledger's database takes records again")
	}
	w.replay()
}

// replay writes what the spill file holds, for as long as the queue can do without: a quarter of a second fills a small part of it.
func (w *writer) replay() {
	for began := time.Now(); time.Since(began) < batchEvery; {
		if w.pending.empty() {
			next, skipped, err := w.spill.next(batchRows)
			if skipped > 0 {
				w.refused.Add(uint64(skipped))
				w.Log.Error("the spill file of the ledger has lines that cannot be read", "lines", skipped)
			}
			if err != nil {
				w.Log.Error("the spill file of the ledger cannot be read", "error", err.Error())
				w.until = time.Now().Add(retryAtMost)
				return
			}
			if next.empty() {
				return
			}
			w.pending = next
		}
		if err := w.write(w.pending.records, w.pending.prices); err != nil {
			w.failed(err)
			return
		}
		w.replayed.Add(uint64(len(w.pending.records)))
		w.pending = leftover{}
	}
}
