package policy

import "github.com/llmroute/llmroute/policy/tokens"

// profile is what filters and scorers read of a candidate, close together in memory: a thousand candidates are gone
// through in some ten microseconds.
type profile struct {
	has, lacks    Capabilities
	window        int // 0: unknown, as the next two
	maxInput      int
	maxOutput     int
	input, output float64 // USD per million tokens, where there are no tiers
	priced        bool
	tiered        bool
	quality       float64
	qualityKnown  bool
	taskQuality   map[string]float64 // where it differs by task; nil: nowhere
	provider      int                // its number
	images        tokens.ImageRule
	o200k         bool // splits text as tokens.O200K does
}

func newProfile(c *Candidate, provider int) profile {
	f := &c.Facts
	at := f.Price.At(0)
	return profile{
		has: f.Has, lacks: f.Lacks, window: f.ContextWindow, maxInput: f.MaxInputTokens, maxOutput: f.MaxOutputTokens,
		input: at.Input, output: at.Output, priced: f.PriceKnown, tiered: len(f.Price.Tiers) > 0,
		quality: c.Quality, qualityKnown: c.QualityKnown, taskQuality: c.TaskQuality, provider: provider,
		images: tokens.ImageRuleOf(c.Name), o200k: tokens.IsO200K(c.Name),
	}
}
