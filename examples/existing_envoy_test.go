package examples_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmroute/llmroute/internal/demo"
	"github.com/llmroute/llmroute/internal/envoytest"
)

const existing = "existing-envoy"

// secretsPath is where the README puts secrets.
const secretsPath = "/etc/llmroute/secrets"

func TestTheREADMEsCommandMakesTheConfigurationAfterwards(t *testing.T) {
	after := mergedByREADME(t)
	path := filepath.Join(existing, "after.yaml")
	if *update {
		if err := os.WriteFile(path, []byte(after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(read(t, path), after); diff != "" {
		t.Errorf("%s differs (-file +now); if that is meant, run with -update:\n%s", path, diff)
	}
}

// mergedByREADME runs the first command of the README.
func mergedByREADME(t *testing.T) string {
	t.Helper()
	readme := read(t, filepath.Join(existing, "README.md"))
	_, command, found := strings.Cut(readme, "\nllmroute envoy ")
	command, _, ended := strings.Cut(command, " > after.yaml\n")
	if !found || !ended {
		t.Fatal("the README has no such command")
	}
	secrets := filepath.Join(t.TempDir(), "secrets")
	cmd := exec.Command(binary, append([]string{"envoy"}, strings.Fields(strings.ReplaceAll(command, secretsPath, secrets))...)...)
	cmd.Dir = existing
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	return strings.ReplaceAll(string(out), secrets, secretsPath)
}

func TestMergingInsertsLinesAndChangesNone(t *testing.T) {
	before, after := read(t, filepath.Join(existing, "before.yaml")), read(t, filepath.Join(existing, "after.yaml"))
	rest := strings.SplitAfter(after, "\n")
	for line := range strings.Lines(before) {
		i := slices.Index(rest, line)
		if i < 0 {
			t.Fatalf("after.yaml lacks, or has in another place: %s", line)
		}
		rest = rest[i+1:]
	}
}

// attached is the example at work: the ingress before and after, side by side.
type attached struct {
	t             *testing.T
	before, after string // base URLs
	envoy         *envoytest.Envoy
	llmroute      *process
	admin         string // of llmroute
	alpha, beta   *demo.Provider
}

func startAttached(t *testing.T) *attached {
	t.Helper()
	a := &attached{t: t}
	web, orders := appServer(t, "web"), appServer(t, "orders")
	a.alpha = demo.New(demo.Options{Name: "alpha", Schema: "openai", Key: "demo-alpha"})
	a.beta = demo.New(demo.Options{Name: "beta", Schema: "openai", Key: "demo-beta", Prefix: "/inference"})
	alpha, beta := serveHandler(t, a.alpha), serveHandler(t, a.beta)
	grpc, admin := envoytest.FreeAddr(t), envoytest.FreeAddr(t)

	dir := t.TempDir()
	config := filepath.Join(dir, "llmroute.yaml")
	text := strings.NewReplacer("127.0.0.1:9101", alpha, "127.0.0.1:9102", beta).Replace(read(t, filepath.Join(existing, "llmroute.yaml")))
	text += fmt.Sprintf("\nlisten: {grpc: %q, admin: %q}\n", grpc, admin)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	secrets := filepath.Join(dir, "secrets")
	if out, err := exec.Command(binary, "-c", config, "envoy", "--secrets", secrets).CombinedOutput(); err != nil {
		t.Fatalf("secrets: %v: %s", err, out)
	}
	a.llmroute = launch(t, exec.Command(binary, "-c", config, "serve", "--grace", "0s", "--drain", "1s"))
	a.admin = "http://" + admin
	a.llmroute.await("ready", func() bool { return answers(a.admin + "/readyz") })

	ingress := func(file string) (string, *envoytest.Envoy) {
		listen := envoytest.FreeAddr(t)
		text := read(t, filepath.Join(existing, file))
		for from, to := range map[string]string{
			"8080": listen, "9901": envoytest.FreeAddr(t), "8081": web, "8082": orders, "9101": alpha, "9102": beta, "9002": grpc,
		} {
			if file == "after.yaml" && !strings.Contains(text, "port_value: "+from) {
				t.Fatalf("%s has no port %s", file, from)
			}
			text = strings.ReplaceAll(text, "port_value: "+from, "port_value: "+port(to))
		}
		return "http://" + listen, envoytest.Start(t, []byte(strings.ReplaceAll(text, secretsPath, secrets)))
	}
	a.before, _ = ingress("before.yaml")
	a.after, a.envoy = ingress("after.yaml")
	return a
}

// appServer is a service that says who it is and all that it got.
func appServer(t *testing.T, name string) (addr string) {
	return serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Header.Del("x-request-id") // Envoy's, and new each time
		w.Header().Set("x-service", name)
		_, _ = fmt.Fprintf(w, "%s %s %s %s\n", name, r.Method, r.Host, r.RequestURI)
		_ = r.Header.Write(w)
		_, _ = w.Write(body)
	}))
}

