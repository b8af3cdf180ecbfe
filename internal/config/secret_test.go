package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	yaml "go.yaml.in/yaml/v4"
)

func TestSecretsPrintAsDots(t *testing.T) {
	const secret = "sk-live-canary"
	f := load(t, strings.Replace(base, "https://api.openai.com/v1", "https://api.openai.com/v1, auth: {bearer: "+secret+"}", 1))
	p, _ := f.Config.Providers.Get("openai")
	if got := p.Auth.Bearer.Reveal(); got != secret {
		t.Fatalf("the credential is %q", got)
	}
	s := p.Auth.Bearer
	var logged bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&logged, nil), slog.NewJSONHandler(&logged, nil)} {
		slog.New(h).Info("m", "secret", s, "pointer", &s, "auth", *p.Auth, "auth pointer", p.Auth, "config", f.Config)
	}
	asJSON, err := json.Marshal(f.Config)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(f.Config.Providers)
	if err != nil {
		t.Fatal(err)
	}
	outputs := map[string]string{"json": string(asJSON), "yaml": string(asYAML), "slog": logged.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %[1]v", "%o", "%10.3s"} {
		for what, v := range map[string]any{"secret": s, "pointer": &s, "auth": *p.Auth, "auth pointer": p.Auth, "list": []Secret{s}, "map": map[string]Secret{"k": s}} {
			outputs[verb+" of "+what] = fmt.Sprintf(verb, v)
		}
	}
	for how, out := range outputs {
		if strings.Contains(out, "canary") || strings.Contains(strings.ToLower(out), fmt.Sprintf("%x", "canary")) {
			t.Errorf("%s shows the secret: %s", how, out)
		}
	}
	for _, how := range []string{"json", "yaml", "slog", "%v of secret", "%#v of auth", "%v of list"} {
		if !strings.Contains(outputs[how], dots) {
			t.Errorf("%s has no dots: %s", how, outputs[how])
		}
	}
}
