// Package admin is llmroute's HTTP server for operators: health, metrics and explanations. It is read-only.
package admin
