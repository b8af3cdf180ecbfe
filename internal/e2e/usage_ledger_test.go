package e2e

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/store/sqlite"
	"github.com/llmroute/llmroute/internal/usage"
)

// keepLedger gives the stack a ledger in a SQLite file. close writes what is queued. It must be called before the first request.
func (s *stack) keepLedger(t *testing.T) (path string, close func()) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "llmroute.db")
	store, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(context.Background(), ledger.Options{
		Store: store, Spill: path + ".spill", Price: s.prices.Version, Log: slog.New(slog.NewTextHandler(s.logs, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.meter.Tell(l.Add)
	return path, func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if at := l.Stats(); at.Dropped+at.Refused+at.Spilled > 0 {
			t.Errorf("the ledger: %+v", at)
		}
	}
}

// rowsOf reads every row of a ledger as it stands in the file.
func rowsOf(t *testing.T, path string) []*usage.Record {
	t.Helper()
	db := openLedgerFile(t, path)
	defer db.Close()
	rows, err := db.Query(`SELECT id, request_id, started, elapsed, model, provider, stream, status, code, attempts, input, cached, cache_write,
		output, reasoning, source, cost_pico, priced, price_version FROM llmroute_requests`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []*usage.Record
	for rows.Next() {
		r := &usage.Record{}
		var started, elapsed, pico int64
		if err := rows.Scan(&r.ID, &r.RequestID, &started, &elapsed, &r.Model, &r.Provider, &r.Stream, &r.Status, &r.Code, &r.Attempts, &r.Tokens.Input,
			&r.Tokens.Cached, &r.Tokens.CacheWrite, &r.Tokens.Output, &r.Tokens.Reasoning, &r.Source, &pico, &r.Priced, &r.PriceVersion); err != nil {
			t.Fatal(err)
		}
		r.Started, r.Elapsed = time.UnixMicro(started), time.Duration(elapsed)*time.Microsecond
		r.CostUSD = decimal.New(pico, -usage.Places)
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// openLedgerFile reads past internal/store, so that a fault there shows. The driver is registered by internal/store/sqlite.
func openLedgerFile(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// compareCosts multiplies each row's tokens with the price that is stored with it.
func compareCosts(t *testing.T, path string, rows []*usage.Record) {
	t.Helper()
	db := openLedgerFile(t, path)
	defer db.Close()
	priced, dollars := 0, decimal.Zero
	for _, r := range rows {
		if !r.Priced {
			if !r.CostUSD.IsZero() {
				t.Errorf("a cost without a price: %+v", r)
			}
			continue
		}
		var text string
		if err := db.QueryRow(`SELECT price FROM llmroute_prices WHERE version = ?`, r.PriceVersion).Scan(&text); err != nil {
			t.Fatalf("the price %q: %v", r.PriceVersion, err)
		}
		price, err := usage.ParsePrice(r.PriceVersion, text)
		if err != nil {
			t.Fatal(err)
		}
		if want := product(price, r.Tokens); !r.CostUSD.Equal(want) {
			t.Errorf("%s for %+v at %s, want %s", r.CostUSD, r.Tokens, text, want)
		}
		if priced++; r.CostUSD.IsZero() && r.Tokens.Total() > 0 {
			t.Errorf("tokens for nothing: %+v", r)
		}
		dollars = dollars.Add(r.CostUSD)
	}
	if priced == 0 {
		t.Error("no row has a price")
	}
	t.Logf("%d rows of the ledger, %d priced: %s USD", len(rows), priced, dollars)
}

// product is tokens times prices, each in USD per million.
func product(p usage.Price, t usage.Tokens) decimal.Decimal {
	rate := p.Rates[0]
	for _, r := range p.Rates {
		if t.Input > r.Above {
			rate = r
		}
	}
	sum := decimal.NewFromInt(t.Input - t.Cached - t.CacheWrite).Mul(rate.Input).
		Add(decimal.NewFromInt(t.Cached).Mul(rate.Cached)).
		Add(decimal.NewFromInt(t.CacheWrite).Mul(rate.CacheWrite)).
		Add(decimal.NewFromInt(t.Output).Mul(rate.Output))
	return sum.Div(decimal.NewFromInt(1_000_000)).Round(usage.Places)
}
