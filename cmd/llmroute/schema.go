package main

import "github.com/llmroute/llmroute/internal/config"

// schemaCmd prints the JSON Schema of llmroute.yaml, for editors.
type schemaCmd struct{}

// Run writes the schema to stdout.
func (schemaCmd) Run(e *env) error {
	_, err := e.Stdout.Write(config.JSONSchema())
	return err
}