func serveHandler(t *testing.T, h http.Handler) (addr string) {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	_ = s.Listener.Close()
	s.Listener = lis
	s.Start()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return lis.Addr().String()
}

const hello = `{"model":"auto","messages":[{"role":"user","content":"Hello!"}]}`

// appRequests are what the ingress did before, and must go on doing.
var appRequests = []struct {
	name, method, host, path, body string
	headers                        []string
	status                         int
}{
	{name: "the shop", method: "GET", host: "www.example.com", path: "/", status: 200},
	{name: "the shop's visitors cannot sign in by a header", method: "GET", host: "www.example.com", path: "/me", headers: []string{"x-user: eve", "x-team: admins"}, status: 200},
	{name: "health", method: "GET", host: "www.example.com", path: "/healthz", status: 200},
	{name: "orders, below a prefix that llmroute has a part of", method: "POST", host: "www.example.com", path: "/v1/orders/7?x=1", body: `{"model":"auto"}`, status: 200},
	{name: "a path that only begins like llmroute's", method: "GET", host: "www.example.com", path: "/v1/chatter", status: 200},
	{name: "a path beside llmroute's", method: "POST", host: "www.example.com", path: "/v1/embeddings", body: hello, status: 200},
	{name: "headers that mean something to llmroute and its routes", method: "GET", host: "www.example.com", path: "/", headers: []string{
		"x-llmroute-path: /evil", "x-llmroute-plan: x", "x-llmroute-strategy: cost", "x-envoy-max-retries: 7", "authorization: Bearer mine", "accept-encoding: gzip",
	}, status: 200},
	{name: "a large body", method: "POST", host: "www.example.com", path: "/v1/orders", body: strings.Repeat("0123456789", 200_000), status: 200},
	{name: "the tools", method: "GET", host: "tools.example.com", path: "/wiki", headers: []string{"x-user: ada"}, status: 200},
	{name: "the tools without sign-in", method: "GET", host: "tools.example.com", path: "/wiki", status: 403},
	{name: "nobody's host", method: "GET", host: "elsewhere.example.com", path: "/v1/chat/completions", status: 404},
}

// sameApps sends every request of the apps through both ingresses.
func (a *attached) sameApps() {
	a.t.Helper()
	for _, r := range appRequests {
		before := ask(a.t, r.method, a.before, r.host, r.path, r.body, r.headers...)
		after := ask(a.t, r.method, a.after, r.host, r.path, r.body, r.headers...)
		for _, h := range []http.Header{before.header, after.header} {
			h.Del("date")
			h.Del("x-envoy-upstream-service-time") // milliseconds
		}
		if before.status != r.status {
			a.t.Errorf("%s: the test's own idea of the ingress is wrong: status %d, not %d: %.300s", r.name, before.status, r.status, before.body)
		}
		if diff := cmp.Diff(before, after, cmp.AllowUnexported(answer{})); diff != "" {
			a.t.Errorf("%s: not as before (-before +after):\n%.2000s", r.name, diff)
		}
	}
}

func TestOtherRoutesOfTheIngressNeverMeetLLMRoute(t *testing.T) {
	a := startAttached(t)
	a.sameApps()
	// The cluster carries the ext_proc streams, and the access log's too.
	if n := a.envoy.Stat("cluster.llmroute.upstream_cx_total"); n != 0 {
		t.Errorf("Envoy has connected to llmroute %d times for requests that are none of its business", n)
	}
}

