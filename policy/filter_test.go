package policy

import (
	"strings"
	"testing"

	"github.com/llmroute/llmroute/policy/catalog"
)

func TestFilters(t *testing.T) {
	sized := func(model string, in, out int) Features {
		f := chat(model)
		f.InputTokens, f.MaxOutputTokens = in, out
		return f
	}
	needs := func(f Features, c Capabilities) Features { f.Needs = c; return f }
	paying := func(f Features, usd float64) Features { f.MaxCostUSD = usd; return f }
	as := func(f Features, op string) Features { f.Op = op; return f }
	for name, row := range map[string]struct {
		f    Features
		plan string
		why  string // a part of the error
	}{
		"embeddings go to models for them":                    {as(chat(""), "embeddings"), "embed local", ""},
		"a chat model does not embed":                         {as(chat("cheap"), "embeddings"), "unsupported_by_models", "is a chat model, not one for embeddings"},
		"an embeddings model does not chat":                   {chat("embed"), "unsupported_by_models", "does not generate text"},
		"what the provider does not serve is refused":         {as(chat("cheap"), "messages"), "unsupported_by_models", "provider openai does not serve messages"},
		"what lacks vision is left out":                       {needs(chat(""), catalog.Vision), "haiku strong", ""},
		"what is not known to see is kept if alone":           {needs(chat("local"), catalog.Vision), "local", ""},
		"what lacks vision is refused":                        {needs(chat("cheap"), catalog.Vision), "unsupported_by_models", "cheap cannot serve this request: lacks vision"},
		"a prompt above the window is refused":                {sized("local", 8001, 0), "context_length_exceeded", "about 8001 input tokens do not fit its context window of 8000"},
		"a prompt that fills the window is kept if alone":     {sized("local", 8000, 0), "local", ""},
		"an output a little above the window is kept":         {sized("local", 7000, 1800), "local", ""},
		"an output far above the window is refused":           {sized("local", 7000, 1801), "context_length_exceeded", "about 7000 input tokens and 1801 for the answer"},
		"long prompts go to long windows":                     {sized("", 150_000, 0), "haiku strong", ""},
		"the client's ceiling holds":                          {paying(chat(""), 0.004), "cheap haiku local", ""},
		"the client's ceiling may be too low":                 {paying(chat("cheap"), 0.0000001), "cost_limit_exceeded", "x-llmroute-max-cost-usd allows $0.000000100"},
		"a list whose models fail differently has one code":   {needs(sized("", 150_000, 0), catalog.Audio), "no_candidate", "local: about 150000 input tokens do not fit"},
		"a list with one model for the window falls to it":    {func() Features { f := list("", "local", "haiku"); f.InputTokens = 7900; return f }(), "haiku", ""},
		"a low limit fits what the window has left":           {sized("local", 7900, 100), "local", ""},
		"completions prefer what is not known to be for chat": {as(chat(""), "completions"), "local", ""},
		"completions go to a chat model if named":             {as(chat("cheap"), "completions"), "cheap", ""},
	} {
		t.Run(name, func(t *testing.T) {
			plan, d, e := decide(t, router(t, world()), row.f)
			if plan != row.plan {
				t.Errorf("got %q (%v), want %q\n%s", plan, e, row.plan, Explain(&row.f, d, nil).Table())
			}
			if e != nil && !strings.Contains(e.Message, row.why) {
				t.Errorf("message %q lacks %q", e.Message, row.why)
			}
		})
	}
}

func TestTheLongestInputBoundsThePromptAlone(t *testing.T) {
	for name, row := range map[string]struct {
		window, maxInput, in, out int
		plan                      string
		why                       string
	}{
		"a prompt up to it is kept, whatever the answer":         {0, 1000, 1000, 4000, "haiku", ""},
		"a longer prompt is refused":                             {0, 1000, 1001, 0, "context_length_exceeded", "about 1001 input tokens are more than the 1000 that it takes"},
		"neither is known":                                       {0, 0, 1e6, 0, "haiku", ""},
		"both are known and the prompt is above the input":       {9000, 1000, 1001, 10, "context_length_exceeded", "more than the 1000"},
		"both are known and the answer does not fit the window":  {2000, 1500, 1400, 4000, "context_length_exceeded", "do not fit its context window of 2000"},
		"both are known and the prompt and the answer fit":       {2000, 1500, 1400, 500, "haiku", ""},
		"the window alone bounds input and output, as it always": {2000, 0, 1999, 1, "haiku", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := world()
			s.Candidates[2].Facts.ContextWindow, s.Candidates[2].Facts.MaxInputTokens = row.window, row.maxInput
			f := chat("haiku")
			f.InputTokens, f.MaxOutputTokens = row.in, row.out
			plan, _, e := decide(t, router(t, s), f)
			if plan != row.plan || e != nil && !strings.Contains(e.Message, row.why) {
				t.Errorf("got %q (%v), want %q", plan, e, row.plan)
			}
		})
	}
}

func TestBoundsOfARoute(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*Route)
		plan   string
	}{
		"models below the quality are left out, unknown ones kept": {func(r *Route) { r.MinQuality = 0.6 }, "haiku strong local"},
		"models above the cost are left out, unknown ones kept":    {func(r *Route) { r.MaxCostUSD = ptr(0.004) }, "cheap haiku local"},
		"models without the capability are left out":               {func(r *Route) { r.Require = catalog.Vision }, "haiku strong"},
		"no fallbacks":                         {func(r *Route) { r.Fallbacks = 0 }, "cheap"},
		"many fallbacks":                       {func(r *Route) { r.Fallbacks = 9 }, "cheap haiku strong local"},
		"a route without models refuses":       {func(r *Route) { r.Models = []string{"gone"} }, "no_candidate"},
		"a route's models in the order listed": {func(r *Route) { r.Models, r.Strategy = []string{"haiku", "*"}, "priority" }, "haiku cheap local"},
	} {
		t.Run(name, func(t *testing.T) {
			s := world()
			row.change(&s.Routes[2])
			f := chat("")
			plan, d, _ := decide(t, router(t, s), f)
			if plan != row.plan {
				t.Errorf("got %q, want %q\n%s", plan, row.plan, Explain(&f, d, nil).Table())
			}
		})
	}
}

func TestOutputLimitOfAnEntry(t *testing.T) {
	for name, row := range map[string]struct {
		model   string
		in, out int
		capped  int
		want    int
	}{
		"nothing said, nothing written":                       {"", 1000, 0, 0, 0},
		"what the model cannot give is lowered":               {"route/haiku", 1000, 9000, 0, 8000},
		"what the client asks of a model that it names stays": {"haiku", 1000, 9000, 0, 0},
		"a policy's cap is written":                           {"haiku", 1000, 9000, 500, 500},
		"a policy's cap is lowered to the model's":            {"haiku", 1000, 0, 10_000, 8000},
		"a policy's cap is lowered to the room":               {"local", 5000, 0, 4000, 2500},
	} {
		t.Run(name, func(t *testing.T) {
			s := world()
			s.Routes = append(s.Routes, Route{Name: "haiku", Models: []string{"haiku"}, Strategy: "priority"})
			s.Policies = []Policy{{Name: "cap", MaxOutputTokens: row.capped}}
			f := chat(row.model)
			f.InputTokens, f.MaxOutputTokens = row.in, row.out
			_, d, e := decide(t, router(t, s), f)
			if e != nil || d.Plan[0].MaxOutputTokens != row.want {
				t.Errorf("got %+v (%v), want %d", d.Plan, e, row.want)
			}
		})
	}
}
