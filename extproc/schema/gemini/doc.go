// Package gemini speaks Google's generateContent, as Gemini clients send it and as AI Studio and Vertex AI take it.
//
//	POST /v1beta/models/{model}:generateContent        one answer
//	POST /v1beta/models/{model}:streamGenerateContent  ?alt=sse: server-sent events; without: one JSON array
//	POST /v1beta/models/{model}:countTokens            how long a prompt is
//	POST /v1beta/models/{model}:embedContent           one embedding; :batchEmbedContents several
//
// Google reads camelCase and snake_case names alike (protobuf's JSON mapping); so does this package, and it refuses
// an object that spells one field both ways. A stream has no last event: it is complete when a finish reason came.
//
// Source: https://ai.google.dev/api/generate-content (v1beta) and
// https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse (v1)
package gemini

import "github.com/llmroute/llmroute/extproc/schema"

// Client is Gemini's face towards those who call llmroute.
type Client struct{}

// Provider is Gemini's face towards AI Studio and Vertex AI.
type Provider struct{}

var (
	_ schema.Client   = Client{}
	_ schema.Provider = Provider{}
)

// Format implements schema.Client.
func (Client) Format() schema.Format { return schema.Gemini }

// Format implements schema.Provider.
func (Provider) Format() schema.Format { return schema.Gemini }
