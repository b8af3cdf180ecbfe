package envoy_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/floor"
)

// clientSecrets are what a client may send and no provider and no adapt stage may see.
var clientSecrets = []string{
	"authorization: Bearer client-key", "x-api-key: client-key", "api-key: client-key", "x-goog-api-key: client-key",
	"cookie: session=1", "x-team: red", "x-forwarded-for: 10.1.2.3", "forwarded: for=10.1.2.3", "x-amz-security-token: client-key",
	"x-llmroute-plan: forged", "x-llmroute-path: /forged", "x-llmroute-provider: forged", "x-envoy-attempt-count: 7",
}

func TestEachProviderSeesItsOwnKeyAndNothingOfOthers(t *testing.T) {
	a := &farEnd{name: "a", auth: bearer("key-a"), answer: fails(503), headers: config.Map[string]{{Name: "OpenAI-Organization", Value: "org-a 100%"}}}
	b := &farEnd{name: "b", auth: header("x-api-key", "key-b"), answer: fails(429)}
	c := &farEnd{name: "c"}
	r := newRig(t, rigging{
		providers: []*farEnd{a, b, c},
		plan: floor.Plan{
			Clusters: []string{"a", "b.adapt", "c.adapt"},
			Metadata: map[string]string{"plan": "the plan"},
			Headers:  map[string]string{"x-envoy-max-retries": "2"},
		},
		edit: func(c *config.Config) { c.Identity.Team.Header = "X-Team" },
	})
	if got := r.post([]byte("{}"), clientSecrets...); got.status != 200 {
		t.Fatalf("status %d %q", got.status, got.body)
	}
	if got := a.requests()[0].header.Get("OpenAI-Organization"); got != "org-a 100%" {
		t.Errorf("a got OpenAI-Organization %q", got)
	}
	a.got[0].header.Del("OpenAI-Organization")
	r.hasOnly(a, 0, []byte("{}"), "Authorization", "Bearer key-a")
	r.hasOnly(b, 0, []byte("{}"), "X-Api-Key", "key-b")
	r.hasOnly(c, 0, []byte("{}"), "X-None", "")

	streams := r.stage("adapt")
	if len(streams) != 2 {
		t.Fatalf("%d adapt streams", len(streams))
	}
	for i, want := range []struct{ provider, attempt, authority string }{{"b", "2", b.addr}, {"c", "3", c.addr}} {
		s := streams[i]
		if s.Provider != want.provider || s.Headers["x-envoy-attempt-count"] != want.attempt ||
			s.Headers["x-llmroute-plan"] != "the plan" || s.Headers[":authority"] != want.authority {
			t.Errorf("adapt stream %d: provider %q, headers %v; want %+v and the plan", i, s.Provider, s.Headers, want)
		}
		for name, value := range s.Headers {
			if strings.Contains(value, "key") || strings.Contains(value, "org-a") || strings.Contains(value, "forged") || name == "cookie" {
				t.Errorf("adapt at %s sees %s: %s", s.Provider, name, value)
			}
		}
	}
}

func TestTheRouteStageChangesThePath(t *testing.T) {
	a, b := &farEnd{name: "a", answer: fails(503)}, &farEnd{name: "b"}
	r := newRig(t, rigging{
		providers: []*farEnd{a, b},
		plan: floor.Plan{
			Clusters: []string{"a", "b.adapt"}, Metadata: map[string]string{"provider": "a"},
			Headers: map[string]string{"x-envoy-max-retries": "1", "x-llmroute-path": "/openai/deployments/x/chat/completions?api-version=1"},
		},
	})
	if got := r.post([]byte("{}")); got.status != 200 {
		t.Fatalf("status %d", got.status)
	}
	for _, f := range []*farEnd{a, b} {
		g := f.requests()[0]
		if g.path != "/openai/deployments/x/chat/completions" || g.query != "api-version=1" {
			t.Errorf("provider %s got path %q with query %q", f.name, g.path, g.query)
		}
		for name := range g.header {
			if hasAnyPrefix(name, "X-Envoy-", "X-Llmroute-") {
				t.Errorf("provider %s got %s", f.name, name)
			}
		}
	}
}

