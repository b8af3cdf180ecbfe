package ledger

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/internal/usage"
)

// FuzzSpill reads any bytes as a spill file: what is in it beside them is still found.
func FuzzSpill(f *testing.F) {
	f.Add([]byte(`{"record":{"ID":"a","Started":"2026-11-24T12:00:00Z","CostUSD":"0.1"}}`))
	f.Add([]byte(`{"price":{"version":"v","text":"{}"}}` + "\n" + `{"record":{"ID":""}}` + "\n\n{\"rec"))
	f.Add([]byte{0, '\n', '\r', '{'})
	record := &usage.Record{
		ID: "ours", Started: time.Date(2026, 11, 24, 12, 0, 0, 1000, time.UTC), Team: "a\nb", Tokens: usage.Tokens{Input: 7}, Source: usage.SourceEstimate,
		CostUSD: decimal.New(1, -12), Failed: []usage.Attempt{{Provider: "alpha", Model: "small"}},
	}
	f.Fuzz(func(t *testing.T, garbage []byte) {
		path := filepath.Join(t.TempDir(), "spill")
		if err := os.WriteFile(path, garbage, 0o600); err != nil {
			t.Fatal(err)
		}
		s := newSpill(path)
		defer s.close()
		if _, err := s.append([]*usage.Record{record}, nil); err != nil {
			t.Fatal(err)
		}
		found := false
		for {
			got, _, err := s.next(3)
			if err != nil {
				t.Fatal(err)
			}
			if got.empty() {
				break
			}
			for _, r := range got.records {
				found = found || r.ID == record.ID && r.CostUSD.Equal(record.CostUSD) && r.Started.Equal(record.Started) && r.Team == record.Team &&
					r.Tokens == record.Tokens && r.Source == record.Source && len(r.Failed) == 1
			}
		}
		if !found {
			t.Error("the record is lost")
		}
	})
}
