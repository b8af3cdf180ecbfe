package policy

import (
	"testing"

	"github.com/llmroute/llmroute/policy/catalog"
	"github.com/llmroute/llmroute/policy/tokens"
)

// TestPromptsNearAWindowAreCounted has a window of 8,000 tokens at a model of OpenAI's and at another maker's.
func TestPromptsNearAWindowAreCounted(t *testing.T) {
	for name, row := range map[string]struct {
		model     string
		estimate  int
		count     int // 0: too long to count
		maxOutput int
		plan      string
		calls     int
	}{
		"above the window by estimate, within by count":         {"own", 8400, 7000, 0, "own", 1},
		"within by estimate, above by count":                    {"own", 7900, 8100, 0, "context_length_exceeded", 1},
		"far below nothing is counted":                          {"own", 4000, 9999, 0, "own", 0},
		"far above nothing is counted":                          {"own", 9700, 1, 0, "context_length_exceeded", 0},
		"near what the answer leaves of the window":             {"own", 3400, 3900, 5000, "context_length_exceeded", 1},
		"what is too long to count stays as estimated":          {"own", 7900, 0, 0, "own", 1},
		"other makers' tokens are not counted by OpenAI's":      {"other", 8400, 7000, 0, "context_length_exceeded", 0},
		"several models near their window make it counted once": {"", 8400, 7000, 0, "own twin", 1},
	} {
		t.Run(name, func(t *testing.T) {
			facts := catalog.Facts{Mode: catalog.ModeChat, ContextWindow: 8000}
			ops := map[string]bool{"chat_completions": true}
			r := router(t, Spec{
				Candidates: []Candidate{
					{Model: "own", Provider: "a", Name: "gpt-4o-mini", Ops: ops, Facts: facts},
					{Model: "twin", Provider: "b", Name: "openai/gpt-5", Ops: ops, Facts: facts},
					{Model: "other", Provider: "c", Name: "claude-haiku-4-5", Ops: ops, Facts: facts},
				},
				Routes: []Route{{Name: "default", Models: []string{"*"}, Strategy: "priority", Fallbacks: 2}},
			})
			f, calls := chat(row.model), 0
			f.InputTokens, f.MaxOutputTokens = row.estimate, row.maxOutput
			f.ExactTokens = func() int { calls++; return row.count }
			if plan, _, err := decide(t, r, f); plan != row.plan || calls != row.calls {
				t.Errorf("got %q (%v), counted %d times; want %q, %d times", plan, err, calls, row.plan, row.calls)
			}
		})
	}
}

func TestImagesCountByTheFormulaOfEachMaker(t *testing.T) {
	f := Features{InputTokens: 100 + 1334, ImageSizes: []tokens.Image{{Width: 1000, Height: 1000}}}
	for model, want := range map[string]int{
		"claude-haiku-4-5": 100 + 1334, "llama": 100 + 1334, "gpt-4o": 100 + 765, "gpt-4o-mini": 100 + 2833 + 4*5667, "gemini-2.5-flash": 100 + 4*258,
	} {
		if got := f.InputTokensOf(model, false); got != want {
			t.Errorf("%s: %d, want %d", model, got, want)
		}
	}
}

func TestImagesMakeTheCostOfEachMaker(t *testing.T) {
	r := router(t, Spec{
		Candidates: []Candidate{
			{Model: "mini", Provider: "a", Name: "gpt-4o-mini", Ops: map[string]bool{"chat_completions": true}, Facts: catalog.Facts{PriceKnown: true, Price: catalog.Price{Input: 1, Output: 1}}},
			{Model: "flash", Provider: "b", Name: "gemini-2.5-flash", Ops: map[string]bool{"chat_completions": true}, Facts: catalog.Facts{PriceKnown: true, Price: catalog.Price{Input: 2, Output: 2}}},
		},
		Routes: []Route{{Name: "default", Models: []string{"*"}, Strategy: "cost"}},
	})
	f := chat("")
	if plan, _, err := decide(t, r, f); plan != "mini" {
		t.Errorf("without an image: %q (%v)", plan, err)
	}
	f.ImageSizes = []tokens.Image{{Width: 1000, Height: 1000}}
	f.InputTokens += 1334
	if plan, _, err := decide(t, r, f); plan != "flash" {
		t.Errorf("an image of 25,501 tokens here and 1,032 there: %q (%v)", plan, err)
	}
}
