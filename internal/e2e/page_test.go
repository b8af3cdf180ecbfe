package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/llmroute/llmroute/internal/status"
)

const pageConfig = `
providers:
  alpha: {schema: openai, endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}
  gamma: {schema: anthropic, endpoint: "${gamma}", auth: {header: x-api-key, value: "${gamma_key}"}}
models:
  gpt-5-mini: {provider: alpha}
  claude-haiku-4-5: {provider: gamma}
routes:
  - {name: cheap, match: 'team == "research"', models: ["*"], strategy: cost}
  - {name: default, models: ["*"]}
budgets:
  - {name: teams, per: team, limit_usd: 0.05, limit_tokens: 100000, period: month}
policies:
  - {name: interns, match: 'team == "interns"', deny: {models: ["gpt-5*"]}}
aliases: {auto: default}
identity: {team: {header: x-team}}
`

// browser is a real Chromium with one page.
type browser struct {
	ctx      context.Context
	mu       sync.Mutex
	messages []string // of the console, errors and warnings only, and what was thrown
}

func openBrowser(t *testing.T) *browser {
	t.Helper()
	out, err := exec.Command("../../scripts/chromium").Output()
	if err != nil {
		t.Fatalf("no Chromium: %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(strings.TrimSpace(string(out))), chromedp.NoSandbox,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	b := &browser{ctx: ctx}
	chromedp.ListenTarget(ctx, func(event any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
				b.messages = append(b.messages, fmt.Sprint(e.Args))
			}
		case *runtime.EventExceptionThrown:
			b.messages = append(b.messages, e.ExceptionDetails.Error())
		}
	})
	return b
}

func (b *browser) do(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// text is what a reader sees of an element.
func (b *browser) text(t *testing.T, selector string) string {
	t.Helper()
	var out string
	b.do(t, chromedp.Text(selector, &out, chromedp.ByQuery))
	return out
}

// poll waits until a JavaScript expression holds.
func (b *browser) poll(t *testing.T, expression string) {
	t.Helper()
	b.do(t, chromedp.Poll(expression, nil, chromedp.WithPollingTimeout(20*time.Second)))
}

func (s *stack) status() status.View {
	s.t.Helper()
	var v status.View
	res, err := http.Get(s.admin + "/v1/status")
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *stack) ask(n int, team string) {
	s.t.Helper()
	for range n {
		req, err := http.NewRequest(http.MethodPost, s.url+"/v1/chat/completions", strings.NewReader(`{"model":"auto","messages":[{"role":"user","content":"hi"}]}`))
		if err != nil {
			s.t.Fatal(err)
		}
		req.Header.Set("content-type", "application/json")
		req.Header.Set("x-team", team)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			s.t.Fatal(err)
		}
		_ = res.Body.Close()
	}
}

// stream asks for a streamed answer and reads it.
func (s *stack) stream(team string) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.url+"/v1/chat/completions",
		strings.NewReader(`{"model":"auto","stream":true,"messages":[{"role":"user","content":"tell me of the sea, at length"}]}`))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("content-type", "application/json")
	req.Header.Set("x-team", team)
	req.Header.Set("x-demo", "delay=20ms; chunk-delay=2ms; tokens=60")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(body), "[DONE]") {
		s.t.Fatalf("%s, %v", body, err)
	}
}

