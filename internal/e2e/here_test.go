package e2e

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/usage"
)

// A plan of one entry is translated in the route stage, and its answer in the answer stage.
const hereConfig = `
providers:
  gamma: {schema: anthropic, endpoint: "${gamma}", auth: {header: x-api-key, value: "${gamma_key}"}}
  gone: {schema: anthropic, endpoint: "${gone}", auth: {header: x-api-key, value: "${gone_key}"}}
  silent: {schema: openai, endpoint: "${silent}", auth: {bearer: "${silent_key}"}}
  empty: {schema: gemini, endpoint: "${empty}", auth: {header: x-goog-api-key, value: "${empty_key}"}}
models:
  claude: {provider: gamma, name: claude-haiku-4-5}
  lost: {provider: gone, name: claude-haiku-4-5}
  nobody: {provider: silent, name: gpt-5-mini}
  bare: {provider: empty, name: gemini-2.5-flash}
timeouts: {first_byte_json: 1s, first_byte_stream: 1s}
`

func TestAPlanOfOneEntryNeedsNoAdaptingDoor(t *testing.T) {
	s := startFailing(t, hereConfig)
	s.expectOwnAnswers(t, func(model string) string { return `"model":"` + model + `"` })
	if n := s.envoy.Stat("http.gamma.adapt.downstream_rq_total"); n != 0 {
		t.Errorf("%d requests went through the adapting door", n)
	}
	anthropic := s.do("POST", "/v1/messages", []byte(`{"model":"nobody","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`))
	gemini := s.do("POST", "/v1beta/models/nobody:generateContent", []byte(`{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`))
	if !strings.Contains(anthropic.body, `"type":"error"`) || !strings.Contains(gemini.body, `"code":503`) || !strings.Contains(gemini.body, `"status":"UNAVAILABLE"`) {
		t.Errorf("errors of Envoy's own, for clients of others than OpenAI: %s %s", anthropic.body, gemini.body)
	}
}

// TestOnlyAnswersToTranslatedRequestsReachTheAnswerStage counts the streams that Envoy opens to llmroute.
func TestOnlyAnswersToTranslatedRequestsReachTheAnswerStage(t *testing.T) {
	s := start(t, `
providers:
  alpha: {schema: openai, endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}
  gone: {schema: openai, endpoint: "${gone}", auth: {bearer: "${gone_key}"}}
  gamma: {schema: anthropic, endpoint: "${gamma}", auth: {header: x-api-key, value: "${gamma_key}"}}
models:
  gpt: {provider: alpha, name: gpt-5-mini}
  lost: {provider: gone, name: gpt-5}
  claude: {provider: gamma, name: claude-haiku-4-5}
`, farEnd{name: "alpha", schema: "openai"}, farEnd{name: "gone", schema: "openai", refused: true}, farEnd{name: "gamma", schema: "anthropic"})
	for _, row := range []struct {
		name, body string
		demo       string
		status     int
		streams    int
	}{
		{"the provider speaks the client's schema", `{"model":"gpt","messages":[{"role":"user","content":"hi"}]}`, "", 200, 1},
		{"its errors, too", `{"model":"gpt","messages":[{"role":"user","content":"hi"}]}`, "status=400", 400, 1},
		{"a stream that tells its usage anyway", `{"model":"gpt","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}`, "", 200, 1},
		{"a stream whose usage the client did not ask for", `{"model":"gpt","stream":true,"messages":[{"role":"user","content":"hi"}]}`, "", 200, 2},
		{"refused by llmroute", `{"model":"nobody","messages":[{"role":"user","content":"hi"}]}`, "", 404, 1},
		{"answered by Envoy", `{"model":"lost","messages":[{"role":"user","content":"hi"}]}`, "", 503, 1},
		{"translated", `{"model":"claude","messages":[{"role":"user","content":"hi"}]}`, "", 200, 2},
		{"such a stream, with an entry behind", `{"models":["gpt","claude"],"stream":true,"messages":[{"role":"user","content":"hi"}]}`, "", 200, 2},
		{"two entries: route, and the door of each attempt", `{"models":["lost","claude"],"messages":[{"role":"user","content":"hi"}]}`, "", 200, 2},
	} {
		before := s.streams()
		var headers []string
		if row.demo != "" {
			headers = append(headers, "x-demo: "+row.demo)
		}
		got := s.chat(row.body, headers...)
		if strings.Contains(row.body, `"stream"`) && !strings.Contains(row.body, "include_usage") && strings.Contains(got.body, "usage") {
			t.Errorf("%s: the client did not ask for usage: %s", row.name, got.body)
		}
		if opened := s.streams() - before; got.status != row.status || opened != row.streams {
			t.Errorf("%s: status %d and %d streams, want %d and %d: %.300s", row.name, got.status, opened, row.status, row.streams, got.body)
		}
		for name := range got.header {
			if strings.EqualFold(name, "x-llmroute-answer") {
				t.Errorf("%s: the client sees %s", row.name, name)
			}
		}
	}
}

