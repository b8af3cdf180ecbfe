// Package anthropic speaks Anthropic's Messages API: as a client sends it (/v1/messages and
// /v1/messages/count_tokens), and as Anthropic, Vertex AI and the servers that follow them take it.
//
// # What is decided here
//
// max_tokens is required. A client that sets none gets [model.maxTokens], which no model of its generation refuses.
//
// Effort and thinking budget are two ways to say one thing; [budgetOf] and [effortOf] convert them. A budget is at
// least 1,024 and below max_tokens: it is lowered to fit, and where max_tokens leaves no room for the least budget,
// max_tokens is raised by it, so that the client's own limit still holds for the visible answer.
//
// A JSON schema goes out as output_config.format where the model has it and the schema fits; else as a tool that the
// model must call, whose input comes back as text; else, and for JSON without a schema, as an instruction. All of it
// is derived from the neutral request alone, so that DecodeResponse and NewDecoder undo what EncodeRequest did.
//
// Thoughts without a signature of Anthropic's are left out of the history and not counted as lost: the API itself
// takes earlier thoughts out of the context, and refuses those that it cannot verify.
//
// Source: https://platform.claude.com/docs/en/api/messages, API versions 2023-06-01 and 2026-10-21.
package anthropic

import "github.com/llmroute/llmroute/extproc/schema"

// Client is Anthropic's face towards those who call llmroute.
type Client struct{}

// Provider is Anthropic's face towards those whom llmroute calls.
type Provider struct{}

// Format implements schema.Client.
func (Client) Format() schema.Format { return schema.Anthropic }

// Format implements schema.Provider.
func (Provider) Format() schema.Format { return schema.Anthropic }

var (
	_ schema.Client   = Client{}
	_ schema.Provider = Provider{}
)
