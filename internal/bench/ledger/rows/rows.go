// Package rows makes the records of a busy llmroute at a steady rate, for benchmarks of the ledger.
package rows

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/internal/usage"
)

// every is how often Add adds. Envoy hands its log over in pieces, too.
const every = 10 * time.Millisecond

// Add gives records to take until ctx ends, or for long if that is not 0, and returns how many there were.
func Add(ctx context.Context, rate int, long time.Duration, take func(*usage.Record)) int {
	began := time.Now()
	rnd := rand.New(rand.NewPCG(uint64(began.UnixNano()), 1)) //nolint:gosec // IDs that no other call makes are enough
	tick := time.NewTicker(every)
	defer tick.Stop()
	for added := 0; ; {
		passed := time.Since(began)
		over := long > 0 && passed >= long
		if over {
			passed = long
		}
		for due := int(float64(rate) * passed.Seconds()); added < due; added++ {
			take(record(rnd))
		}
		if over || ctx.Err() != nil {
			return added
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// record is of a request that has just ended: some take long, so that they do not end in the order of their beginning.
func record(rnd *rand.Rand) *usage.Record {
	in, out := rnd.Int64N(4000), rnd.Int64N(1000)
	elapsed := time.Duration(rnd.ExpFloat64() * float64(2*time.Second))
	return &usage.Record{
		ID: fmt.Sprintf("%016x%016x", rnd.Uint64(), rnd.Uint64()), RequestID: fmt.Sprintf("%016x-%016x", rnd.Uint64(), rnd.Uint64()),
		Started: time.Now().Add(-elapsed), Elapsed: elapsed, FirstByte: elapsed / 4, Op: "chat_completions", Route: "default", Strategy: "cost",
		Team: fmt.Sprintf("team%d", rnd.IntN(20)), User: fmt.Sprintf("user%d", rnd.IntN(1000)), Client: "app", Model: fmt.Sprintf("model%d", rnd.IntN(10)),
		Provider: "alpha", Status: 200, Attempts: 1, Tokens: usage.Tokens{Input: in, Output: out}, Source: usage.SourceReported,
		CostUSD: decimal.New(in*2_500_000+out*10_000_000, -usage.Places), Priced: true, PriceVersion: "0123456789ab",
	}
}