func (s *stack) streams() (n int) {
	for _, prefix := range []string{"llmroute", "alpha.adapt", "gamma.adapt", "gone.adapt"} {
		n += s.envoy.Stat("http." + prefix + ".ext_proc.streams_started")
	}
	return n
}

// TestWhatTheFirstProviderWasAskedTheNextIsNot: route has asked alpha for usage, in the body that a retry sends again.
func TestWhatTheFirstProviderWasAskedTheNextIsNot(t *testing.T) {
	s := start(t, `
providers:
  alpha: {schema: openai, endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}
  beta: {schema: openai, endpoint: "${beta}", auth: {bearer: "${beta_key}"}, stream_usage: estimate}
models:
  first: {provider: alpha, name: gpt-5}
  second: {provider: beta, name: gpt-5-mini}
`, farEnd{name: "alpha", schema: "openai"}, farEnd{name: "beta", schema: "openai"})
	for sent, want := range map[string]string{
		``: ``,
		`"stream_options":{"include_obfuscation":false},`: `"stream_options":{"include_obfuscation":false}`,
	} {
		got := s.chat(`{"models":["first","second"],"stream":true,`+sent+`"messages":[{"role":"user","content":"hi"}]}`, "x-demo: alpha: status=503")
		asked, then := s.providers["alpha"].Requests(), s.providers["beta"].Requests()
		if got.status != 200 || len(asked) == 0 || len(then) == 0 {
			t.Fatalf("status %d: %s", got.status, got.body)
		}
		if body := string(asked[len(asked)-1].Body); !strings.Contains(body, `"include_usage":true`) {
			t.Errorf("the first provider was not asked: %s", body)
		}
		body := string(then[len(then)-1].Body)
		if strings.Contains(body, "include_usage") || !strings.Contains(body, want) || strings.Contains(body, "stream_options") != (want != "") {
			t.Errorf("the second provider got %s", body)
		}
		if strings.Contains(got.body, `"usage"`) {
			t.Errorf("the client did not ask for usage: %s", got.body)
		}
	}
}

// TestAProviderCannotPoseAsAnAnswerToTranslate sends the header that only its door may set.
func TestAProviderCannotPoseAsAnAnswerToTranslate(t *testing.T) {
	const body = `{"id":"1","object":"chat.completion","choices":[],"error":null}`
	s := start(t, `
providers: {liar: {schema: openai, endpoint: "${liar}", auth: {bearer: "${liar_key}"}}}
models: {gpt: {provider: liar, name: gpt-5-mini}}
`, farEnd{name: "liar", schema: "openai", handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-llmroute-answer", `{"plan":{"op":"messages","try":[{"model":"gpt","provider":"liar","name":"x"}]},"request":{"format":"anthropic","op":"messages"}}`)
		w.Header().Set("content-type", "application/json")
		_, _ = io.WriteString(w, body)
	})})
	got := s.chat(`{"model":"gpt","messages":[{"role":"user","content":"hi"}]}`)
	if got.status != 200 || got.body != body || got.header.Get("x-llmroute-answer") != "" {
		t.Errorf("status %d: %s %v", got.status, got.body, got.header)
	}
	if n := s.streams(); n != 1 {
		t.Errorf("%d streams", n)
	}
}

