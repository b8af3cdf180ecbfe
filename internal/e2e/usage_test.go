package e2e

import (
	"context"
	"math"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/demo"
	"github.com/llmroute/llmroute/internal/usage"
)

// How many requests the mix has, and how many are sent at a time. The variable asks for more.
const (
	usageRequests    = 1000
	usageRequestsVar = "LLMROUTE_USAGE_REQUESTS"
	usageAtOnce      = 16
)

// usageRoutes stand after the models of the matrix.
const usageRoutes = "  embed: {provider: openai, name: text-embedding-3-small}\nroutes: [{name: chain, models: [m-openai, m-anthropic, m-gemini], strategy: priority, fallbacks: 2}]\n"

func mixSize() int {
	if n, err := strconv.Atoi(os.Getenv(usageRequestsVar)); err == nil {
		return n
	}
	return usageRequests
}

// TestEveryTokenIsRecordedOnce sends a mix of all kinds of requests and holds the records, and the rows of a ledger, against what the
// providers say that they charged, request for request.
func TestEveryTokenIsRecordedOnce(t *testing.T) {
	total := mixSize()
	providers := map[string]*demo.Provider{}
	s := matrixStackWith(t, usageRoutes,
		func(end farEnd) http.Handler {
			p := demo.New(demo.Options{Name: end.name, Schema: end.schema, Key: end.key(), Compatible: end.compatible, Keep: 2 * total})
			providers[end.name] = p
			return p
		})
	path, closeLedger := s.keepLedger(t)
	expected := s.sendMix(t, total)
	records := s.settled(t, 20*time.Second)
	if len(records) != expected {
		t.Errorf("%d requests have %d records", expected, len(records))
	}
	if at := s.meter.Stats(); at.GivenUp > 0 || at.Foreign > 0 || at.Lost > 0 {
		t.Errorf("%+v", at)
	}
	if at := s.usageMetrics(t); at["decided"] != expected || at["recorded"] != expected || at["duplicate"] != 0 || at["lost"] != 0 {
		t.Errorf("%d requests, /metrics say %v", expected, at)
	}
	noneLeft(t, compareCharges(t, records, chargesOf(providers), never))
	closeLedger()
	rows := rowsOf(t, path)
	if len(rows) != expected {
		t.Errorf("%d requests have %d rows in the ledger", expected, len(rows))
	}
	noneLeft(t, compareCharges(t, rows, chargesOf(providers), never))
	compareCosts(t, path, rows)
}

// sendMix sends the requests of the mix and returns of how many there should be a record.
func (s *stack) sendMix(t *testing.T, total int) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	var next, expected, faults atomic.Int64
	var group sync.WaitGroup
	for range usageAtOnce {
		group.Go(func() {
			for i := next.Add(1); i <= int64(total) && faults.Load() < 10; i = next.Add(1) {
				m := mix(int(i))
				if !m.local {
					expected.Add(1)
				}
				if err := m.send(ctx, s.url); err != nil {
					faults.Add(1)
					t.Errorf("request %d, %s: %v", i, m.kind, err)
				}
			}
		})
	}
	group.Wait()
	return int(expected.Load())
}

// chargesOf gathers the charges by x-request-id. A provider that failed charged nothing.
func chargesOf(providers map[string]*demo.Provider) map[string][]demo.Charge {
	out := map[string][]demo.Charge{}
	for _, p := range providers {
		<-p.Idle()
		for _, c := range p.Charged() {
			out[c.RequestID] = append(out[c.RequestID], c)
		}
	}
	return out
}

// compareCharges holds each record against its charge, and returns the charges that have none. Of requests that were cut, by an end of
// llmroute, less is known: they may be estimated where the provider said all, may have gone to a second provider, and nothing is known of
// an answer that llmroute did not live to see. An answer that broke off before its client got anything is a failed attempt.
func compareCharges(t *testing.T, records []*usage.Record, charges map[string][]demo.Charge, cut func(*usage.Record) bool) (left map[string][]demo.Charge) {
	t.Helper()
	ids := map[string]bool{}
	var exact int
	var output, all []float64
	for _, r := range records {
		if ids[r.ID] {
			t.Errorf("two records of %s", r.ID)
		}
		ids[r.ID] = true
		of := charges[r.RequestID]
		delete(charges, r.RequestID)
		switch {
		case len(of) == 0:
			if r.Source != usage.SourceNone || r.Tokens != (usage.Tokens{}) {
				t.Errorf("recorded, but never charged: %+v", r)
			}
		case len(of) > 1 && cut(r):
		case len(of) > 1:
			t.Errorf("charged twice: %+v\nrecord %+v", of, r)
		case cut(r) && r.Source == usage.SourceNone:
		case of[0].Outcome == demo.Broken && r.Status >= http.StatusInternalServerError && r.Source == usage.SourceNone:
		case of[0].Outcome == demo.Complete && r.Source != usage.SourceEstimate:
			exact++
			if r.Tokens != told(r.Provider, of[0]) || r.Source != usage.SourceReported {
				t.Errorf("charged %+v\nrecord %+v", of[0], r)
			}
		case cut(r) && of[0].Outcome == demo.Complete:
		case of[0].Outcome == demo.Complete && !r.Stream:
			t.Errorf("complete, but only estimated: %+v\nrecord %+v", of[0], r)
		case r.Source != usage.SourceEstimate:
			t.Errorf("%s, but taken for complete: %+v\nrecord %+v", of[0].Outcome, of[0], r)
		default:
			want := tokensOf(of[0])
			output = append(output, distance(r.Tokens.Output, want.Output))
			all = append(all, distance(r.Tokens.Total(), want.Total()))
		}
	}
	t.Logf("%d records, %d exact to the token, %d estimated: median error of output %.1f %%, of all tokens %.1f %%",
		len(records), exact, len(all), 100*median(output), 100*median(all))
	const most = 0.15
	if median(all) > most || len(all) == 0 {
		t.Errorf("%d estimates are off by %.3f in the median", len(all), median(all))
	}
	return charges
}

func noneLeft(t *testing.T, charges map[string][]demo.Charge) {
	t.Helper()
	for id, of := range charges {
		t.Errorf("charged, but not recorded: %s %+v", id, of)
	}
}

// told is what a provider's answer can say of a charge: Anthropic's and Bedrock's formats do not count thoughts apart, and
// Gemini's does not know cache writes.
func told(provider string, c demo.Charge) usage.Tokens {
	t := tokensOf(c)
	switch wireByProvider[provider] {
	case "messages", "converse":
		t.Reasoning = 0
	case "generate":
		t.CacheWrite = 0
	}
	return t
}

func distance(got, want int64) float64 {
	return math.Abs(float64(got-want)) / float64(max(1, want))
}

func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	return of[len(of)/2]
}
