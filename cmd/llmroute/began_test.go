package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/internal/config"
)

func TestAReloadSaysWhatItDoesNotBringIntoEffect(t *testing.T) {
	const base = `
providers:
  p: {schema: openai, endpoint: https://api.example.com/v1, auth: {bearer: canary}}
models: {m: {provider: p}, n: {provider: p}}
`
	start := beganWith(parsed(t, base))
	const restart, again = "started anew", "run llmroute envoy"
	for name, row := range map[string]struct {
		more         string
		says, silent string
	}{
		"nothing changed":          {"", "", "level"},
		"routes follow at once":    {"routes: [{name: r, models: [m]}]", "", "level"},
		"an address needs both":    {`listen: {grpc: "127.0.0.1:9102"}`, `keys=listen.grpc`, "ledger"},
		"a token needs a restart":  {"listen: {admin_token: canary}", "keys=listen.admin_token", again},
		"the ledger needs one too": {"ledger: {sqlite: other.db}\nstate: {file: learned.json}", `keys="ledger, state"`, again},
		"Envoy's timeouts":         {"timeouts: {first_byte_json: 10m}", again, restart},
	} {
		t.Run(name, func(t *testing.T) {
			got := warnings(t, start, base+row.more)
			if !strings.Contains(got, row.says) || row.silent != "" && strings.Contains(got, row.silent) || strings.Contains(got, "canary") {
				t.Errorf("logged %q, want %q and not %q", got, row.says, row.silent)
			}
		})
	}
	if got := warnings(t, start, strings.Replace(base, "models:", "  q: {schema: openai, endpoint: https://api.example.org/v1}\nmodels:", 1)); !strings.Contains(got, again) {
		t.Errorf("a new provider is not in Envoy yet, and the log says %q", got)
	}
}

func warnings(t *testing.T, start *began, text string) string {
	t.Helper()
	var out bytes.Buffer
	start.warn(parsed(t, text), slog.New(slog.NewTextHandler(&out, nil)))
	return out.String()
}

func parsed(t *testing.T, text string) *config.Config {
	t.Helper()
	file, faults := config.Load("llmroute.yaml", []byte(text), func(string) (string, bool) { return "", false })
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return file.Config
}