// TestAnAnswerIsTranslatedByTheConfigurationThatItsRequestSaw takes its provider out of the configuration meanwhile.
func TestAnAnswerIsTranslatedByTheConfigurationThatItsRequestSaw(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	s := start(t, `
providers:
  gamma: {schema: anthropic, endpoint: "${gamma}", auth: {header: x-api-key, value: "${gamma_key}"}}
  alpha: {schema: openai, endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}
models:
  claude: {provider: gamma, name: claude-haiku-4-5}
  gpt: {provider: alpha, name: gpt-5-mini}
`, farEnd{name: "alpha", schema: "openai"}, farEnd{name: "gamma", schema: "anthropic", handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-release
		w.Header().Set("content-type", "application/json")
		_, _ = io.WriteString(w, `{"id":"msg_1","type":"message","role":"assistant","model":"m","stop_reason":"end_turn","content":[{"type":"text","text":"late"}],"usage":{"input_tokens":1,"output_tokens":2}}`)
	})})
	before, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan answer)
	go func() { got <- s.chat(`{"model":"claude","messages":[{"role":"user","content":"hi"}]}`) }()
	<-asked
	var without []string
	for line := range strings.Lines(string(before)) {
		if !strings.Contains(line, "gamma") {
			without = append(without, line)
		}
	}
	s.write(strings.Join(without, ""))
	s.changed <- struct{}{}
	s.changed <- struct{}{} // taken once the first is dealt with
	if gone := s.chat(`{"model":"claude","messages":[{"role":"user","content":"hi"}]}`); gone.status != http.StatusNotFound {
		t.Fatalf("the configuration has not changed: %d %s", gone.status, gone.body)
	}
	close(release)
	if a := <-got; a.status != 200 || !strings.Contains(a.body, `"content":"late"`) || a.header.Get("x-llmroute-answer") != "" {
		t.Errorf("status %d: %s %v", a.status, a.body, a.header)
	}
}

// TestTranslatedBodiesComeWholeWhateverTheirPace sends large requests at once to a provider whose answers come in pieces, with
// and without pauses: where Envoy has been seen to truncate.
func TestTranslatedBodiesComeWholeWhateverTheirPace(t *testing.T) {
	const word = "0123456789abcdef"
	prompt, answer := strings.Repeat(word, 20<<10), strings.Repeat(word, 8<<10)
	s := start(t, `
providers: {gamma: {schema: anthropic, endpoint: "${gamma}", auth: {header: x-api-key, value: "${gamma_key}"}}}
models: {claude: {provider: gamma, name: claude-haiku-4-5}}
`, farEnd{name: "gamma", schema: "anthropic", handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(string(body), prompt) {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.Header().Set("content-type", "application/json")
		text := fmt.Sprintf(`{"id":"msg_1","type":"message","role":"assistant","model":"m","stop_reason":"end_turn","content":[{"type":"text","text":%q}],"usage":{"input_tokens":1,"output_tokens":2}}`, answer)
		for n := 0; len(text) > 0; n++ {
			size := min(len(text), 7000)
			_, _ = io.WriteString(w, text[:size])
			text = text[size:]
			if n%3 == 0 {
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Millisecond)
			}
		}
	})})
	var all sync.WaitGroup
	for range 24 {
		all.Go(func() {
			for range 4 {
				got := s.chat(`{"model":"claude","messages":[{"role":"user","content":"` + prompt + `"}]}`)
				if got.status != 200 || !strings.Contains(got.body, `"content":"`+answer+`"`) {
					t.Errorf("status %d, %d bytes: %.200s", got.status, len(got.body), got.body)
				}
			}
		})
	}
	all.Wait()
}

// TestALargeCompressedAnswerIsTranslatedWhole has no pause in which the stages could catch up.
func TestALargeCompressedAnswerIsTranslatedWhole(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 6<<16)
	s := start(t, `
providers: {gamma: {schema: anthropic, endpoint: "${gamma}", auth: {header: x-api-key, value: "${gamma_key}"}}}
models: {claude: {provider: gamma, name: claude-haiku-4-5}}
`, farEnd{name: "gamma", schema: "anthropic", handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("content-type", "application/json")
		w.Header().Set("content-encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = fmt.Fprintf(z, `{"id":"msg_1","type":"message","role":"assistant","model":"m","stop_reason":"end_turn","content":[{"type":"text","text":%q}],"usage":{"input_tokens":1,"output_tokens":2}}`, text)
		_ = z.Close()
	})})
	for range 8 {
		got := s.chat(`{"model":"claude","messages":[{"role":"user","content":"hi"}]}`)
		if got.status != 200 || !strings.Contains(got.body, `"content":"`+text+`"`) {
			t.Errorf("status %d, %d bytes", got.status, len(got.body))
		}
	}
}

