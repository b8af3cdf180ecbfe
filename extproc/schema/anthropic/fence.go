package anthropic

import "strings"

// fence takes the code fence off a JSON answer that came by instruction: ```json … ```. It holds back only what may be
// part of a fence. The zero value is ready for one text.
type fence struct {
	state fenceState
	held  string
}

type fenceState int

const (
	fenceUnknown fenceState = iota // held may be the beginning of a fence
	fenceNone
	fenceOpen // within a fence; held may be its end
)

// maxFence bounds what is held back.
const maxFence = 64

// add takes more text and returns what is known to belong to the answer.
func (f *fence) add(text string) string {
	switch f.state {
	case fenceNone:
		return text
	case fenceOpen:
		return f.inside(text)
	}
	f.held += text
	trimmed := strings.TrimLeft(f.held, " \t\r\n")
	switch {
	case len(trimmed) < 3 && strings.HasPrefix("```", trimmed) && len(f.held) < maxFence:
		return ""
	case !strings.HasPrefix(trimmed, "```"):
		f.state = fenceNone
		return f.take()
	}
	_, rest, whole := strings.Cut(trimmed, "\n")
	if !whole && len(f.held) < maxFence {
		return ""
	}
	if !whole {
		f.state = fenceNone
		return f.take()
	}
	f.state, f.held = fenceOpen, ""
	return f.inside(rest)
}

// inside lets the answer pass and holds back what may be the closing fence.
func (f *fence) inside(text string) string {
	all := f.held + text
	body := strings.TrimRight(all, " \t\r\n`")
	if len(all)-len(body) > maxFence {
		body = all
	}
	f.held = all[len(body):]
	return body
}

// end returns what was held back and belongs to the answer.
func (f *fence) end() string {
	if f.state == fenceOpen {
		return ""
	}
	return f.take()
}

func (f *fence) take() string {
	held := f.held
	f.held = ""
	return held
}

// unfenced takes the fence off a whole text.
func unfenced(text string) string {
	var f fence
	body := f.add(text)
	return body + f.end()
}