func TestLLMRoutesOfTheIngressAreServed(t *testing.T) {
	a := startAttached(t)
	staff := []string{"x-user: ada", "x-team: web"}

	t.Run("the rules choose where the ingress does not", func(t *testing.T) {
		got := ask(t, "POST", a.after, "tools.example.com", "/v1/chat/completions", hello, staff...)
		expect(t, got, 200, "staff", "gpt-5-mini", "alpha", "1")
		r := last(t, a.alpha)
		if r.Path != "/v1/chat/completions" || r.Header.Get("authorization") != "Bearer demo-alpha" || r.Header.Get("x-team")+r.Header.Get("x-user")+r.Header.Get("x-zone") != "" {
			t.Errorf("the provider got %s %v", r.Path, r.Header)
		}
	})
	t.Run("the ingress chooses by metadata, whatever the client asks for", func(t *testing.T) {
		got := ask(t, "POST", a.after, "www.example.com", "/v1/chat/completions", hello, "authorization: Bearer mine")
		expect(t, got, 200, "shop", "llama-70b", "beta", "1")
		r := last(t, a.beta)
		if r.Path != "/inference/v1/chat/completions" || r.Header.Get("authorization") != "Bearer demo-beta" ||
			!strings.Contains(string(r.Body), `"model":"meta-llama/Llama-3.3-70B-Instruct"`) {
			t.Errorf("the provider got %s %v %s", r.Path, r.Header, r.Body)
		}
	})
	t.Run("a stream", func(t *testing.T) {
		got := ask(t, "POST", a.after, "www.example.com", "/v1/chat/completions", strings.Replace(hello, "{", `{"stream":true,`, 1))
		expect(t, got, 200, "shop", "llama-70b", "beta", "1")
		if !strings.HasSuffix(got.body, "data: [DONE]\n\n") {
			t.Errorf("the stream ends in %q", got.body[max(0, len(got.body)-100):])
		}
	})
	t.Run("a stream that the answer stage sees, for its usage", func(t *testing.T) {
		got := ask(t, "POST", a.after, "tools.example.com", "/v1/chat/completions", `{"model":"gpt-5","stream":true,"messages":[{"role":"user","content":"Hello!"}]}`, staff...)
		if got.status != 200 || !strings.HasSuffix(got.body, "data: [DONE]\n\n") || strings.Contains(got.body, `"usage"`) {
			t.Errorf("got %d %s", got.status, got.body)
		}
		if r := last(t, a.alpha); !strings.Contains(string(r.Body), `"include_usage":true`) {
			t.Errorf("the provider was not asked for usage: %s", r.Body)
		}
		if n := a.envoy.Stat("http.alpha.adapt.downstream_rq_total"); n != 0 {
			t.Errorf("%d requests went through the adapting door", n)
		}
	})
	t.Run("a fallback, with a body larger than the listener's buffer", func(t *testing.T) {
		body := strings.Replace(hello, "Hello!", strings.Repeat("Hello! ", 50_000), 1) + strings.Repeat(" ", 3<<20)
		got := ask(t, "POST", a.after, "www.example.com", "/v1/chat/completions", body, demo.ControlHeader+": beta: status=503")
		expect(t, got, 200, "shop", "gpt-5-mini", "alpha", "2")
		if r := last(t, a.alpha); len(r.Body) < 50_000*7 {
			t.Errorf("the second provider got a body of %d bytes", len(r.Body))
		}
	})
	t.Run("a client cannot steer what llmroute steers", func(t *testing.T) {
		got := ask(t, "POST", a.after, "tools.example.com", "/v1/chat/completions", hello,
			append(staff, "x-llmroute-path: /evil", "x-llmroute-plan: evil", "x-envoy-upstream-rq-per-try-timeout-ms: 1", "x-envoy-upstream-rq-timeout-ms: 1")...)
		expect(t, got, 200, "staff", "gpt-5-mini", "alpha", "1")
		if r := last(t, a.alpha); r.Path != "/v1/chat/completions" {
			t.Errorf("the provider got %s", r.Path)
		}
	})
	t.Run("a policy by the team that the ingress knows", func(t *testing.T) {
		got := ask(t, "POST", a.after, "tools.example.com", "/v1/chat/completions", strings.Replace(hello, "auto", "gpt-5", 1), "x-user: bob", "x-team: interns")
		if got.status != 403 || !strings.Contains(got.body, `"code":"policy_denied"`) {
			t.Errorf("got %d %s", got.status, got.body)
		}
	})
	t.Run("what authenticates comes before llmroute", func(t *testing.T) {
		got := ask(t, "POST", a.after, "tools.example.com", "/v1/chat/completions", hello)
		if got.status != 403 || !strings.Contains(got.body, "RBAC") {
			t.Errorf("got %d %s", got.status, got.body)
		}
	})
	t.Run("the models that a caller may use", func(t *testing.T) {
		got := ask(t, "GET", a.after, "tools.example.com", "/v1/models", "", "x-user: bob", "x-team: interns")
		if got.status != 200 || !strings.Contains(got.body, `"gpt-5-mini"`) || strings.Contains(got.body, `"gpt-5"`) {
			t.Errorf("got %d %s", got.status, got.body)
		}
	})
	a.sameApps()

	// llmroute learns of its own requests, and of no others.
	for _, line := range []string{
		`llmroute_requests_total{gen_ai_operation_name="chat",gen_ai_provider_name="beta",gen_ai_request_model="llama-70b",http_response_status_code="200"} 2`,
		`llmroute_attempts_total{gen_ai_provider_name="beta",http_response_status_code="503"} 1`,
		`llmroute_attempts_total{gen_ai_provider_name="beta",http_response_status_code="200"} 2`,
		`gen_ai_client_token_usage_count{gen_ai_operation_name="chat",gen_ai_provider_name="beta",gen_ai_request_model="llama-70b",gen_ai_token_type="output"} `,
	} {
		a.llmroute.await("the metric "+line, func() bool { return strings.Contains(a.metrics(), line) })
	}
	if metrics := a.metrics(); strings.Contains(metrics, `gen_ai_provider_name="web"`) || strings.Contains(metrics, `gen_ai_provider_name="orders"`) {
		t.Errorf("the apps' requests were told to llmroute:\n%s", metrics)
	}
}

