package recording_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"go.uber.org/goleak"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/recording"
	"github.com/llmroute/llmroute/internal/usage"
	"github.com/llmroute/llmroute/policy"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// fixture is a recorder that writes into a file of the test.
type fixture struct {
	t    *testing.T
	file string
	log  *bytes.Buffer
	*recording.Recorder
}

// start runs a recorder; settings is what stands under `recording:` beside the file.
func start(t *testing.T, settings string) *fixture {
	t.Helper()
	goleak.VerifyNone(t, goleak.IgnoreCurrent())
	x := &fixture{t: t, file: filepath.Join(t.TempDir(), "traffic.jsonl"), log: &bytes.Buffer{}}
	x.Recorder = recording.Start(slog.New(slog.NewTextHandler(x.log, nil)), func() time.Time { return noon })
	x.Use(settingsOf(t, "recording: {file: "+x.file+settings+"}"))
	return x
}

func settingsOf(t *testing.T, text string) *recording.Settings {
	t.Helper()
	file, faults := config.Load("/etc/llmroute/llmroute.yaml", []byte(text+`
providers: {alpha: {schema: openai, endpoint: "http://127.0.0.1:1/v1"}}
models: {a: {provider: alpha}}
routes:
  - {name: vip, match: 'headers["X-Tier"] == "vip" || headers["authorization"] != ""', models: [a]}
  - {name: default, models: [a]}
policies: [{name: paid, match: 'claims["plan"] == "free"', max_output_tokens: 10}]
identity: {team: {header: X-Team}}
`), func(string) (string, bool) { return "", false })
	if len(faults) > 0 {
		t.Fatalf("the test's configuration: %v", faults)
	}
	return recording.SettingsOf(file.Config, "/etc/llmroute/llmroute.yaml", "v1")
}

// lines ends the recorder and reads what it wrote.
func (x *fixture) lines(file string) []*recording.Line {
	x.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		x.t.Fatal(err)
	}
	var out []*recording.Line
	for line := range strings.Lines(string(text)) {
		l, err := recording.Parse([]byte(line))
		if err != nil {
			x.t.Fatalf("%v: %s", err, line)
		}
		out = append(out, l)
	}
	return out
}

const prompt = "Wie hoch ist der Eiffelturm, und wer hat ihn gebaut?"

func id(n int) string { return fmt.Sprintf("%016x%016x", n, n) }

func outcome(id string, headers map[string]string) *extproc.Outcome {
	return &extproc.Outcome{
		Stage: "route", ID: id,
		Features: &policy.Features{
			Op: "chat_completions", Schema: "openai", Path: "/v1/chat/completions", Model: "auto", InputTokens: 20, Team: "red",
			Header:  func(name string) string { return headers[name] },
			Claim:   func(name string) string { return map[string]string{"plan": "free", "email": "x@example.com"}[name] },
			Text:    func() string { return prompt },
			Opening: func() ([]byte, []byte) { return nil, []byte(prompt) },
		},
		Decision: &policy.Decision{
			Route: "default", Strategy: "priority", Policies: []string{"paid"},
			Plan: []policy.Entry{
				{Candidate: &policy.Candidate{Model: "a", Provider: "alpha"}, ExpectedUSD: 0.002},
				{Candidate: &policy.Candidate{Model: "b", Provider: "beta"}, ExpectedUSD: -1},
			},
		},
	}
}

func TestFeaturesAreRecordedWithoutTextOrCredentials(t *testing.T) {
	x := start(t, "")
	o := outcome(id(1), map[string]string{"x-tier": "vip", "authorization": "Bearer sk-secret", "x-other": "private"})
	x.Observe(o)
	x.Close()
	raw, err := os.ReadFile(x.file)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"Eiffel", "secret", "private", "example.com"} {
		if bytes.Contains(raw, []byte(word)) {
			t.Errorf("%q is in the recording: %s", word, raw)
		}
	}
	lines := x.lines(x.file)
	if len(lines) != 1 {
		t.Fatalf("got %d lines", len(lines))
	}
	l := lines[0]
	if f := l.Features; f.Headers["x-tier"] != "vip" || f.Claims["plan"] != "free" || len(f.Headers)+len(f.Claims) != 2 || f.Session == "" ||
		f.Language != "de" || f.Task != "qa" || f.Complexity <= 0 || f.Team != "red" || len(f.BodySHA256) != 64 {
		t.Errorf("features: %+v", f)
	}
	if d := l.Decision; d.Model != "a" || d.Provider != "alpha" || *d.ExpectedUSD != 0.002 || d.Fallbacks[0] != "b at beta" || d.Policies[0] != "paid" || d.Refused != nil {
		t.Errorf("decision: %+v", d)
	}
	if info, err := os.Stat(x.file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode: %v %v", info.Mode(), err)
	}
}

