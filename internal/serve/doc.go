// Package serve runs llmroute: its gRPC services for Envoy, the admin server, reloads, and an orderly end.
package serve