func (a *attached) metrics() string {
	a.t.Helper()
	return ask(a.t, "GET", a.admin, "", "/metrics", "").body
}

func TestWithLLMRouteStoppedOnlyItsOwnRoutesFail(t *testing.T) {
	a := startAttached(t)
	a.llmroute.end(syscall.SIGTERM)
	for _, host := range []string{"www.example.com", "tools.example.com"} {
		got := ask(t, "POST", a.after, host, "/v1/chat/completions", hello, "x-user: ada")
		if got.status != 503 {
			t.Errorf("%s: got %d %s", host, got.status, got.body)
		}
	}
	if n := len(a.alpha.Requests()) + len(a.beta.Requests()); n != 0 {
		t.Errorf("%d requests that nobody judged have reached a provider", n)
	}
	a.sameApps()
}

func TestBothConfigurationsOfTheIngressAreEnvoysOwn(t *testing.T) {
	for _, file := range []string{"before.yaml", "after.yaml"} {
		secrets := filepath.Join(t.TempDir(), "secrets")
		if out, err := exec.Command(binary, "-c", filepath.Join(existing, "llmroute.yaml"), "envoy", "--secrets", secrets).CombinedOutput(); err != nil {
			t.Fatalf("secrets: %v: %s", err, out)
		}
		envoytest.Validate(t, []byte(strings.ReplaceAll(read(t, filepath.Join(existing, file)), secretsPath, secrets)))
	}
}

func expect(t *testing.T, got answer, status int, route, model, provider, attempts string) {
	t.Helper()
	want := []string{route, model, provider, attempts}
	var have []string
	for _, name := range []string{"route", "model", "provider", "attempts"} {
		have = append(have, got.header.Get("x-llmroute-"+name))
	}
	if got.status != status || !slices.Equal(have, want) {
		t.Errorf("got %d with %q, want %d with %q; %.500s", got.status, have, status, want, got.body)
	}
}

// last is what a provider got most recently.
func last(t *testing.T, p *demo.Provider) demo.Recorded {
	t.Helper()
	all := p.Requests()
	if len(all) == 0 {
		t.Fatal("the provider got nothing")
	}
	return all[len(all)-1]
}
