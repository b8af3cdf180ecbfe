package demo_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/llmroute/llmroute/internal/demo"
)

const testKey = "demo-key-for-tests"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
