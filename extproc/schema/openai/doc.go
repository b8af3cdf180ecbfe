// Package openai speaks OpenAI's formats: Chat Completions, Completions, Embeddings and Responses, as a client
// sends them and as OpenAI, Azure OpenAI and the many servers that follow them take them.
//
// Source: https://platform.openai.com/docs/api-reference
package openai

import "github.com/llmroute/llmroute/extproc/schema"

// Client is OpenAI's face towards those who call llmroute.
type Client struct{}

// Format implements schema.Client.
func (Client) Format() schema.Format { return schema.OpenAI }

// Format implements schema.Provider.
func (Provider) Format() schema.Format { return schema.OpenAI }

// Provider is OpenAI's face towards those whom llmroute calls.
type Provider struct {
	// Dialect says how this server differs from OpenAI. Zero: not at all.
	Dialect Dialect
}

var (
	_ schema.Client   = Client{}
	_ schema.Provider = Provider{}
)