func TestRecordedFeaturesAreThoseOfTheRequest(t *testing.T) {
	x := start(t, "")
	o := outcome(id(1), map[string]string{"x-tier": "vip"})
	x.Observe(o)
	x.Close()
	got, want := x.lines(x.file)[0].Features.Policy(noon), o.Features
	if a, b := policy.Explain(got, &policy.Decision{}, nil), policy.Explain(want, &policy.Decision{}, nil); !equalJSON(t, a, b) {
		t.Errorf("got %+v\nwant %+v", a, b)
	}
	if got.Header("x-tier") != "vip" || got.Claim("plan") != "free" || got.Session() != want.Session() || !got.Now.Equal(noon) {
		t.Errorf("headers, claims, session or time differ: %+v", got)
	}
}

func TestARefusalIsRecordedWithItsPolicy(t *testing.T) {
	x := start(t, "")
	o := outcome(id(1), nil)
	o.Decision, o.Refusal = nil, &policy.Error{Code: policy.PolicyDenied, Policy: "frozen", Message: "ask " + prompt}
	x.Observe(o)
	x.Close()
	if d := x.lines(x.file)[0].Decision; d.Refused == nil || *d.Refused != (recording.Refusal{Code: "policy_denied", Policy: "frozen"}) || d.Model != "" {
		t.Errorf("got %+v", d)
	}
}

func TestWhatARequestUsedIsRecordedIfTheRequestIs(t *testing.T) {
	x := start(t, ", sample: 0.5")
	low, high := "7"+strings.Repeat("f", 31), "8"+strings.Repeat("0", 31)
	for _, each := range []string{low, high, "", "not hexadecimal, though long"} {
		x.Observe(outcome(each, nil))
		x.Ended(&usage.Record{
			ID: each, Model: "a", Provider: "alpha", Status: 200, Elapsed: time.Second, Tokens: usage.Tokens{Input: 7, Output: 5},
			Priced: true, CostUSD: decimal.RequireFromString("0.001"),
		})
	}
	x.Close()
	lines := x.lines(x.file)
	if len(lines) != 2 || lines[0].ID != low || lines[1].ID != low {
		t.Fatalf("got %d lines: %+v", len(lines), lines)
	}
	if u := lines[1].Usage; lines[1].Content != recording.ContentUsage || u.Output != 5 || u.Elapsed != time.Second || *u.CostUSD != 0.001 {
		t.Errorf("usage: %+v", u)
	}
}

func TestNothingIsRecordedWithoutAFile(t *testing.T) {
	if s := settingsOf(t, "recording: {sample: 1}"); s != nil {
		t.Errorf("got %+v", s)
	}
	x := start(t, "")
	x.Use(nil)
	x.Observe(outcome(id(1), nil))
	x.Close()
	if _, err := os.Stat(x.file); !os.IsNotExist(err) {
		t.Errorf("there is a file: %v", err)
	}
}

func TestARelativeFileStandsBesideTheConfiguration(t *testing.T) {
	if s := settingsOf(t, "recording: {file: traffic.jsonl}"); s.File != "/etc/llmroute/traffic.jsonl" {
		t.Errorf("got %s", s.File)
	}
}

func TestAFullFileIsKeptAsideOnce(t *testing.T) {
	x := start(t, ", max_bytes: 4KiB")
	const all = 40
	for i := range all {
		x.Observe(outcome(id(i), nil))
	}
	x.Close()
	now, before := x.lines(x.file), x.lines(x.file+".1")
	if len(now) == 0 || len(before) == 0 || now[len(now)-1].ID != id(all-1) || before[len(before)-1].ID != id(all-1-len(now)) {
		t.Errorf("%d lines and %d before", len(now), len(before))
	}
	for _, file := range []string{x.file, x.file + ".1"} {
		if info, err := os.Stat(file); err != nil || info.Size() > 4<<10 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", file, info, err)
		}
	}
	if c := x.Counts(); c != (recording.Counts{Written: all}) {
		t.Errorf("counts: %+v", c)
	}
}

func TestAFileThatCannotBeWrittenIsCountedAndLogged(t *testing.T) {
	x := start(t, "")
	x.Use(settingsOf(t, "recording: {file: "+t.TempDir()+"}")) // a folder
	x.Observe(outcome(id(1), nil))
	x.Observe(outcome(id(2), nil))
	x.Close()
	if c := x.Counts(); c != (recording.Counts{Failed: 2}) {
		t.Errorf("counts: %+v", c)
	}
	if !strings.Contains(x.log.String(), "is a directory") {
		t.Errorf("log: %s", x.log)
	}
}

func TestWhatIsTooMuchIsDroppedAndCounted(t *testing.T) {
	x := start(t, "")
	x.Close()
	x.Use(settingsOf(t, "recording: {file: "+x.file+"}")) // nobody writes any more
	const more = 10
	for i := range recording.MaxJobs + more {
		x.Observe(outcome(id(i), nil))
	}
	if c := x.Counts(); c.Dropped != more {
		t.Errorf("counts: %+v", c)
	}
}

func equalJSON(t *testing.T, a, b any) bool {
	t.Helper()
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(x, y)
}
