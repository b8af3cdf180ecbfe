package demo

import (
	"strings"
	"unicode/utf8"
)

// Tokens are counted by one rule, which docs/demo.md states: a piece of text costs one token for every four bytes
// begun. Answers come in pieces of one word, with the space before it; input counts whole.
const (
	bytesPerToken = 4
	turnTokens    = 3 // who speaks, and the ends of the turn
	imageTokens   = 85
	audioTokens   = 32
	fileTokens    = 256

	maxPieceBytes = 64 // a word without spaces is cut here
)

func tokensOf(s string) int { return (len(s) + bytesPerToken - 1) / bytesPerToken }

func tokensIn(pieces []string) int {
	n := 0
	for _, p := range pieces {
		n += tokensOf(p)
	}
	return n
}

// input counts the tokens of a request.
func (a *ask) input() int {
	n := 0
	for _, t := range a.turns {
		n += t.tokens()
	}
	for _, t := range a.tools {
		n += turnTokens + tokensOf(t.name) + tokensOf(string(t.schema))
	}
	return n + tokensOf(string(a.schema))
}

func (t turn) tokens() int {
	n := turnTokens + tokensOf(t.text) + t.images*imageTokens + t.audios*audioTokens + t.files*fileTokens
	for _, c := range t.calls {
		n += turnTokens + tokensOf(c.name) + tokensOf(c.args)
	}
	for _, r := range t.results {
		n += turnTokens + tokensOf(r.text) + r.images*imageTokens
	}
	return n
}

// split cuts text into words, each with the space before it.
func split(text string) []string {
	var out []string
	for text != "" {
		end := wordEnd(text)
		out = append(out, text[:end])
		text = text[end:]
	}
	return out
}

func wordEnd(text string) int {
	begun := false
	for i, r := range text {
		space := r == ' ' || r == '\n' || r == '\t'
		if i > 0 && (space && begun || i+utf8.RuneLen(r) > maxPieceBytes) {
			return i
		}
		begun = begun || !space
	}
	return len(text)
}

// within keeps the pieces that fit into so many tokens, the last one shortened, and reports whether all did.
func within(pieces []string, tokens int) ([]string, bool) {
	for i, p := range pieces {
		if t := tokensOf(p); t <= tokens {
			tokens -= t
			continue
		}
		kept := pieces[:i:i]
		if tokens > 0 {
			if head := clip(p, tokens*bytesPerToken); head != "" {
				kept = append(kept, head)
			}
		}
		return kept, false
	}
	return pieces, true
}

// clip returns at most n bytes of s, whole runes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// filler is text of exactly n tokens, after the pieces that are there.
func filler(pieces []string, n int) []string {
	pieces, fits := within(pieces, n)
	if !fits {
		return pieces
	}
	words := [...]string{" and", " the", " cat", " sat", " on", " its", " mat"}
	for i := tokensIn(pieces); i < n; i++ {
		pieces = append(pieces, words[i%len(words)])
	}
	return pieces
}

// cutAtStop ends text before the first stop sequence in it.
func cutAtStop(text string, stops []string) (kept, met string) {
	at := -1
	for _, s := range stops {
		if i := strings.Index(text, s); s != "" && i >= 0 && (at < 0 || i < at) {
			at, met = i, s
		}
	}
	if at < 0 {
		return text, ""
	}
	return text[:at], met
}
