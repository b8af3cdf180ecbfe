package extproc

import (
	"slices"
	"strings"
)

// softLosses are parameters that a provider may not get without the answer being another: hints to caches and
// billing, names for people, identifiers. They are left out and named in x-llmroute-dropped, but nobody is refused
// for them.
var softLosses = []string{
	"prompt_cache_key", "prompt_cache_retention", "cache_control", "service_tier", "store", "user", "safety_identifier",
	"metadata", "labels", "top_p", // beside a temperature, where a model takes only one of the two
	"include", "truncation", "context_management", "betas", "stream_options",
	"reasoning.summary",                 // to see thoughts; the answer is the same without
	"safety_settings", "safetySettings", // bounds for Google's own filter, which nobody else has
	"generationConfig.mediaResolution", // how closely images are looked at, as ".detail" is
	"task_type", "title",               // what a text to embed is for
	"thinking",                                          // a way to think that only Claude has; an effort is said otherwise
	"fallbacks", "fallback_credit_token", "diagnostics", // the provider's own other models, and what it tells about itself
}

// softSuffixes mark such losses inside a message or tool: "messages[2].content[0].cache", "messages[1].name".
var softSuffixes = []string{"(thinking)", "(citations)", ".cache", ".name", ".search_context_size", ".strict", ".detail", ".title", "(history without thoughts)", "(output limit)"}

// hardLosses are the losses that matter to the answer.
func hardLosses(lost []string) []string {
	var hard []string
	for _, name := range lost {
		soft := slices.Contains(softLosses, name) || strings.HasPrefix(name, "stop[") ||
			slices.ContainsFunc(softSuffixes, func(suffix string) bool { return strings.HasSuffix(name, suffix) })
		if !soft {
			hard = append(hard, name)
		}
	}
	return hard
}
