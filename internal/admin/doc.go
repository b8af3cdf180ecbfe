// Package admin is llmroute's HTTP server for operators: the status page and what it shows, health, metrics and
// explanations. It is read-only.
package admin
