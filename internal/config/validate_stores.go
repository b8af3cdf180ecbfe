package config

import (
	"net/url"
	"slices"
	"strings"
)

// stores checks the addresses of what llmroute keeps state in and pushes telemetry to. What is wrong with a secret is said
// without showing it.
func (v *validator) stores() {
	if at, dsn := "ledger.postgres", v.c.Ledger.Postgres.Reveal(); dsn != "" && !strings.Contains(dsn, "=") && !hasScheme(dsn, "postgres", "postgresql") {
		v.faultHidden(at, "this is not a connection string of PostgreSQL", "write it like postgres://user:password@host:5432/database")
	}
	if at, address := "state.redis", v.c.State.Redis.Reveal(); address != "" && !hasScheme(address, "redis", "rediss", "unix") {
		v.faultHidden(at, "this is not the URL of a Redis", "write it like redis://host:6379/0, or rediss:// for TLS")
	}
	if at, address := "telemetry.otlp", v.c.Telemetry.OTLP; address != "" {
		if wrong, _ := wrongURL(address, ""); wrong != "" {
			v.fault(at, v.text(at)+" "+wrong, "write it like http://otel-collector:4317")
		}
	}
}

// faultHidden is a fault that does not show the value: where it is malformed, nobody can tell what in it is a password.
func (v *validator) faultHidden(path, message, suggestion string) {
	if !v.bad[path] {
		v.bad[path] = true
		f := v.file.Fault(path, message, suggestion)
		f.Text = ""
		v.faults = append(v.faults, f)
	}
}

func hasScheme(address string, schemes ...string) bool {
	u, err := url.Parse(address)
	return err == nil && slices.Contains(schemes, u.Scheme) && (u.Host != "" || u.Path != "")
}
