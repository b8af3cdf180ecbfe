package recording

import (
	"slices"
	"strings"
)

// secretHeaders carry credentials, by their standards and by the providers' API references.
var secretHeaders = []string{
	"authorization", "proxy-authorization", "authentication-info", "cookie", "set-cookie",
	"api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key", "x-functions-key", "x-amz-security-token", "x-csrf-token",
	"x-auth", "x-auth-key", "x-key",
}

// secretWords are parts of the names of headers that carry credentials of other kinds.
var secretWords = []string{
	"authorization", "token", "secret", "password", "passwd", "credential", "api-key", "apikey", "api_key",
	"signature", "jwt", "cookie", "session-key", "private-key", "access-key",
}

// secret reports whether a header, by its lower-case name, may carry a credential. In doubt it does.
func secret(name string) bool {
	return slices.Contains(secretHeaders, name) || slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(name, w) })
}

// internal reports whether a header is of llmroute's or Envoy's own making, which tells a replay nothing.
func internal(name string) bool {
	switch name {
	case "x-llmroute-strategy", "x-llmroute-max-cost-usd":
		return false
	}
	return strings.HasPrefix(name, "x-llmroute-") || strings.HasPrefix(name, "x-envoy-")
}
