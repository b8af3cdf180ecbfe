package examples_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/internal/demo"
)

const platform = "multilingual"

// spoken are the languages of the example's requests, in order, with the route that each must take.
var spoken = []struct{ language, route, model, provider string }{
	{"German", "european", "mistral-large", "paris"},
	{"French", "european", "mistral-large", "paris"},
	{"Spanish", "european", "mistral-large", "paris"},
	{"Italian", "european", "mistral-large", "paris"},
	{"Dutch", "european", "mistral-large", "paris"},
	{"Polish", "european", "mistral-large", "paris"},
	{"Portuguese", "european", "mistral-large", "paris"},
	{"Swedish", "european", "mistral-large", "paris"},
	{"Japanese", "japanese", "nihongo", "tokyo"},
	{"Korean", "default", "claude-haiku-4-5", "virginia"},
	{"Chinese", "default", "claude-haiku-4-5", "virginia"},
	{"Arabic", "default", "claude-haiku-4-5", "virginia"},
	{"Hindi", "default", "claude-haiku-4-5", "virginia"},
	{"English", "default", "claude-haiku-4-5", "virginia"},
}

func TestEachLanguageGoesWhereItIsSpokenBest(t *testing.T) {
	s := startScenario(t, platform, "")
	requests := requestsIn(t, platform, "requests.jsonl")
	if len(requests) != len(spoken) {
		t.Fatalf("%d requests for %d languages", len(requests), len(spoken))
	}
	for i, c := range spoken {
		t.Run(c.language, func(t *testing.T) {
			expect(t, s.ask(requests[i]), 200, c.route, c.model, c.provider, "1")
		})
	}
	t.Run("a text that is too short to tell", func(t *testing.T) {
		expect(t, s.ask(chat("OK")), 200, "default", "claude-haiku-4-5", "virginia", "1")
	})
	t.Run("the README's lines", func(t *testing.T) {
		s.curls(platform, [3]string{"european", "mistral-large", "200"}, [3]string{"japanese", "nihongo", "200"},
			[3]string{"european", "llama-eu", "200"}, [3]string{"", "", "403"})
	})
	t.Run("Japanese, when Tokyo is down", func(t *testing.T) {
		expect(t, s.ask(requests[8], "x-demo: tokyo: status=503"), 200, "japanese", "mistral-large", "paris", "2")
	})
}

func TestDataOfTheEUStaysThereWhateverHappens(t *testing.T) {
	s := startScenario(t, platform, "")
	requests := requestsIn(t, platform, "requests.jsonl")
	outside := func() map[string]uint64 {
		all := s.served()
		maps.DeleteFunc(all, func(name string, _ uint64) bool { return name == "paris" || name == "frankfurt" })
		return all
	}
	before := outside()
	for i, c := range spoken {
		expectEU := func(headers ...string) {
			t.Helper()
			got := s.ask(requests[i], headers...)
			expect(t, got, 200, c.route, "mistral-large", "paris", "1")
		}
		expectEU("x-data-region: eu")
		expectEU("x-team: berlin")
	}
	t.Run("one of the EU's providers is down", func(t *testing.T) {
		for i, c := range spoken {
			got := s.ask(requests[i], "x-team: lyon", "x-demo: paris: status=503")
			attempts := "2"
			if got.header.Get("x-llmroute-attempts") == "1" { // llmroute has noticed by then, from the access log
				attempts = "1"
			}
			expect(t, got, 200, c.route, "llama-eu", "frankfurt", attempts)
		}
	})
	t.Run("both are down", func(t *testing.T) {
		for i := range spoken {
			got := s.ask(requests[i], "x-data-region: eu", "x-demo: paris: status=503, frankfurt: status=503")
			if p := got.header.Get("x-llmroute-provider"); got.status != http.StatusServiceUnavailable || p != "paris" && p != "frankfurt" {
				t.Errorf("%s: got %d from %q: %s", spoken[i].language, got.status, p, got.body)
			}
		}
	})
	t.Run("they go on being down, until llmroute knows", func(t *testing.T) {
		for _, name := range []string{"paris", "frankfurt"} {
			s.providers[name].Fail(demo.Fault{Status: http.StatusServiceUnavailable})
		}
		for range 3 {
			for i := range spoken {
				if got := s.ask(requests[i], "x-team: berlin"); got.status != http.StatusServiceUnavailable {
					t.Errorf("%s: got %d: %s", spoken[i].language, got.status, got.body)
				}
			}
		}
	})
	t.Run("a model outside is asked for by name", func(t *testing.T) {
		for _, model := range []string{"claude-haiku-4-5", "nihongo"} {
			got := s.ask(strings.Replace(requests[0], `"auto"`, `"`+model+`"`, 1), "x-data-region: eu")
			if got.status != http.StatusForbidden || !strings.Contains(got.body, `"code":"policy_denied"`) || !strings.Contains(got.body, "eu-data") {
				t.Errorf("%s: got %d %s", model, got.status, got.body)
			}
		}
	})
	if after := outside(); !maps.Equal(before, after) {
		t.Errorf("providers outside the EU got requests: %v before, %v after", before, after)
	}
}