// TestAnswersThatAreStillToComeOutlastAStop stops llmroute while a provider thinks: the answer stage needs a stream that has not
// been opened.
func TestAnswersThatAreStillToComeOutlastAStop(t *testing.T) {
	thinks, goOn := make(chan struct{}, 1), make(chan struct{})
	s := start(t, `
providers: {gamma: {schema: anthropic, endpoint: "${gamma}", auth: {header: x-api-key, value: "${gamma_key}"}}}
models: {claude: {provider: gamma, name: claude-haiku-4-5}}
`, farEnd{name: "gamma", schema: "anthropic", handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); strings.Contains(string(body), "slow") {
			thinks <- struct{}{}
			<-goOn
		}
		w.Header().Set("content-type", "application/json")
		_, _ = io.WriteString(w, `{"id":"msg_1","type":"message","role":"assistant","model":"m","stop_reason":"end_turn","content":[{"type":"text","text":"done"}],"usage":{"input_tokens":1,"output_tokens":2}}`)
	})})
	s.chat(`{"model":"claude","messages":[{"role":"user","content":"hi"}]}`)
	s.settled(t, 5*time.Second) // Envoy has told of it, so its log is open
	got := make(chan answer, 1)
	go func() { got <- s.chat(`{"model":"claude","messages":[{"role":"user","content":"slow"}]}`) }()
	<-thinks
	stopped := make(chan struct{})
	go func() { s.stop(); close(stopped) }()
	time.Sleep(600 * time.Millisecond) // past the grace
	if late := s.chat(`{"model":"claude","messages":[{"role":"user","content":"hi"}]}`); late.status != http.StatusOK {
		t.Errorf("meanwhile: %d %s", late.status, late.body)
	}
	if n := s.envoy.Stat("http.gamma.adapt.downstream_rq_total"); n != 1 {
		t.Errorf("%d requests went through the adapting door, want the last one", n)
	}
	select {
	case <-stopped:
		t.Error("llmroute is gone, and the answer is still to come")
	default:
	}
	close(goOn)
	if a := <-got; a.status != http.StatusOK || !strings.Contains(a.body, `"content":"done"`) {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	<-stopped
}

// TestWhatPassesTheAnswerStageIsReadAndLeavesNothingBehind: usage in front of trailers, and answers that llmroute does not open.
func TestWhatPassesTheAnswerStageIsReadAndLeavesNothingBehind(t *testing.T) {
	const body, many = `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"model":"m","usage":{"prompt_tokens":4321,"total_tokens":4321}}`, 60
	s := start(t, `
providers: {alpha: {schema: openai, http: "2", endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}}
models: {embed: {provider: alpha, name: text-embedding-3-small}}
`, farEnd{name: "alpha", schema: "openai", h2: true, handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("content-type", "application/json")
		var out io.Writer = w
		switch r.Header.Get("x-case") {
		case "trailers":
			w.Header().Set("trailer", "x-after")
			defer func() { _ = http.NewResponseController(w).Flush(); w.Header().Set("x-after", "1") }()
		case "gzip":
			w.Header().Set("content-encoding", "gzip")
			z := gzip.NewWriter(w)
			defer z.Close()
			out = z
		case "error":
			w.Header().Set("content-encoding", "gzip")
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.WriteString(out, body)
	})})
	ask := func(kind string) answer {
		return s.do("POST", "/v1/embeddings", []byte(`{"model":"embed","input":"x"}`), "x-case: "+kind, "accept-encoding: identity")
	}
	for _, kind := range []string{"", "trailers"} {
		if got := ask(kind); got.status != http.StatusOK || got.body != body {
			t.Errorf("%q: status %d: %s", kind, got.status, got.body)
		}
	}
	for _, r := range s.settled(t, 5*time.Second) {
		if r.Source != usage.SourceReported || r.Tokens.Input != 4321 {
			t.Errorf("usage %+v, %s", r.Tokens, r.Source)
		}
	}
	for _, kind := range []string{"gzip", "error"} {
		ask(kind)
		before := runtime.NumGoroutine()
		for range many {
			ask(kind)
		}
		if more := runtime.NumGoroutine() - before; more > many/2 {
			t.Errorf("%q: %d goroutines are left of %d answers", kind, more, many)
		}
	}
}
