package main

import (
	"bytes"
	"log/slog"
	"reflect"
	"strings"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/config"
)

// began is what a server started with and does not change by a reload. It is immutable.
type began struct {
	config *config.Config
	envoy  []byte // Envoy's configuration as it was then; nil: not known
}

func beganWith(c *config.Config) *began { return &began{config: c, envoy: envoyText(c)} }

// warn says which parts of a new configuration the reload has not brought into effect.
func (b *began) warn(next *config.Config, log *slog.Logger) {
	if keys := b.afterRestart(next); len(keys) > 0 {
		log.Warn("configuration: what changed under these keys takes effect when llmroute is started anew", "keys", strings.Join(keys, ", "))
	}
	if text := envoyText(next); b.envoy != nil && text != nil && !bytes.Equal(text, b.envoy) {
		log.Warn("configuration: Envoy's part of it differs from what it was at the start; run llmroute envoy, unless that is done")
	}
}

// afterRestart names the keys that only a new process follows.
func (b *began) afterRestart(next *config.Config) []string {
	old := b.config
	var keys []string
	for _, part := range []struct {
		key      string
		old, now any
	}{
		{"listen.grpc", old.Listen.GRPC, next.Listen.GRPC},
		{"listen.admin", old.Listen.Admin, next.Listen.Admin},
		{"listen.admin_token", old.Listen.AdminToken, next.Listen.AdminToken},
		{"ledger", old.Ledger, next.Ledger},
		{"state", old.State, next.State},
		{"telemetry", old.Telemetry, next.Telemetry},
	} {
		if !reflect.DeepEqual(part.old, part.now) {
			keys = append(keys, part.key)
		}
	}
	return keys
}

// envoyText is what `llmroute envoy` would print, apart from where files lie.
func envoyText(c *config.Config) []byte {
	bootstrap, err := envoy.Generate(c, envoy.Options{SecretsDir: "/secrets", BaseDir: "/"})
	if err != nil {
		return nil // it is said by the command that writes it
	}
	text, err := envoy.YAML(bootstrap)
	if err != nil {
		return nil
	}
	return text
}
