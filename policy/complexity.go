package policy

import "github.com/llmroute/llmroute/policy/catalog"

// What a request's means add to the chance that its text needs a strong model, as shares of what is missing to 1. They
// are judgement: no text tells of them, and nothing was learned.
const (
	toolsAdd     = 0.10
	mediaAdd     = 0.05
	reasoningAdd = 0.25 // the client asks for thought
)

// withMeans raises the complexity of the text by the tools, media and reasoning that the request brings.
func withMeans(complexity float64, f *Features) float64 {
	for _, row := range []struct {
		present bool
		add     float64
	}{
		{f.Tools > 0, toolsAdd},
		{f.Images+f.Audio+f.Files > 0, mediaAdd},
		{f.Needs&catalog.Reasoning != 0, reasoningAdd},
	} {
		if row.present {
			complexity += row.add * (1 - complexity)
		}
	}
	return complexity
}
