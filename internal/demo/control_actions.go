package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// arity says whether an action takes a value.
type arity int

const (
	never arity = iota
	always
	maybe
)

// action is one word of the control language. show gives its canonical text in f, or "" where f does not have it.
type action struct {
	value arity
	set   func(f *Fault, value string) error
	show  func(f *Fault) string
}

// actions is the vocabulary of the control header.
var actions = map[string]action{
	"status": number("status", 400, 599, func(f *Fault) *int { return &f.Status }),
	"error": {always, func(f *Fault, v string) error {
		f.Error = Problem(v)
		if !slices.Contains(problems, f.Error) {
			return fmt.Errorf("%q is none of %s", v, problemList())
		}
		return nil
	}, func(f *Fault) string { return shown("error", string(f.Error)) }},
	"retry-after":     number("retry-after", 1, 86400, func(f *Fault) *int { return &f.RetryAfter }),
	"delay":           duration("delay", func(f *Fault) *time.Duration { return &f.Delay }),
	"chunk-delay":     duration("chunk-delay", func(f *Fault) *time.Duration { return &f.ChunkDelay }),
	"hang":            flag("hang", func(f *Fault) *bool { return &f.Hang }),
	"reset":           flag("reset", func(f *Fault) *bool { return &f.Reset }),
	"reset-after":     breaking(BreakReset, always),
	"stall-after":     breaking(BreakStall, always),
	"truncate":        breaking(BreakTruncate, maybe),
	"error-in-stream": breaking(BreakError, maybe),
	"tokens":          number("tokens", 1, maxCount, func(f *Fault) *int { return &f.Tokens }),
	"reasoning":       number("reasoning", 1, maxCount, func(f *Fault) *int { return &f.Reasoning }),
	"cached":          number("cached", 1, maxCount, func(f *Fault) *int { return &f.Cached }),
	"cache-write":     number("cache-write", 1, maxCount, func(f *Fault) *int { return &f.CacheWrite }),
	"calls":           number("calls", 1, 64, func(f *Fault) *int { return &f.Calls }),
	"no-calls":        flag("no-calls", func(f *Fault) *bool { return &f.NoCalls }),
	"refuse":          flag("refuse", func(f *Fault) *bool { return &f.Refuse }),
	"filter":          flag("filter", func(f *Fault) *bool { return &f.Filter }),
	"late-filter":     flag("late-filter", func(f *Fault) *bool { return &f.LateFilter }),
	"gzip":            encoding("gzip"),
	"deflate":         encoding("deflate"),
	"br":              encoding("br"),
}

// String is the clause that says f.
func (f Fault) String() string {
	var out []string
	for _, a := range actions {
		if s := a.show(&f); s != "" {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func number(word string, least, most int, at func(*Fault) *int) action {
	return action{always, func(f *Fault, v string) error {
		n, err := count(v, least)
		if err == nil && n > most {
			err = fmt.Errorf("%d is above %d", n, most)
		}
		*at(f) = n
		return err
	}, func(f *Fault) string {
		if *at(f) == 0 {
			return ""
		}
		return fmt.Sprintf("%s=%d", word, *at(f))
	}}
}

func duration(word string, at func(*Fault) *time.Duration) action {
	return action{always, func(f *Fault, v string) (err error) {
		*at(f), err = wait(v)
		return err
	}, func(f *Fault) string {
		if *at(f) == 0 {
			return ""
		}
		return shown(word, at(f).String())
	}}
}

func flag(word string, at func(*Fault) *bool) action {
	return action{never, func(f *Fault, _ string) error {
		*at(f) = true
		return nil
	}, func(f *Fault) string {
		if !*at(f) {
			return ""
		}
		return word
	}}
}

// breaking reads a break; without a value it happens after the first piece of content.
func breaking(b Break, value arity) action {
	return action{value, func(f *Fault, v string) (err error) {
		if f.Break != "" {
			return fmt.Errorf("excludes %s", f.Break)
		}
		f.Break, f.After = b, 1
		if v != "" {
			f.After, err = count(v, 0)
		}
		return err
	}, func(f *Fault) string {
		if f.Break != b {
			return ""
		}
		return fmt.Sprintf("%s=%d", b, f.After)
	}}
}

func encoding(name string) action {
	return action{never, func(f *Fault, _ string) error {
		if f.Encoding != "" {
			return fmt.Errorf("excludes %s", f.Encoding)
		}
		f.Encoding = name
		return nil
	}, func(f *Fault) string {
		if f.Encoding != name {
			return ""
		}
		return name
	}}
}

func shown(word, value string) string {
	if value == "" {
		return ""
	}
	return word + "=" + value
}
