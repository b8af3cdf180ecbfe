package config

import (
	"slices"
	"strings"

	"github.com/hbollon/go-edlib"
)

// maxTypo is the longest word that suggestions are sought for, in bytes: the work grows with it.
const maxTypo = 256

// alsoCalled maps words that people bring from elsewhere to the ones used here.
var alsoCalled = map[string]string{
	"cheapest": "cost", "price": "cost", "fastest": "latency", "speed": "latency", "best": "quality",
	"random": "weighted", "round_robin": "weighted", "failover": "priority", "ordered": "priority",
	"api_key": "bearer", "key": "bearer", "token": "bearer", "base_url": "endpoint", "api_base": "endpoint",
	"url": "endpoint", "type": "schema", "when": "match", "if": "match", "condition": "match",
	"context": "context_window", "max_tokens": "max_output_tokens", "limit": "limit_usd",
	"function_calling": "tools", "images": "vision", "vertex": "gemini", "aws": "bedrock", "azure_openai": "azure",
}

// didYouMean asks for the known word that is closest to word; empty if none is close.
func didYouMean(word string, known []string) string {
	if best, ok := closest(word, known); ok {
		return "did you mean " + quote(best) + "?"
	}
	return ""
}

// closest returns the known word that is a slip of the pen away from word, by its own name or another that people use.
func closest(word string, known []string) (string, bool) {
	if len(word) > maxTypo {
		return "", false
	}
	lower := strings.ToLower(word)
	allowed := max(1, min(3, len(lower)/3))
	best, bestAt := "", allowed+1
	consider := func(name string, at int) {
		if at < bestAt || at == bestAt && name < best {
			best, bestAt = name, at
		}
	}
	for _, k := range known {
		consider(k, edlib.OSADamerauLevenshteinDistance(lower, strings.ToLower(k)))
	}
	for other, name := range alsoCalled {
		if slices.Contains(known, name) {
			if edlib.OSADamerauLevenshteinDistance(lower, other) <= min(1, len(other)/4) {
				consider(name, 1)
			}
		}
	}
	return best, best != ""
}

// oneOf lists what is allowed, if that is short enough to help.
func oneOf(known []string) string {
	const many = 16
	if len(known) == 0 || len(known) > many {
		return ""
	}
	return "one of " + strings.Join(known, ", ")
}
