package demo

import (
	"fmt"
	"strings"
	"unicode"
)

const quoteBytes = 200 // of what was said, repeated in the answer

const refusalText = "I'm sorry, but I cannot help with that."

// compose answers a.
func (x *exchange) compose(a *ask) reply {
	f := x.fault
	out := reply{usage: Usage{Input: a.input()}}
	out.usage.Cached, out.usage.CacheWrite = f.Cached, f.CacheWrite
	out.usage.Input += f.Cached + f.CacheWrite // fault counts come on top, so that no part exceeds the whole
	if f.CacheWrite == 0 && f.Cached == 0 {
		out.usage.CacheWrite = a.cacheable
	}
	reasoning := max(f.Reasoning, 0)
	if reasoning == 0 {
		reasoning = a.reasoning
	}
	if a.limit > 0 {
		reasoning = min(reasoning, a.limit)
	}
	for i := range max(a.n, 1) {
		c := x.choice(a, i, reasoning)
		if a.thoughts && reasoning > 0 {
			c.thought = filler(split("Let me think."), reasoning)
		}
		out.choices = append(out.choices, c)
		out.usage.Output += reasoning + c.tokens()
		out.usage.Reasoning += reasoning
	}
	return out
}

// tokens of the choice, thoughts aside.
func (c *choice) tokens() int {
	n := tokensIn(c.pieces)
	for _, c := range c.calls {
		n += tokensIn(c.pieces)
	}
	return n
}

// choice composes one of the answers, within the limit that thinking leaves.
func (x *exchange) choice(a *ask, index, reasoning int) choice {
	switch {
	case x.fault.Refuse:
		return choice{stop: stopRefusal, pieces: split(refusalText)}
	case x.fault.Filter:
		return choice{stop: stopFilter, pieces: split("This is")}
	}
	c := choice{}
	if calls := x.calls(a, index); len(calls) > 0 {
		c.stop, c.calls = stopCalls, calls
	} else {
		text, met := cutAtStop(x.text(a, index), a.stops)
		c.pieces = split(text)
		if met != "" {
			c.stop, c.sequence = stopSequence, met
		}
		if n := x.fault.Tokens; n > 0 {
			c.pieces, c.stop, c.sequence = filler(c.pieces, n), stopEnd, ""
		}
	}
	if a.limit > 0 {
		c.limit(a.limit - reasoning)
	}
	return c
}

func (c *choice) limit(tokens int) {
	pieces, fits := within(c.pieces, tokens)
	c.pieces = pieces
	for i := range c.calls {
		left := tokens
		for j := range i {
			left -= tokensIn(c.calls[j].pieces)
		}
		call := &c.calls[i]
		all := false
		call.pieces, all = within(call.pieces, max(left, 0))
		call.args = strings.Join(call.pieces, "")
		fits = fits && all
	}
	if !fits {
		c.stop, c.sequence = stopLength, ""
	}
}

// text is the answer in words, or in JSON where that was asked for.
func (x *exchange) text(a *ask, index int) string {
	switch a.format {
	case formatSchema:
		return string(sample(a.schema, a.words(), index))
	case formatJSON:
		return string(encode(map[string]string{"provider": x.p.opt.Name, "model": a.model, "you_said": quote(a.said())}))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "demo provider %q, model %s: ", x.p.opt.Name, a.model)
	if results := a.last().results; len(results) > 0 {
		for i, r := range results {
			if i > 0 {
				b.WriteString(" and ")
			}
			verb := "returned"
			if r.failed {
				verb = "failed with"
			}
			fmt.Fprintf(&b, "%s %s “%s”", orElse(r.name, "the tool"), verb, quote(r.text))
		}
		b.WriteByte('.')
	} else {
		fmt.Fprintf(&b, "you said “%s”.", quote(a.said()))
	}
	x.remarks(&b, a)
	if index > 0 {
		fmt.Fprintf(&b, " (answer %d)", index+1)
	}
	return b.String()
}

// remarks say what else arrived, so that a person and a test see that it did.
func (x *exchange) remarks(b *strings.Builder, a *ask) {
	var told []string
	turns := 0
	for _, t := range a.turns {
		switch {
		case t.role == system && t.text != "":
			told = append(told, t.text)
		case t.role == user:
			turns++
		}
	}
	if len(told) > 0 {
		fmt.Fprintf(b, " My instructions are “%s”.", quote(strings.Join(told, " ")))
	}
	if turns > 1 {
		fmt.Fprintf(b, " This is your turn %d.", turns)
	}
	images, audios, files := a.media()
	tally(b, " I see %d image%s.", images)
	tally(b, " I hear %d recording%s.", audios)
	tally(b, " I read %d file%s.", files)
}

func tally(b *strings.Builder, format string, n int) {
	switch {
	case n == 1:
		fmt.Fprintf(b, format, n, "")
	case n > 1:
		fmt.Fprintf(b, format, n, "s")
	}
}

// said is the text of the newest turn that has one.
func (a *ask) said() string {
	for i := len(a.turns) - 1; i >= 0; i-- {
		if t := a.turns[i]; t.role == user && t.text != "" {
			return t.text
		}
	}
	return ""
}

func quote(s string) string {
	if len(s) > quoteBytes {
		return clip(s, quoteBytes) + "…"
	}
	return s
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// words are the capitalised words of the newest user text, the first word aside: names, which make good arguments.
func (a *ask) words() []string {
	var out []string
	for i, w := range strings.Fields(clip(a.said(), 2000)) {
		w = strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if r := []rune(w); i > 0 && len(r) > 1 && unicode.IsUpper(r[0]) {
			out = append(out, w)
		}
	}
	return out
}
