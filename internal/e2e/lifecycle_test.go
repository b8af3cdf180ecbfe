package e2e

import (
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/llmroute/llmroute/internal/config"
)

// TestAThousandReloadsUnderLoadLoseNoRequest swaps between two configurations that name the first model differently.
func TestAThousandReloadsUnderLoadLoseNoRequest(t *testing.T) {
	s := start(t, threeInARow, farEnd{name: "alpha", schema: "openai"}, farEnd{name: "beta", schema: "openai"}, farEnd{name: "gamma", schema: "azure"})
	text, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	one, other := string(text), strings.ReplaceAll(string(text), "models: [first, second, third]", "models: [second, first, third]")

	var requests, failed atomic.Int64
	models := sync.Map{}
	done := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				got := s.chat(`{"model":"auto","messages":[{"role":"user","content":"hi"}]}`)
				requests.Add(1)
				models.Store(got.header.Get("x-llmroute-model"), true)
				if got.status != http.StatusOK {
					failed.Add(1)
				}
			}
		})
	}
	for i := range 1000 {
		s.write([]string{other, one}[i%2])
		s.changed <- struct{}{} // the one before has been taken up
	}
	close(done)
	group.Wait()
	if failed.Load() != 0 || requests.Load() < 100 {
		t.Errorf("%d of %d requests failed", failed.Load(), requests.Load())
	}
	for _, model := range []string{"first", "second"} {
		if _, ok := models.Load(model); !ok {
			t.Errorf("no request saw the configuration that puts %s first", model)
		}
	}
	t.Logf("%d requests while the configuration changed 1000 times", requests.Load())
}

func TestARefusedConfigurationLeavesTheOldOneServing(t *testing.T) {
	s := start(t, forSDKs, farEnd{name: "alpha", schema: "openai"})
	good, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	s.write(strings.Replace(string(good), "strategy: priority", "strategy: chepest", 1))
	s.changed <- struct{}{}
	s.changed <- struct{}{} // taken once the first is dealt with
	if got := s.chat(`{"model":"auto","messages":[{"role":"user","content":"hi"}]}`); got.status != http.StatusOK {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	metrics := s.get(t, "/metrics")
	for _, want := range []string{`llmroute_config_stale 1`, `llmroute_config_reloads_total{result="refused"}`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
	if log := s.logs.String(); !strings.Contains(log, "chepest") || !strings.Contains(log, "llmroute.yaml:") {
		t.Errorf("the log does not say what is wrong and where:\n%s", log)
	}
	s.write(string(good))
	s.changed <- struct{}{}
	s.changed <- struct{}{}
	if metrics := s.get(t, "/metrics"); !strings.Contains(metrics, "llmroute_config_stale 0") {
		t.Error("/metrics still says that the configuration is stale")
	}
}

// TestOnStopHealthTurnsFirstAndRequestsUnderWayFinish stops llmroute while a request is in the route stage, its body
// half sent.
func TestOnStopHealthTurnsFirstAndRequestsUnderWayFinish(t *testing.T) {
	s := start(t, forSDKs, farEnd{name: "alpha", schema: "openai"})
	file, _ := config.LoadFile(s.file)
	conn, err := grpc.NewClient(file.Config.Listen.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	watch, err := healthv1.NewHealthClient(conn).Watch(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want healthv1.HealthCheckResponse_ServingStatus) {
		t.Helper()
		if got, err := watch.Recv(); err != nil || got.GetStatus() != want {
			t.Errorf("health is %v, %v; want %v", got, err, want)
		}
	}
	expect(healthv1.HealthCheckResponse_SERVING)

	halves := newHalves(`{"model":"auto","messages":[{"role":"user",`, `"content":"slow"}]}`)
	answered := make(chan string, 1)
	go func() {
		req, _ := http.NewRequest("POST", s.url+"/v1/chat/completions", halves)
		req.Header.Set("content-type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			answered <- err.Error()
			return
		}
		resp.Body.Close()
		answered <- resp.Status
	}()
	<-halves.waiting
	stopped := make(chan struct{})
	go func() { s.stop(); close(stopped) }()
	expect(healthv1.HealthCheckResponse_NOT_SERVING)
	if got := s.chat(`{"model":"auto","messages":[{"role":"user","content":"late"}]}`); got.status != http.StatusOK {
		t.Errorf("a request within the grace: %d %s", got.status, got.body)
	}
	time.Sleep(400 * time.Millisecond) // past the grace: draining
	select {
	case <-stopped:
		t.Error("llmroute stopped while a request was under way")
	default:
	}
	close(halves.release)
	if got := <-answered; got != "200 OK" {
		t.Errorf("the request under way: %s", got)
	}
	<-stopped
	if got := s.chat(`{"model":"auto","messages":[{"role":"user","content":"hi"}]}`); got.status != http.StatusServiceUnavailable {
		t.Errorf("without llmroute: %d, want 503", got.status)
	}
	if n := len(s.providers["alpha"].Requests()); n != 2 {
		t.Errorf("the provider saw %d requests, want 2: unjudged ones must not reach it", n)
	}
}

// halves is a body whose second half waits.
type halves struct {
	parts            []string
	waiting, release chan struct{}
}

func newHalves(parts ...string) *halves {
	return &halves{parts: parts, waiting: make(chan struct{}), release: make(chan struct{})}
}

func (h *halves) Read(b []byte) (int, error) {
	switch len(h.parts) {
	case 0:
		return 0, io.EOF
	case 1:
		close(h.waiting)
		<-h.release
	}
	n := copy(b, h.parts[0])
	h.parts = h.parts[1:]
	if len(h.parts) == 0 {
		return n, io.EOF
	}
	return n, nil
}

// TestExplainEqualsServing asks the admin server and serves the same request.
func TestExplainEqualsServing(t *testing.T) {
	s := start(t, twoProviders, bothEnds()...)
	for _, headers := range [][]string{nil, {"x-tier: vip"}, {"x-tier: vip", "x-team: interns"}, {"x-region: eu"}, {"x-llmroute-strategy: cost"}} {
		body := `{"model":"auto","messages":[{"role":"user","content":"hello"}]}`
		served := s.chat(body, headers...)
		explained := s.explain(t, body, headers)
		if want := served.header.Get("x-llmroute-model"); explained.Plan[0].Model != want {
			t.Errorf("%v: explain says %s, %s served", headers, explained.Plan[0].Model, want)
		}
		if want := served.header.Get("x-llmroute-route"); explained.Route != want {
			t.Errorf("%v: explain says route %s, served by %s", headers, explained.Route, want)
		}
		if want := served.header.Get("x-llmroute-reason"); explained.Reason != want {
			t.Errorf("%v: explain says %q, the header %q", headers, explained.Reason, want)
		}
	}
}
