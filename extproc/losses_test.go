package extproc

import (
	"slices"
	"testing"
)

func TestOnlyWhatMattersToTheAnswerIsAReasonToRefuse(t *testing.T) {
	for name, row := range map[string]struct {
		lost, hard []string
	}{
		"nothing":                              {},
		"sampling":                             {lost: []string{"temperature", "top_k", "seed"}, hard: []string{"temperature", "top_k", "seed"}},
		"sampling while the model thinks":      {lost: []string{"temperature (thinking)", "top_p (thinking)", "top_k (thinking)"}},
		"thinking under a policy's limit":      {lost: []string{"reasoning (output limit)"}},
		"thinking that the model cannot do":    {lost: []string{"reasoning"}, hard: []string{"reasoning"}},
		"fallbacks, which are llmroute's work": {lost: []string{"fallbacks", "fallback_credit_token", "diagnostics"}},
		"how finely media are looked at":       {lost: []string{"generationConfig.mediaResolution", "messages[0].content[1].detail"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hardLosses(row.lost); !slices.Equal(got, row.hard) {
				t.Errorf("got %q", got)
			}
		})
	}
}
