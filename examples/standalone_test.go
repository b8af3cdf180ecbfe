package examples_test

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/llmroute/llmroute/internal/envoytest"
)

// environment is this one without providers' keys, and with what is given.
func environment(vars ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasSuffix(name, "_API_KEY") || name == "CONFIG" || name == "EXAMPLE" || name == "DEMO"
	})
	return append(env, vars...)
}

// movedStandalone writes the example's configuration with free ports in place of its own, and returns where Envoy listens.
func movedStandalone(t *testing.T) (file, listen string) {
	t.Helper()
	text := strings.NewReplacer("127.0.0.1:9101", envoytest.FreeAddr(t), "127.0.0.1:9102", envoytest.FreeAddr(t), "127.0.0.1:9103", envoytest.FreeAddr(t)).
		Replace(read(t, "standalone/llmroute.yaml"))
	listen = envoytest.FreeAddr(t)
	text += fmt.Sprintf("\nlisten: {grpc: %q, admin: %q, envoy: %q, envoy_admin: %q}\n",
		envoytest.FreeAddr(t), envoytest.FreeAddr(t), listen, envoytest.FreeAddr(t))
	file = filepath.Join(t.TempDir(), "llmroute.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, listen
}

func TestMakeRunServesItsCurlLineAndEndsWithCtrlC(t *testing.T) {
	needCurl(t)
	config, listen := movedStandalone(t)
	cmd := exec.Command("../scripts/run")
	cmd.Env = environment("CONFIG="+config, "DEMO=yes", "RUN_DIR="+t.TempDir(), "LLMROUTE_BIN="+binary, "ENVOY_CONCURRENCY=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a group of its own, as a terminal gives it
	run := launch(t, cmd)
	group := -cmd.Process.Pid
	t.Cleanup(func() { _ = syscall.Kill(group, syscall.SIGKILL) })
	run.await("a curl line", func() bool { return printedCurl(run.output.String()) != "" })

	got := curl(t, printedCurl(run.output.String()))
	if got.status != 200 || got.header.Get("server") != "envoy" || got.header.Get("x-llmroute-model") == "" || got.header.Get("x-llmroute-provider") == "" {
		t.Errorf("the printed line got %d %v %s", got.status, got.header, got.body)
	}

	readme := read(t, "standalone/README.md")
	want := []struct {
		status          int
		route, provider string
		attempts, body  string
	}{
		{200, "default", "beta", "1", `"content"`},
		{200, "vip", "alpha", "1", `"content"`},
		{403, "", "", "", `"code":"policy_denied"`},
		{200, "model", "gamma", "1", `"object":"chat.completion"`},
		{200, "default", "alpha", "2", `"content"`},
	}
	lines := commands(readme, "curl -i ")
	if len(lines) != len(want) {
		t.Fatalf("the README has %d curl lines, not %d", len(lines), len(want))
	}
	for i, w := range want {
		got := curl(t, strings.ReplaceAll(lines[i], "127.0.0.1:10000", listen))
		if h := got.header; got.status != w.status || h.Get("x-llmroute-route") != w.route || h.Get("x-llmroute-provider") != w.provider ||
			w.attempts != "" && h.Get("x-llmroute-attempts") != w.attempts || !strings.Contains(got.body, w.body) {
			t.Errorf("%s\ngot %d %v %s\nwant %+v", lines[i], got.status, h, got.body, w)
		}
	}

	if err := syscall.Kill(group, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	run.end(0) // waits
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("after Ctrl-C it ended with %d", code)
	}
	if err := syscall.Kill(group, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("a process of it is still there: %v", err)
	}
}

func TestTheExplainLineOfTheREADMEWorks(t *testing.T) {
	lines := commands(read(t, "standalone/README.md"), "echo ")
	if len(lines) != 1 {
		t.Fatalf("the README has %d such lines", len(lines))
	}
	cmd := exec.Command("bash", "-c", strings.Replace(lines[0], "bin/llmroute", binary, 1))
	cmd.Dir = ".."
	cmd.Env = environment()
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "plan  gpt-5 at alpha, then small-eu at beta") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestAnAddressThatIsTakenEndsAllAndIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ key, want string }{
		"Envoy's":             {"envoy", "run: nothing can listen on "},
		"Envoy's admin's":     {"envoy_admin", "run: nothing can listen on "},
		"llmroute's":          {"admin", "run: llmroute ended; its last words:"}, // though another answers there that it is ready
		"llmroute's for gRPC": {"grpc", "run: llmroute ended; its last words:"},
	} {
		t.Run(name, func(t *testing.T) {
			config, _ := movedStandalone(t)
			taken := serveHandler(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			text := regexp.MustCompile(`\b`+c.key+`: "[^"]*"`).ReplaceAllString(read(t, config), fmt.Sprintf("%s: %q", c.key, taken))
			if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("../scripts/run")
			cmd.Env = environment("CONFIG="+config, "DEMO=yes", "RUN_DIR="+t.TempDir(), "LLMROUTE_BIN="+binary)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), c.want) || !strings.Contains(string(out), taken) || strings.Contains(string(out), "llmroute is ready") {
				t.Errorf("%v: %s", err, out)
			}
			if err := syscall.Kill(-cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("a process of it is still there: %v", err)
			}
		})
	}
}

