package admin

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/status"
)

func handler(a Access) http.Handler {
	return Handler(Options{
		Access: a, Ready: func(context.Context) bool { return true }, Status: func() status.View { return status.View{Now: time.Unix(0, 0)} },
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "metrics") }),
	})
}

func TestWhoMaySeeTheStatus(t *testing.T) {
	bearer := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("authorization", "Bearer "+token) }
	}
	for name, row := range map[string]struct {
		access Access
		host   string
		ask    func(*http.Request)
		want   int
	}{
		"this machine's users need no token":             {Access{Local: true}, "127.0.0.1:9003", nil, 200},
		"nor by the name localhost":                      {Access{Local: true}, "localhost:9003", nil, 200},
		"nor by IPv6":                                    {Access{Local: true}, "[::1]:9003", nil, 200},
		"a foreign name that leads here is refused":      {Access{Local: true}, "evil.example:9003", nil, 403},
		"without a token nobody sees it from elsewhere":  {Access{}, "127.0.0.1:9003", nil, 403},
		"a token is asked for where there is one":        {Access{Token: "t", Local: true}, "127.0.0.1:9003", nil, 401},
		"a wrong token":                                  {Access{Token: "t"}, "llmroute:9003", bearer("x"), 401},
		"an empty token":                                 {Access{Token: "t"}, "llmroute:9003", bearer(""), 401},
		"the token":                                      {Access{Token: "t"}, "llmroute:9003", bearer("t"), 200},
		"the token as the password of whoever it may be": {Access{Token: "t"}, "llmroute:9003", func(r *http.Request) { r.SetBasicAuth("me", "t") }, 200},
		"a wrong password":                               {Access{Token: "t"}, "llmroute:9003", func(r *http.Request) { r.SetBasicAuth("t", "x") }, 401},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/", "/page.js", "/v1/status"} {
				r := httptest.NewRequest(http.MethodGet, "http://"+row.host+path, http.NoBody)
				if row.ask != nil {
					row.ask(r)
				}
				w := httptest.NewRecorder()
				handler(row.access).ServeHTTP(w, r)
				if w.Code != row.want {
					t.Errorf("%s: %d, want %d", path, w.Code, row.want)
				}
			}
			for _, path := range []string{"/metrics", "/healthz", "/readyz"} { // machines ask for them
				w := httptest.NewRecorder()
				handler(row.access).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://"+row.host+path, http.NoBody))
				if w.Code != http.StatusOK {
					t.Errorf("%s: %d", path, w.Code)
				}
			}
		})
	}
}

func TestExplainIsGuardedToo(t *testing.T) {
	w := httptest.NewRecorder()
	handler(Access{Token: "t"}).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "http://llmroute:9003/v1/explain", http.NoBody))
	if w.Code != http.StatusUnauthorized {
		t.Errorf("status %d", w.Code)
	}
}

func TestWhatIsThisMachinesOwn(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:9003": true, "[::1]:9003": true, "localhost:9003": true, "unix:/run/llmroute.sock": true,
		"0.0.0.0:9003": false, ":9003": false, "[::]:9003": false, "10.0.0.7:9003": false, "llmroute:9003": false,
	} {
		if IsLocal(address) != want {
			t.Errorf("%s: %v", address, !want)
		}
	}
}

func TestThePageNeedsNothingFromElsewhere(t *testing.T) {
	w := httptest.NewRecorder()
	handler(Access{Local: true}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:9003/", http.NoBody))
	if policy := w.Header().Get("content-security-policy"); policy == "" || w.Code != http.StatusOK {
		t.Errorf("%d, policy %q", w.Code, policy)
	}
}
