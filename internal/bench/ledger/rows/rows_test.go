package rows_test

import (
	"context"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/bench/ledger/rows"
	"github.com/llmroute/llmroute/internal/usage"
)

func TestTheRateIsKeptToTheRecord(t *testing.T) {
	seen := map[string]bool{}
	n := rows.Add(t.Context(), 5000, 50*time.Millisecond, func(r *usage.Record) { seen[r.ID] = true })
	if n != 250 || len(seen) != n {
		t.Errorf("%d records with %d IDs, want 250", n, len(seen))
	}
}

func TestAddingEndsWhenItIsToldTo(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	taken := 0
	n := rows.Add(ctx, 1000, 0, func(*usage.Record) {
		if taken++; taken == 20 {
			stop()
		}
	})
	if n != taken || n < 20 {
		t.Errorf("it says %d, and there were %d", n, taken)
	}
}