func TestMakeRunPicksTheConfigurationByTheKeysThatAreThere(t *testing.T) {
	for name, c := range map[string]struct {
		env  []string
		want string
	}{
		"no key":               {nil, "examples/standalone/llmroute.yaml: ok: 3 providers"},
		"an OpenAI key":        {[]string{"OPENAI_API_KEY=x"}, "examples/standalone/real.yaml: ok: 1 providers"},
		"two keys":             {[]string{"ANTHROPIC_API_KEY=x", "GEMINI_API_KEY=y"}, "examples/standalone/real.yaml: ok: 2 providers"},
		"a file of one's own":  {[]string{"OPENAI_API_KEY=x", "CONFIG=examples/existing-envoy/llmroute.yaml"}, "examples/existing-envoy/llmroute.yaml: ok: 2 providers"},
		"a file with a fault":  {[]string{"CONFIG=Makefile"}, "run: Makefile has faults:"},
		"a file that is not":   {[]string{"CONFIG=nothing.yaml"}, "run: nothing.yaml has faults:"},
		"an empty key is none": {[]string{"OPENAI_API_KEY="}, "examples/standalone/llmroute.yaml: ok"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("../scripts/run", "check")
			cmd.Env = environment(append(c.env, "RUN_DIR="+t.TempDir(), "LLMROUTE_BIN="+binary)...)
			out, _ := cmd.CombinedOutput()
			if !strings.Contains(string(out), c.want) {
				t.Errorf("got %s\nwant %s", out, c.want)
			}
		})
	}
}

// printedCurl is the indented curl line of what scripts/run prints, once it is whole.
func printedCurl(text string) string {
	_, line, found := strings.Cut(text, "\n  curl ")
	line, _, whole := strings.Cut(line, "\n")
	if !found || !whole {
		return ""
	}
	return "curl " + line
}

// commands are the lines of a text that start so.
func commands(text, start string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, start) {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

// curl runs a curl -i line as a person would.
func curl(t *testing.T, line string) answer {
	t.Helper()
	out, err := exec.Command("bash", "-c", strings.Replace(line, "curl -i", "curl -i -sS --max-time 20", 1)).Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(out))), nil)
	if err != nil {
		t.Fatalf("%s: %v in %s", line, err, out)
	}
	defer resp.Body.Close()
	_, body, _ := strings.Cut(string(out), "\r\n\r\n")
	return answer{status: resp.StatusCode, header: resp.Header, body: body}
}

func needCurl(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed; what the READMEs print cannot be tried")
	}
}