func TestResponseHeadersTellWhoAnswered(t *testing.T) {
	lies := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("x-llmroute-provider", "a lie")
			w.Header().Set("x-llmroute-cost", "a lie")
			w.Header().Set("x-envoy-upstream-service-time", "7")
			w.Header().Set("server", "a lie")
			w.WriteHeader(status)
		}
	}
	plan := func(clusters ...string) floor.Plan {
		return floor.Plan{
			Clusters: clusters,
			Metadata: map[string]string{"model": "model-a", "provider": "a", "route": "default", "reason": "cheapest"},
			Adapt: map[string]map[string]string{
				"a": {"model": "model-a", "provider": "a", "reason": "translated"},
				"b": {"model": "model-b", "provider": "b", "reason": "fallback after 503"},
			},
			Headers: map[string]string{"x-envoy-max-retries": "1"},
		}
	}
	bare := floor.Plan{Clusters: []string{"b"}}
	bare.Metadata = map[string]string{"route": "default"}
	cases := []struct {
		name string
		plan floor.Plan
		want map[string]string // "" means absent
	}{
		{"the first choice at its direct door", plan("b"),
			map[string]string{"model": "model-a", "provider": "b", "route": "default", "reason": "cheapest", "attempts": "1"}},
		{"an adapting door", plan("b.adapt"),
			map[string]string{"model": "model-b", "provider": "b", "route": "default", "reason": "fallback after 503", "attempts": "1"}},
		{"a fallback", plan("a", "b.adapt"),
			map[string]string{"model": "model-b", "provider": "b", "route": "default", "reason": "fallback after 503", "attempts": "2"}},
		{"a plan that says nothing leaves no empty header", bare,
			map[string]string{"model": "", "provider": "b", "route": "default", "reason": "", "attempts": "1"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigging{providers: []*farEnd{{name: "a", answer: lies(503)}, {name: "b", answer: lies(200)}}, plan: tc.plan})
			got := r.post([]byte("{}"))
			if got.status != 200 || got.header.Get("server") != "envoy" {
				t.Errorf("status %d, server %q", got.status, got.header.Get("server"))
			}
			for name, want := range tc.want {
				values := got.header.Values("x-llmroute-" + name)
				if strings.Join(values, ", ") != want {
					t.Errorf("x-llmroute-%s: got %q, want %q", name, values, want)
				}
			}
			if got.header.Get("x-llmroute-cost") != "" || got.header.Get("x-envoy-upstream-service-time") != "" {
				t.Errorf("a provider's internal headers came through: %v", got.header)
			}
		})
	}
}

func TestWhatWasNotJudgedReachesNoProvider(t *testing.T) {
	cases := []struct {
		name string
		plan floor.Plan
		down bool
	}{
		{"llmroute is down", floor.Plan{Clusters: []string{"a"}}, true},
		{"llmroute gave no plan", floor.Plan{Metadata: map[string]string{"route": "default"}}, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			a := &farEnd{name: "a", auth: bearer("key-a")}
			r := newRig(t, rigging{providers: []*farEnd{a}, plan: tc.plan})
			if tc.down {
				r.grpc.Stop()
			}
			if got := r.post([]byte("{}")); got.status != 503 {
				t.Errorf("status %d", got.status)
			}
			if n := len(a.requests()); n != 0 {
				t.Errorf("the provider got %d requests", n)
			}
		})
	}
}

func TestOnlyTheAdaptingDoorAsksLLMRouteAgain(t *testing.T) {
	r := newRig(t, rigging{
		providers: []*farEnd{{name: "a"}},
		plan:      floor.Plan{Clusters: []string{"a"}, Metadata: map[string]string{"provider": "a"}},
	})
	r.post([]byte("{}"))
	if len(r.stage("route")) != 1 || len(r.stage("adapt")) != 0 {
		t.Errorf("%d route and %d adapt streams, want 1 and 0", len(r.stage("route")), len(r.stage("adapt")))
	}
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
