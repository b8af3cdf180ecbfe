package policy

import (
	"math"
	"strings"

	"github.com/llmroute/llmroute/policy/catalog"
)

// guessComplexity adds up, and bounds to 0..1:
//
//	length     up to 0.35, by the logarithm of the input tokens: 0 at 32, all at 8192
//	thinking   up to 0.30, 0.10 for each word that asks for it: why, prove, compare, design, implement …
//	structure  up to 0.20: several questions, numbered lists, code, formulas
//	means      up to 0.15: tools, images, files, or a need for reasoning
//
// It is a heuristic for "would a small model do?". No number here was learned.
func guessComplexity(f *Features, text string, s *signs) float64 {
	length := 0.0
	if f.InputTokens > 32 {
		length = 0.35 * math.Log2(float64(f.InputTokens)/32) / 8
	}
	thinking := 0.10 * float64(s.hard)
	return math.Min(1, math.Min(0.35, length)+math.Min(0.30, thinking)+structure(text)+means(f))
}

func structure(text string) float64 {
	x := 0.0
	if strings.Count(text, "?") >= 2 {
		x += 0.05
	}
	if strings.Contains(text, "\n1.") || strings.Contains(text, "\n- ") || strings.Contains(text, "\n* ") {
		x += 0.05
	}
	if strings.Contains(text, "```") {
		x += 0.10
	}
	if strings.Contains(text, `\frac`) || strings.Contains(text, "$$") || strings.Contains(text, "²") || strings.Contains(text, "x^2") {
		x += 0.10
	}
	return math.Min(0.20, x)
}

func means(f *Features) float64 {
	x := 0.0
	if f.Tools > 0 {
		x += 0.05
	}
	if f.Images+f.Audio+f.Files > 0 {
		x += 0.05
	}
	if f.Needs&catalog.Reasoning != 0 {
		x += 0.10
	}
	return math.Min(0.15, x)
}
