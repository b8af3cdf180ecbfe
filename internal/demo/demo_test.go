package demo_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/llmroute/llmroute/internal/demo"
)

const testKey = "demo-key-for-tests"

func TestMain(m *testing.M) {
	// Google's SDK brings a library that starts a worker for the life of the process.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}

// start serves a provider for the length of the test.
func start(t *testing.T, o demo.Options) (*demo.Provider, string) {
	t.Helper()
	if o.Name == "" {
		o.Name = "alpha"
	}
	p := demo.New(o)
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	return p, s.URL
}

// idle waits until no request is in flight.
func idle(t *testing.T, p *demo.Provider) {
	t.Helper()
	select {
	case <-p.Idle():
	case <-time.After(10 * time.Second):
		t.Fatal("a request is still in flight")
	}
}

// charged returns the only charge.
func charged(t *testing.T, p *demo.Provider) demo.Charge {
	t.Helper()
	all := p.Charged()
	if len(all) != 1 {
		t.Fatalf("want one charge, got %+v", all)
	}
	return all[0]
}

const weatherSchema = `{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":3},"unit":{"type":"string","enum":["c","f"]}},"required":["city","unit"]}`

// ask puts one request to a fresh provider, without a network.
func ask(t *testing.T, schema, path, body string) (status int, answer string) {
	t.Helper()
	p := demo.New(demo.Options{Name: "alpha", Schema: schema})
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("anthropic-version", "2023-06-01")
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}
