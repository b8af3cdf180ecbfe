package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/demo"
)

const demoConfig = `providers:
  alpha: {schema: openai, endpoint: http://127.0.0.1:9201/v1, auth: {bearer: key-a}}
  groq: {schema: openai, endpoint: http://localhost:9202/openai/v1}
  gamma: {schema: anthropic, endpoint: http://127.0.0.1:9203, auth: {header: x-api-key, value: key-g}}
  far: {schema: openai, endpoint: https://api.example.com/v1}
models:
  small: {provider: alpha, name: gpt-5-mini}
  llama: {provider: groq}
  claude-haiku-4-5: {provider: gamma}
  distant: {provider: far}
`

func TestDemoStandsInForTheConfiguredProvidersOnThisMachine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "llmroute.yaml")
	if err := os.WriteFile(file, []byte(demoConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := (&demoCmd{}).endpoints(&env{Config: file, Stderr: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	want := []demoEndpoint{
		{addr: "127.0.0.1:9201", Options: demo.Options{Name: "alpha", Schema: "openai", Key: "key-a", Models: []string{"gpt-5-mini"}}},
		{addr: "localhost:9202", Options: demo.Options{Name: "groq", Schema: "openai", Prefix: "/openai", Models: []string{"llama"}}},
		{addr: "127.0.0.1:9203", Options: demo.Options{Name: "gamma", Schema: "anthropic", Key: "key-g", Models: []string{"claude-haiku-4-5"}}},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestDemoRefusesWrongProviders(t *testing.T) {
	for _, spec := range []string{"alpha", "alpha=openai", "alpha=cohere@127.0.0.1:1", "Al Pha=openai@127.0.0.1:1", "=openai@:1"} {
		if got, err := (&demoCmd{Provider: []string{spec}}).endpoints(&env{}); err == nil {
			t.Errorf("%s: %v", spec, got)
		}
	}
}

func TestDemoServesUntilItsContextEnds(t *testing.T) {
	endpoints, err := parseDemo([]string{"alpha=openai@127.0.0.1:0", "gamma=anthropic@127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var said bytes.Buffer
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- serveDemo(ctx, &env{Stderr: writerFunc(func(b []byte) (int, error) {
			n, err := said.Write(b)
			if bytes.Contains(b, []byte("ready")) {
				close(ready)
			}
			return n, err
		})}, endpoints)
	}()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	urls := regexp.MustCompile(`http://\S+`).FindAllString(said.String(), -1)
	if len(urls) != 2 {
		t.Fatalf("said %s", said.String())
	}
	client := &http.Client{Timeout: 10 * time.Second}
	res, err := client.Post(urls[0]+"/v1/chat/completions", "application/json", strings.NewReader(`{"model":"m","messages":[{"role":"user","content":"hi"}]}`))
	if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("X-Demo-Provider") != "alpha" {
		t.Errorf("%v %v", res, err)
	}
	if err == nil {
		res.Body.Close()
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
