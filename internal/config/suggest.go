package config

import (
	"slices"
	"strings"
)

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
	lower := strings.ToLower(word)
	allowed := max(1, min(3, len(lower)/3))
	best, bestAt := "", allowed+1
	consider := func(name string, at int) {
		if at < bestAt || at == bestAt && name < best {
			best, bestAt = name, at
		}
	}
	for _, k := range known {
		consider(k, distance(lower, strings.ToLower(k), allowed))
	}
	for other, name := range alsoCalled {
		if slices.Contains(known, name) {
			if limit := min(1, len(other)/4); distance(lower, other, limit) <= limit {
				consider(name, 1)
			}
		}
	}
	return best, best != ""
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that turn a into b. Above
// limit it may return any number above limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}

// oneOf lists what is allowed, if that is short enough to help.
func oneOf(known []string) string {
	const many = 16
	if len(known) == 0 || len(known) > many {
		return ""
	}
	return "one of " + strings.Join(known, ", ")
}
