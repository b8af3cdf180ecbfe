package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/llmroute/llmroute/internal/usage"
)

// Store is a database that holds the ledger. Its methods are safe for concurrent use. An error leaves the database as it was.
type Store interface {
	// Migrate brings the tables to this version of llmroute. Of up-to-date ones it does nothing. Several processes may do it
	// at once.
	Migrate(ctx context.Context) error
	// Write puts records and the prices they were made with in, all or none. Of two records with the same ID, which began at the same
	// time, the [Better] one stays.
	// An error that is [ErrRefused] means that the database works, and will never take this batch.
	Write(ctx context.Context, records []*usage.Record, prices []usage.Price) error
	// RollUp adds up to limit of the oldest rows that are [Expired] to the daily sums and removes them, all or none. It returns
	// how many.
	RollUp(ctx context.Context, e Expired, limit int) (int, error)
	Reader
}

// Reader answers questions.
type Reader interface {
	// Usage returns sums, one for each combination of q.By and q.Bucket that has any, in no particular order.
	Usage(ctx context.Context, q Query) ([]Sum, error)
	// Price returns the price of a version that a row names.
	Price(ctx context.Context, version string) (usage.Price, bool, error)
	Close() error
}

// Expired are rows of requests that began before Started and were written before Stored.
type Expired struct{ Started, Stored time.Time }

// ErrRefused is wrapped by errors of [Store.Write] that trying again would not mend: the records are at fault.
var ErrRefused = errors.New("the database refuses the record")

// ErrNewer is wrapped by errors of [Store.Migrate] and of readers: the tables are of a later llmroute.
var ErrNewer = errors.New("the ledger was written by a newer llmroute")

// Better reports whether a, of two records of one request, is to be kept rather than b: the one whose tokens are known better, then
// the one with more of them, then the dearer one. So it does not matter which comes first.
func Better(a, b *usage.Record) bool {
	if a.Source != b.Source {
		return a.Source > b.Source // "" < "estimate" < "reported"
	}
	if x, y := a.Tokens.Total(), b.Tokens.Total(); x != y {
		return x > y
	}
	return a.CostUSD.GreaterThan(b.CostUSD)
}

// distinct keeps the Better of records with the same ID. It reuses the slice.
func distinct(records []*usage.Record) []*usage.Record {
	at := make(map[string]int, len(records))
	out := records[:0]
	for _, r := range records {
		i, seen := at[r.ID]
		switch {
		case !seen:
			at[r.ID] = len(out)
			out = append(out, r)
		case Better(r, out[i]):
			out[i] = r
		}
	}
	return out
}