// counted waits until the status API knows of n requests that ended.
func (s *stack) counted(n int64) status.View {
	s.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); ; {
		v := s.status()
		var have int64
		for _, m := range v.Models {
			have += m.Requests
		}
		if have == n {
			return v
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%d requests are counted, want %d", have, n)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestTheStatusPageInARealBrowser(t *testing.T) {
	s := start(t, pageConfig, farEnd{name: "alpha", schema: "openai"}, farEnd{name: "gamma", schema: "anthropic"})
	s.ask(6, "research")
	s.stream("research")
	s.ask(3, "interns")
	v := s.counted(10)

	b := openBrowser(t)
	b.do(t, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(s.admin+"/"), chromedp.WaitVisible("#models tr[data-model]", chromedp.ByQuery))

	t.Run("shows the numbers of the API", func(t *testing.T) {
		for _, m := range v.Models {
			var row []string
			b.do(t, chromedp.Evaluate(fmt.Sprintf(`[...document.querySelectorAll('tr[data-model=%q] > *')].map(x => x.innerText.trim())`, m.Model), &row))
			if len(row) != 13 || row[1] != m.Provider || row[2] != m.Health.State || row[3] != fmt.Sprint(m.Requests) || row[4] != fmt.Sprint(m.Failed) ||
				row[10] != fmt.Sprint(m.Input) || row[11] != fmt.Sprint(m.Output) {
				t.Errorf("%s shows %q, and the API says %+v", m.Model, row, m.Totals)
			}
		}
		if sum := b.text(t, "#sum"); !strings.Contains(sum, "Decisions\n10") {
			t.Errorf("in sum: %q", sum)
		}
		if got := b.text(t, "#by-route"); !strings.Contains(got, "cheap") || !strings.Contains(got, "7 · 70 %") {
			t.Errorf("by route: %q", got)
		}
		if got := b.text(t, "#decisions"); !strings.Contains(got, "cheapest of 2") || !strings.Contains(got, "interns") {
			t.Errorf("decisions: %q", got)
		}
		if got := b.text(t, "#budgets"); !strings.Contains(got, "teams: research") || !strings.Contains(got, "of $0.05 a month") || !strings.Contains(got, "of 100,000 tokens") {
			t.Errorf("budgets: %q", got)
		}
		if len(v.Budgets) != 4 { // two teams, two units
			t.Errorf("budgets of the API: %+v", v.Budgets)
		}
		if got := b.text(t, "#config"); !strings.Contains(got, v.Config.Version) {
			t.Errorf("configuration: %q", got)
		}
	})

	t.Run("follows what happens", func(t *testing.T) {
		b.poll(t, `document.querySelector('#live').dataset.state === 'live'`)
		s.ask(5, "research")
		s.counted(15)
		b.poll(t, `document.querySelector('#sum').innerText.includes('Decisions\n15')`)
	})

	t.Run("tells of a configuration that is refused", func(t *testing.T) {
		before, err := os.ReadFile(s.file)
		if err != nil {
			t.Fatal(err)
		}
		s.write(string(before) + "\nnonsense: 1\n")
		s.changed <- struct{}{}
		b.poll(t, `document.querySelector('#fault').innerText.includes('nonsense')`)
		s.write(string(before))
		s.changed <- struct{}{}
		b.poll(t, `document.querySelector('#fault').hidden`)
	})

	t.Run("explains a request by keyboard alone", func(t *testing.T) {
		b.do(t, chromedp.Focus("textarea[name=headers]", chromedp.ByQuery), chromedp.KeyEvent("x-team: interns"),
			chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
		b.poll(t, `document.querySelector('#answer').innerText.includes('Goes to claude-haiku-4-5')`)
		if got := b.text(t, "#answer"); !strings.Contains(got, "interns") || !strings.Contains(got, "policy") {
			t.Errorf("the answer: %q", got)
		}
		b.do(t, chromedp.SetValue("textarea[name=body]", "{not json", chromedp.ByQuery), chromedp.Click("#explain button", chromedp.ByQuery))
		b.poll(t, `document.querySelector('#answer .code') !== null`)
	})

	t.Run("every control can be reached by keyboard", func(t *testing.T) {
		var reached int
		b.do(t, chromedp.Evaluate(`document.activeElement.blur()`, nil))
		seen := map[string]bool{}
		for range 20 {
			var at string
			b.do(t, chromedp.KeyEvent(kb.Tab), chromedp.Evaluate(`(e => e.tagName + (e.name || e.getAttribute('aria-labelledby') || e.className))(document.activeElement)`, &at))
			seen[at] = true
		}
		for _, want := range []string{"Askip", "DIVmodels-title", "DIVdecisions-title", "SELECTpath", "TEXTAREAheaders", "TEXTAREAbody", "BUTTON"} {
			if !seen[want] {
				t.Errorf("%s was not reached; %v were", want, seen)
			}
			reached++
		}
	})

	s.accessible(t, b)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.messages) > 0 {
		t.Errorf("the console says %q", b.messages)
	}
}

// accessible has axe-core look at the page in light and dark, on a desktop and a phone. With -update it renews the
// pictures of the documentation.
func (s *stack) accessible(t *testing.T, b *browser) {
	out, err := exec.Command("../../scripts/chromium").Output()
	if err != nil {
		t.Fatal(err)
	}
	axe, err := os.ReadFile(filepath.Join(filepath.Dir(strings.TrimSpace(string(out))), "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []string{"light", "dark"} {
		for device, width := range map[string]int64{"desktop": 1280, "phone": 390} {
			t.Run("axe-core finds nothing serious: "+scheme+", "+device, func(t *testing.T) {
				var faults []string
				var overflow int
				b.do(t, chromedp.EmulateViewport(width, 900),
					emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
					chromedp.Navigate(s.admin+"/"), chromedp.WaitVisible("#models tr[data-model]", chromedp.ByQuery),
					chromedp.Click("#explain button", chromedp.ByQuery), chromedp.WaitVisible("#answer table", chromedp.ByQuery),
					chromedp.Evaluate(string(axe)+";0", nil),
					chromedp.Evaluate(`axe.run().then(r => r.violations.filter(v => ["serious", "critical"].includes(v.impact)).map(v => v.id + ": " + v.nodes.map(n => n.html).join(" ")))`,
						&faults, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }),
					chromedp.Evaluate(`document.documentElement.scrollWidth - innerWidth`, &overflow))
				for _, f := range faults {
					t.Error(f)
				}
				if overflow > 0 {
					t.Errorf("the page is %d pixels wider than the screen", overflow)
				}
				if *update && (device == "desktop") != (scheme == "dark") {
					var png []byte
					b.do(t, chromedp.FullScreenshot(&png, 100))
					if err := os.WriteFile("../../docs/img/status-"+device+".png", png, 0o644); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	}
}

func TestTheStatusPageIsForThoseWithTheToken(t *testing.T) {
	s := start(t, pageConfig, farEnd{name: "alpha", schema: "openai"}, farEnd{name: "gamma", schema: "anthropic"})
	// A page elsewhere whose name leads to this machine asks with that name.
	req, err := http.NewRequest(http.MethodGet, s.admin+"/v1/status", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example:9003"
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("a foreign name got %d", res.StatusCode)
	}
}
