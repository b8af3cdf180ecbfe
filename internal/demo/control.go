package demo

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ControlHeader is the request header that injects faults.
const ControlHeader = "x-demo"

const (
	maxControlBytes = 1024
	maxWait         = 10 * time.Minute
	maxCount        = 1_000_000
)

// Break says how an answer that has begun comes to a bad end.
type Break string

// The breaks. Each happens after Fault.After pieces of content; a JSON answer breaks in the middle of its body.
const (
	BreakReset    Break = "reset-after"     // the connection is closed
	BreakStall    Break = "stall-after"     // silence until the client leaves
	BreakTruncate Break = "truncate"        // the body ends, as if it were complete
	BreakError    Break = "error-in-stream" // the schema's own error event; JSON answers are not broken
)

// Fault is what a provider does otherwise than answering well. The zero value is none. It is what one clause of the
// control header says, and has the same names.
type Fault struct {
	Status     int           // answer with this error; 0: none, or Error's own
	Error      Problem       // what the error says; empty: what Status stands for
	RetryAfter int           // seconds, sent with the error
	Delay      time.Duration // before the first byte
	ChunkDelay time.Duration // before each piece of content of a stream
	Hang       bool          // no first byte until the client leaves
	Reset      bool          // the connection is closed before the answer
	Break      Break
	After      int // pieces of content before Break

	Tokens     int // output tokens of the answer, without reasoning
	Reasoning  int // reasoning tokens
	Cached     int // input tokens read from a cache
	CacheWrite int // input tokens written to a cache
	Calls      int // tool calls
	NoCalls    bool
	Refuse     bool   // the model declines
	Filter     bool   // a content filter ends the answer
	LateFilter bool   // Azure: filter results in chunks of their own, without delta
	Encoding   string // gzip, deflate or br, whether the client asks for it or not
}

// IsZero reports whether the provider answers well.
func (f Fault) IsZero() bool { return f == Fault{} }

// fails reports whether f answers with an error before the first byte of an answer.
func (f Fault) fails() bool { return f.Break == "" && (f.Status != 0 || f.Error != "") }

// Validate returns what makes no sense in f.
func (f Fault) Validate() error {
	ends := 0
	for _, set := range []bool{f.Hang, f.Reset, f.Break != "", f.Break == "" && (f.Status != 0 || f.Error != "")} {
		if set {
			ends++
		}
	}
	switch {
	case ends > 1:
		return fmt.Errorf("only one of status or error, hang, reset, reset-after, stall-after, truncate, error-in-stream can happen")
	case f.Break != "" && f.Status != 0:
		return fmt.Errorf("status comes too late for %s", f.Break)
	case f.Error != "" && f.Break != "" && f.Break != BreakError:
		return fmt.Errorf("error goes with status or error-in-stream, not with %s", f.Break)
	case f.RetryAfter != 0 && !f.fails():
		return fmt.Errorf("retry-after needs status or error")
	case f.Calls != 0 && f.NoCalls:
		return fmt.Errorf("calls and no-calls exclude each other")
	}
	return nil
}

// FaultFor reads a control header and returns what it says to the provider called name: the clause that names it,
// else the one for all. The whole header must be right, whomever it is for.
//
//	x-demo = clause *( "," clause )
//	clause = [ ( name / "*" ) ":" ] action *( ";" action )
//	action = word [ "=" value ]
//
// Spaces around the separators do not count. An empty header says nothing.
func FaultFor(header, name string) (Fault, error) {
	clauses, err := parseControl(header)
	if err != nil {
		return Fault{}, err
	}
	all := Fault{}
	for _, c := range clauses {
		switch c.target {
		case name:
			return c.fault, nil
		case everyone:
			all = c.fault
		}
	}
	return all, nil
}

// ParseFault reads one clause without a name: "status=429; retry-after=2".
func ParseFault(s string) (Fault, error) {
	clauses, err := parseControl(s)
	switch {
	case err != nil:
		return Fault{}, err
	case len(clauses) == 0:
		return Fault{}, nil
	case len(clauses) > 1 || clauses[0].target != everyone:
		return Fault{}, fmt.Errorf("want one clause without a name, got %q", s)
	}
	return clauses[0].fault, nil
}

const everyone = "*"

type clause struct {
	target string
	fault  Fault
}

func parseControl(header string) ([]clause, error) {
	if len(header) > maxControlBytes {
		return nil, fmt.Errorf("%s is longer than %d bytes", ControlHeader, maxControlBytes)
	}
	if strings.TrimSpace(header) == "" {
		return nil, nil
	}
	var out []clause
	seen := map[string]bool{}
	for text := range strings.SplitSeq(header, ",") {
		c, err := parseClause(text)
		if err != nil {
			return nil, err
		}
		if seen[c.target] {
			return nil, fmt.Errorf("two clauses for %q", c.target)
		}
		seen[c.target] = true
		out = append(out, c)
	}
	return out, nil
}

func parseClause(text string) (clause, error) {
	c := clause{target: everyone}
	if name, rest, found := strings.Cut(text, ":"); found {
		c.target, text = strings.TrimSpace(name), rest
		if !ValidName(c.target) && c.target != everyone {
			return c, fmt.Errorf("%q is no provider name", c.target)
		}
	}
	seen := map[string]bool{}
	for text := range strings.SplitSeq(text, ";") {
		word, value, hasValue := strings.Cut(text, "=")
		word, value = strings.TrimSpace(word), strings.TrimSpace(value)
		a, known := actions[word]
		switch {
		case !known:
			return c, fmt.Errorf("unknown action %q", word)
		case seen[word]:
			return c, fmt.Errorf("%s is said twice", word)
		case a.value == never && hasValue:
			return c, fmt.Errorf("%s takes no value", word)
		case a.value == always && value == "":
			return c, fmt.Errorf("%s needs a value", word)
		}
		seen[word] = true
		if hasValue && value == "" {
			return c, fmt.Errorf("%s has an empty value", word)
		}
		if err := a.set(&c.fault, value); err != nil {
			return c, fmt.Errorf("%s: %w", word, err)
		}
	}
	return c, c.fault.Validate()
}

// ValidName reports whether s can be the name of a provider: the control header has no other.
func ValidName(s string) bool {
	for i := range len(s) {
		if !strings.Contains("abcdefghijklmnopqrstuvwxyz0123456789_-", s[i:i+1]) {
			return false
		}
	}
	return s != ""
}

func count(s string, least int) (int, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || int(n) < least || n > maxCount {
		return 0, fmt.Errorf("%q is not a whole number from %d to %d", s, least, maxCount)
	}
	return int(n), nil
}

func wait(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 || d > maxWait {
		return 0, fmt.Errorf("%q is not a duration such as 200ms, up to %v", s, maxWait)
	}
	return d, nil
}
