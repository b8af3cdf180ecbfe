package serve

import (
	"testing"
	"time"

	"github.com/llmroute/llmroute/envoy/accesslog"
	"github.com/llmroute/llmroute/policy/learn"
)

func TestARequestThatFellBackTellsOfBothProviders(t *testing.T) {
	got := observations(&accesslog.Entry{
		Provider: "beta", Model: "second", Failed: []accesslog.Target{{Provider: "alpha", Model: "first"}},
		Status: 200, Attempts: 2, Elapsed: 2 * time.Second, FirstByte: time.Second, Usage: &accesslog.Usage{Input: 5, Output: 9},
	})
	if len(got) != 2 {
		t.Fatalf("got %d observations, want 2", len(got))
	}
	if o := got[0]; o.Provider != "alpha" || o.Model != "first" || o.Outcome != learn.Failed || o.Elapsed != time.Second {
		t.Errorf("the first: %+v", o)
	}
	if o := got[1]; o.Provider != "beta" || o.Outcome != learn.Answered || o.OutputTokens != 9 || o.FirstByte != 0 {
		t.Errorf("the second, whose first byte is not known: %+v", o)
	}
}

func TestEntriesThatNameNobodyTellNothing(t *testing.T) {
	for _, e := range []accesslog.Entry{{}, {Provider: "alpha"}, {Provider: "alpha", Model: "first", Kind: accesslog.KindAttempt}} {
		if got := observations(&e); got != nil {
			t.Errorf("%+v: %+v", e, got)
		}
	}
}
