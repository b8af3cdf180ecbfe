package usage

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/llmroute/llmroute/envoy/accesslog"
)

// answer is one of a model that spends so many bytes on each token and on its frame.
func answer(tokens, reasoning int64, token, frame float64) *accesslog.Entry {
	visible := float64(tokens - reasoning)
	return &accesslog.Entry{
		Op: "chat_completions", Provider: "alpha", Model: "m", Stream: true, Started: time.Unix(0, 0), InputTokens: 100,
		ResponseBytes: uint64(frame + token*visible),
	}
}

func TestAnswersCutShortAreEstimatedFromWhatWholeOnesCost(t *testing.T) {
	const tail = 400 // as the shape says
	for name, tc := range map[string]struct {
		token, frame float64
		apart        bool // reasoning is counted apart
	}{
		"as the shape says":                     {220, 700, true},
		"a token in each event, long names":     {400, 1000, true},
		"many tokens in each event":             {30, 600, true},
		"reasoning that is not told from words": {220, 700, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			p := newPaces(time.Unix(0, 0))
			for range 50 {
				reasoning := 30 + r.Int64N(20)
				tokens := reasoning + 20 + r.Int64N(400)
				told := Tokens{Input: 130, Output: tokens}
				if tc.apart {
					told.Reasoning = reasoning
				}
				p.learn(answer(tokens, reasoning, tc.token, tc.frame), told)
			}
			for range 20 {
				reasoning := 30 + r.Int64N(20)
				tokens := reasoning + 50 + r.Int64N(300)
				cut := answer(tokens, reasoning, tc.token, tc.frame-tail)
				cut.ClientLeft = true
				got := p.estimate(cut)
				if off := math.Abs(float64(got.Output-tokens)) / float64(tokens); off > 0.25 {
					t.Errorf("%d output tokens were taken for %d", tokens, got.Output)
				}
				if got.Input < 125 || got.Input > 135 {
					t.Errorf("130 input tokens were taken for %d", got.Input)
				}
			}
		})
	}
}

func TestEstimatesStayWithinReasonWhateverWasSeen(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	p := newPaces(time.Unix(0, 0))
	for range 10_000 {
		e := answer(0, 0, 0, 0)
		e.ResponseBytes, e.InputTokens = r.Uint64N(1<<r.UintN(24)), r.Int64N(1<<r.UintN(20))
		p.learn(e, Tokens{Input: r.Int64N(1 << r.UintN(20)), Output: r.Int64N(1 << r.UintN(16))})
		e.ClientLeft = true
		got := p.estimate(e)
		if got.Output < 1 || float64(got.Output) > 10*float64(e.ResponseBytes)+1e5 || got.Input < 0 || got.Input > maxScale*e.InputTokens {
			t.Fatalf("%d bytes, %d tokens taken for the input: estimated %+v", e.ResponseBytes, e.InputTokens, got)
		}
	}
}
