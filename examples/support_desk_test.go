package examples_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/recording"
	"github.com/llmroute/llmroute/internal/replay"
	"github.com/llmroute/llmroute/policy/catalog"
)

const desk = "support-desk"

func TestSupportDeskSendsQuestionsToTheCheapestThatCanAnswer(t *testing.T) {
	s := startScenario(t, desk, "")
	requests := requestsIn(t, desk, "requests.jsonl")
	for i, body := range requests {
		route, model, provider := "default", "small", "south"
		switch {
		case strings.Contains(body, `"tools"`): // small has none
			model, provider = "gpt-5-mini", "north"
		case i == len(requests)-1: // a sum in several steps
			route, model, provider = "hard", "gpt-5", "north"
		}
		expect(t, s.ask(body), 200, route, model, provider, "1")
	}
	t.Run("a thread that is too long for the small model", func(t *testing.T) {
		thread := strings.Repeat("The customer wrote again, and again nobody had an answer for her. ", 1500)
		expect(t, s.ask(chat(thread+"\nPlease answer her.")), 200, "default", "gpt-5-mini", "north", "1")
	})
	t.Run("one that is too long for the desk", func(t *testing.T) {
		if got := s.ask(chat(strings.Repeat("The customer wrote again, and again. ", 20_000))); got.status != 400 || !strings.Contains(got.body, "input_limit_exceeded") {
			t.Errorf("got %d %.300s", got.status, got.body)
		}
	})
	t.Run("a case that was escalated", func(t *testing.T) {
		expect(t, s.ask(requests[0], "x-escalated: yes"), 200, "hard", "gpt-5", "north", "1")
	})
	t.Run("the README's lines", func(t *testing.T) {
		s.curls(desk, [3]string{"default", "small", "200"}, [3]string{"hard", "gpt-5", "200"}, [3]string{"default", "gpt-5-mini", "200"})
	})
	t.Run("answers are kept short", func(t *testing.T) {
		if r := last(t, s.providers["north"]); !strings.Contains(string(r.Body), `:600`) {
			t.Errorf("the provider got no limit: %s", r.Body)
		}
	})
	t.Run("the cheapest is down", func(t *testing.T) {
		expect(t, s.ask(requests[0], "x-demo: south: status=503"), 200, "default", "gpt-5-mini", "north", "2")
	})
}

// TestSupportDeskCostsAFraction counts the money: what the desk's recorded requests used, at the prices of the models
// that answered, and at the strong model's.
func TestSupportDeskCostsAFraction(t *testing.T) {
	traffic := filepath.Join(t.TempDir(), "traffic.jsonl")
	s := startScenario(t, desk, "recording: {file: "+traffic+"}")
	requests := requestsIn(t, desk, "requests.jsonl")
	for _, body := range requests {
		if got := s.ask(body); got.status != 200 {
			t.Fatalf("got %d %s", got.status, got.body)
		}
	}
	// Envoy sends its access log once a second or so.
	s.llmroute.await("usage of all requests in the recording", func() bool {
		return strings.Count(recorded(t, traffic), `"content":"usage"`) == len(requests)
	})
	s.stop()
	text := recorded(t, traffic)
	for _, word := range []string{"Where is my order", "Brightpath", "demo-north"} {
		if strings.Contains(text, word) {
			t.Errorf("%q is in the recording", word)
		}
	}

	prices := pricesOf(t, desk)
	var spent, strong float64
	for line := range strings.Lines(text) {
		l, err := recording.Parse([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if u := l.Usage; u != nil {
			spent += prices[u.Model].USD(int(u.Input), 0, 0, int(u.Output))
			strong += prices["gpt-5"].USD(int(u.Input), 0, 0, int(u.Output))
		}
	}
	saved := fmt.Sprintf("%.0f %%", 100*(1-spent/strong))
	t.Logf("%d requests used $%.6f, and would use $%.6f at gpt-5: %s less", len(requests), spent, strong, saved)
	if told := regexp.MustCompile(`\*\*(\d+ %) less\*\*`).FindStringSubmatch(read(t, desk+"/README.md")); told == nil || told[1] != saved {
		t.Errorf("the README tells %q, and %s are saved", told, saved)
	}

	t.Run("replay expects the same of a strong model for everything", func(t *testing.T) {
		var report replay.Report
		out := run(t, "-c", filepath.Join(desk, "llmroute.yaml"), "replay", traffic, "--against", filepath.Join(desk, "always-strong.yaml"), "--format", "json")
		if err := json.Unmarshal([]byte(out), &report); err != nil {
			t.Fatal(err)
		}
		if report.Requests != uint64(len(requests)) || report.Unchanged != 1 || report.Moved != report.Requests-1 || report.Cost == nil || *report.Cost.Percent > -80 {
			t.Errorf("got %s", out)
		}
	})
	t.Run("and nothing new of the configuration that served", func(t *testing.T) {
		out := run(t, "-c", filepath.Join(desk, "llmroute.yaml"), "replay", traffic)
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^unchanged +%d +100.0 %%$`, len(requests))).MatchString(out) {
			t.Errorf("got %s", out)
		}
	})
}

// recorded is what the file holds so far.
func recorded(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// pricesOf are the prices of an example's models, as configured or from the catalog.
func pricesOf(t *testing.T, name string) map[string]catalog.Price {
	t.Helper()
	file, faults := config.LoadFile(filepath.Join(name, "llmroute.yaml"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	out := map[string]catalog.Price{}
	for _, m := range file.Config.Models {
		if p := m.Value.Price; p != nil {
			out[m.Name] = catalog.Price{Input: p.Input, Output: p.Output}
			continue
		}
		entry, ok := catalog.Get(m.Name)
		if !ok {
			t.Fatalf("%s is not in the catalog", m.Name)
		}
		out[m.Name] = entry.Facts.Price
	}
	return out
}

// chat is a request of one user message.
func chat(text string) string {
	body, err := json.Marshal(map[string]any{"model": "auto", "messages": []map[string]string{{"role": "user", "content": text}}})
	if err != nil {
		return err.Error() // a map of strings has a JSON form
	}
	return string(body)
}

func TestAFullRecordingHoldsRequestsAndNoCredential(t *testing.T) {
	traffic := filepath.Join(t.TempDir(), "traffic.jsonl")
	s := startScenario(t, desk, "recording: {file: "+traffic+", content: full}")
	expect(t, s.ask(chat("Can I pay by invoice?"), "authorization: Bearer my-own-key", "x-api-key: my-own-key", "cookie: id=my-own-key", "x-escalated: yes", "x-agent: ada"),
		200, "hard", "gpt-5", "north", "1")
	s.stop()
	text := recorded(t, traffic)
	if strings.Contains(text, "my-own-key") || strings.Contains(text, "demo-north") {
		t.Errorf("a credential was recorded: %s", text)
	}
	line, _, _ := strings.Cut(text, "\n")
	l, err := recording.Parse([]byte(line))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if r := l.Request; r == nil || string(r.Body) != chat("Can I pay by invoice?") || r.Path != "/v1/chat/completions" || r.User != "ada" || !strings.Contains(line, `["x-escalated","yes"]`) {
		t.Errorf("got %s", line)
	}
	if out := run(t, "-c", filepath.Join(desk, "llmroute.yaml"), "replay", traffic); !regexp.MustCompile(`(?m)^unchanged +1 +100.0 %$`).MatchString(out) {
		t.Errorf("replay: %s", out)
	}
}
