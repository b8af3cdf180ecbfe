package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/store/sqlite"
	"github.com/llmroute/llmroute/internal/usage"
)

// seedLedger makes a ledger with a few requests, for scripts: seedledger FILE.
func seedLedger(ts *testscript.TestScript, _ bool, args []string) {
	store, err := sqlite.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	l, err := ledger.Open(context.Background(), ledger.Options{Store: store, Log: slog.New(slog.DiscardHandler)})
	ts.Check(err)
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, r := range []usage.Record{
		{ID: "1", Started: noon, Team: "red", User: "ann", Model: "large", Status: 200, Tokens: usage.Tokens{Input: 2000, Cached: 500, Output: 300},
			Source: usage.SourceReported, CostUSD: decimal.RequireFromString("1.234567890123"), Priced: true},
		{ID: "2", Started: noon.Add(time.Minute), Team: "red", User: "bob", Model: "small", Status: 200, Tokens: usage.Tokens{Input: 1000, Output: 100},
			Source: usage.SourceEstimate, CostUSD: decimal.RequireFromString("0.0003"), Priced: true},
		{ID: "3", Started: noon.AddDate(0, 0, 1), User: "ann", Client: "evil\x1b[31m", Model: "small", Status: 200, Tokens: usage.Tokens{Input: 50, Output: 5},
			Source: usage.SourceReported},
		{ID: "4", Started: noon.AddDate(0, 0, 1), User: "bob", Model: "small", Status: 429},
	} {
		r.Route, r.Provider = "default", "alpha"
		l.Add(&r)
		l.Add(&r)
	}
	ts.Check(l.Close())
}

func TestTimesAreDaysOrMomentsOrTimesAgo(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{
		"2026-11-01": "2026-11-01T00:00:00Z", "2026-11-01T08:00:00+01:00": "2026-11-01T07:00:00Z",
		"30m": "2026-11-24T11:30:00Z", "24h": "2026-11-23T12:00:00Z", "7d": "2026-11-17T12:00:00Z", "2w": "2026-11-10T12:00:00Z",
		"": "", "d": "", "-1d": "", "1.5d": "", "7": "", "7y": "", "2147483647w": "", "2026-13-01": "",
	} {
		got, err := parseWhen(in, now)
		if (err != nil) != (want == "") || err == nil && got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q: %v, %v; want %q", in, got, err, want)
		}
	}
}
