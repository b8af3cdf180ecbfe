package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExitCodesTellFaultsFromWrongUse(t *testing.T) {
	dir := t.TempDir()
	config, bad, request := filepath.Join(dir, "llmroute.yaml"), filepath.Join(dir, "bad.yaml"), filepath.Join(dir, "request.json")
	for path, text := range map[string]string{
		config:  "providers:\n  p: {schema: openai, endpoint: http://127.0.0.1:1/v1}\nmodels: {m: {provider: p}}\n",
		bad:     "providers: {}\n",
		request: `{"model":"m","messages":[{"role":"user","content":"Hello"}]}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for line, want := range map[string]int{
		"check":                           exitOK,
		"--help":                          exitOK,
		"explain --help":                  exitOK,
		"explain REQUEST":                 exitOK,
		"-c BAD check":                    exitFaults,
		"-c none.yaml check":              exitFaults,
		"explain --path /v1/x REQUEST":    exitFaults,
		"usage":                           exitFaults, // there is no ledger
		"":                                exitUsage,
		"chek":                            exitUsage,
		"check more":                      exitUsage,
		"check --adresses":                exitUsage,
		"check --envoy none.yaml":         exitUsage,
		"check --envoy BAD --admin x":     exitUsage,
		"check --admin ftp://x":           exitUsage,
		"check --admin 127.0.0.1:1":       exitFaults,
		"check --llmroute x:1":            exitUsage,
		"explain none.json":               exitUsage,
		"explain -H nonsense":             exitUsage,
		"explain --claim nonsense":        exitUsage,
		"explain --certificate email=x":   exitUsage,
		"explain --json --jsonl":          exitUsage,
		"envoy --merge REQUEST":           exitUsage,
		"envoy --at example.com/v1":       exitUsage,
		"envoy --for existing --at /v1":   exitUsage,
		"usage --by colour":               exitUsage,
		"usage --by day,hour":             exitUsage,
		"usage --since yesterday":         exitUsage,
		"usage --until tomorrow":          exitUsage,
		"usage --where colour=red":        exitUsage,
		"usage --format xml":              exitUsage,
		"replay --calibrate nonsense":     exitUsage,
		"replay --calibrate none=0.5":     exitUsage,
		"demo --provider nonsense":        exitUsage,
		"demo --provider a=b@127.0.0.1:1": exitUsage,
		"serve --log-level loud":          exitUsage,
	} {
		t.Run(line, func(t *testing.T) {
			args := append([]string{"--config", config}, strings.Fields(strings.NewReplacer("BAD", bad, "REQUEST", request).Replace(line))...)
			var stderr strings.Builder
			if got := run(args, strings.NewReader(""), io.Discard, &stderr); got != want {
				t.Errorf("ended with %d, want %d: %s", got, want, stderr.String())
			}
			if want == exitUsage && !strings.Contains(stderr.String(), "--help") {
				t.Errorf("does not say where to read on: %s", stderr.String())
			}
		})
	}
}
