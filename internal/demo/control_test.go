package demo_test

import (
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/demo"
)

func TestControlHeaderSelectsTheClauseOfAProvider(t *testing.T) {
	tests := map[string]struct {
		header string
		want   demo.Fault // of alpha
	}{
		"nothing is said":              {"", demo.Fault{}},
		"for all":                      {"status=503", demo.Fault{Status: 503}},
		"for all, by the star":         {"*: hang", demo.Fault{Hang: true}},
		"by name":                      {"alpha: status=429; retry-after=2, beta: hang", demo.Fault{Status: 429, RetryAfter: 2}},
		"the name wins over the star":  {"hang, alpha: delay=200ms", demo.Fault{Delay: 200 * time.Millisecond}},
		"the star, in any order":       {"beta: hang, *: tokens=5", demo.Fault{Tokens: 5}},
		"another's":                    {"beta: reset", demo.Fault{}},
		"spaces do not count":          {"  alpha :reset-after = 3 ;gzip ", demo.Fault{Break: demo.BreakReset, After: 3, Encoding: "gzip"}},
		"a break after the first part": {"truncate", demo.Fault{Break: demo.BreakTruncate, After: 1}},
		"an error inside the stream":   {"error-in-stream=0; error=server", demo.Fault{Break: demo.BreakError, Error: demo.Server}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := demo.FaultFor(test.header, "alpha")
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestControlHeaderNamesItsFault(t *testing.T) {
	tests := map[string]struct{ header, want string }{
		"unknown action":         {"explode", `unknown action "explode"`},
		"nothing after the name": {"alpha:", `unknown action ""`},
		"trailing semicolon":     {"hang;", `unknown action ""`},
		"trailing comma":         {"hang,", `unknown action ""`},
		"said twice":             {"delay=1s; delay=2s", "delay is said twice"},
		"two clauses":            {"alpha: hang, alpha: reset", `two clauses for "alpha"`},
		"two for all":            {"hang, *: reset", `two clauses for "*"`},
		"no value":               {"status", "status needs a value"},
		"empty value":            {"truncate=", "truncate has an empty value"},
		"value too many":         {"hang=1", "hang takes no value"},
		"no number":              {"status=5o3", "status: "},
		"negative":               {"tokens=-1", "tokens: "},
		"signed":                 {"tokens=+1", "tokens: "},
		"out of range":           {"status=200", "status: "},
		"no unit":                {"delay=200", "delay: "},
		"too long a delay":       {"delay=1000h", "delay: "},
		"bad name":               {"Alpha Beta: hang", `"Alpha Beta" is no provider name`},
		"unknown error":          {"error=boom", "is none of invalid, "},
		"two ends":               {"hang; reset", "only one of"},
		"two breaks":             {"truncate; reset-after=1", "excludes"},
		"retry without error":    {"retry-after=1", "retry-after needs"},
		"too long":               {strings.Repeat(" ", 2000), "longer than"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, provider := range []string{"alpha", "beta"} { // also those whom it does not concern
				if _, err := demo.FaultFor(test.header, provider); err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %s", err, test.want)
				}
			}
		})
	}
}

func FuzzControl(f *testing.F) {
	for _, seed := range []string{
		"", "hang", "alpha: status=429; retry-after=2, beta: delay=1s", "*:gzip;tokens=500;reasoning=20", "error-in-stream=2; error=quota",
		"alpha: stall-after=3; chunk-delay=10ms", "a:,b:", ";;", "=", "delay=1.5s; calls=2; no-calls",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		fault, err := demo.FaultFor(header, "alpha")
		if err != nil {
			if !fault.IsZero() {
				t.Errorf("%q: a fault %+v along with an error", header, fault)
			}
			return
		}
		if err := fault.Validate(); err != nil {
			t.Errorf("%q: %v", header, err)
		}
		again, err := demo.ParseFault(fault.String())
		if err != nil || again != fault {
			t.Errorf("%q reads as %+v; %q reads as %+v, %v", header, fault, fault.String(), again, err)
		}
	})
}
