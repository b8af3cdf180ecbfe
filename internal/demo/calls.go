package demo

import (
	"fmt"
	"strings"
)

// calls decides which tools to call. Where the model may choose, it calls each tool of whose name the newest user text has
// a word of four letters or more, and answers in words once the results are there. "both" or "parallel" in that text makes
// it two calls of a single tool.
func (x *exchange) calls(a *ask, index int) []callPieces {
	f := x.fault
	if len(a.tools) == 0 || a.choice == chooseNone || f.NoCalls {
		return nil
	}
	tools := a.wanted()
	if len(tools) == 0 && f.Calls > 0 {
		tools = a.tools
	}
	n := len(tools)
	if n == 0 {
		return nil
	}
	said := strings.ToLower(clip(a.said(), 2000))
	if n == 1 && (strings.Contains(said, "both") || strings.Contains(said, "parallel")) {
		n = 2
	}
	if f.Calls > 0 {
		n = f.Calls
	}
	if a.single {
		n = 1
	}
	words := a.words()
	out := make([]callPieces, n)
	for i := range out {
		t := tools[i%len(tools)]
		args := sample(t.schema, words, i)
		out[i].call = call{id: x.id("call_", 20) + fmt.Sprintf("%02d%02d", index%100, i%100), name: t.name, args: string(args)}
		out[i].pieces = chop(out[i].args)
	}
	return out
}

// wanted returns the tools that the choice and the text ask for.
func (a *ask) wanted() []tool {
	var out []tool
	answered := len(a.last().results) > 0
	said := strings.ToLower(clip(a.said(), 2000))
	for _, t := range a.tools {
		switch {
		case a.choice == chooseNamed && t.name == a.named,
			a.choice != chooseNamed && !answered && mentions(said, t.name):
			out = append(out, t)
		}
	}
	if len(out) == 0 && a.choice == chooseRequired {
		return a.tools[:1]
	}
	return out
}

func mentions(said, name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '_' || r == '-' || r == '.' })
	for _, w := range words {
		if len(w) >= 4 && strings.Contains(said, w) {
			return true
		}
	}
	return strings.Contains(said, strings.ToLower(name))
}

// chop cuts arguments into pieces as providers stream them: anywhere between runes.
func chop(s string) []string {
	const bytes = 8
	var out []string
	for s != "" {
		head := clip(s, bytes)
		out = append(out, head)
		s = s[len(head):]
	}
	return out
}
