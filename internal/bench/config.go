package main

import (
	_ "embed"
	"os"
	"path/filepath"
	"strings"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/floor"
)

//go:embed llmroute.yaml
var configText string

// addresses are where one of the measured listens, and what it talks to.
type addresses struct {
	grpc, admin, envoy, envoyAdmin string
	providers                      map[string]string
}

// farEnds are the providers of llmroute.yaml, as the provider role takes them. Bedrock's signature is left out.
var farEnds = [...]struct{ name, schema, key string }{
	{"alpha", "openai", "key-alpha"},
	{"beta", "openai", "key-beta"},
	{"gamma", "anthropic", "key-gamma"},
	{"delta", "gemini", "key-delta"},
	{"epsilon", "bedrock", ""},
}

// writeConfig writes llmroute.yaml into dir and loads it.
func writeConfig(dir string, a addresses) (path string, c *config.Config, err error) {
	pairs := []string{"$GRPC", a.grpc, "$ADMIN", a.admin, "$ENVOYADMIN", a.envoyAdmin, "$ENVOY", a.envoy}
	for name, addr := range a.providers {
		pairs = append(pairs, "$"+strings.ToUpper(name), addr)
	}
	path = filepath.Join(dir, "llmroute.yaml")
	if err := os.WriteFile(path, []byte(strings.NewReplacer(pairs...).Replace(configText)), 0o600); err != nil {
		return "", nil, err
	}
	file, faults := config.LoadFile(path)
	if len(faults) > 0 {
		return "", nil, faults
	}
	return path, file.Config, nil
}

// writeEnvoy generates Envoy's configuration into dir, after change.
func writeEnvoy(dir string, c *config.Config, change func(*bootstrapv3.Bootstrap) error) (path string, err error) {
	secrets := filepath.Join(dir, "secrets")
	credentials, err := envoy.Credentials(c)
	if err != nil {
		return "", err
	}
	if err := envoy.WriteSecrets(secrets, credentials); err != nil {
		return "", err
	}
	bootstrap, err := envoy.Generate(c, envoy.Options{SecretsDir: secrets})
	if err != nil {
		return "", err
	}
	if err := change(bootstrap); err != nil {
		return "", err
	}
	text, err := envoy.YAML(bootstrap)
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "envoy.yaml")
	return path, os.WriteFile(path, text, 0o600)
}

// floorPlan is what llmroute decides for the requests of this benchmark, as a constant of the same size, so that
// Envoy has the same work with either.
func floorPlan() floor.Plan {
	return floor.Plan{
		Clusters: []string{"alpha", "beta.adapt", "alpha.adapt"},
		Metadata: map[string]string{
			"model": "house", "provider": "alpha", "route": "default", "op": "chat_completions",
			"reason": "route default, strategy cost", "models": "house,mistral-small,gpt-5-nano",
			"plan": `{"op":"chat_completions","try":[{"model":"house","provider":"alpha","name":"house/long-context-2026","limit":8192},` +
				`{"model":"mistral-small","provider":"beta","name":"mistralai/Mistral-Small-3.2","limit":8192},` +
				`{"model":"gpt-5-nano","provider":"alpha","name":"gpt-5-nano","limit":8192}]}`,
		},
		Headers: map[string]string{"x-envoy-max-retries": "2", "x-envoy-upstream-rq-per-try-timeout-ms": "300000"},
	}
}
