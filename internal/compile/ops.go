package compile

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// formats gives the format behind each schema of the configuration.
var formats = map[string]schema.Format{
	"openai":    schema.OpenAI,
	"azure":     schema.OpenAI, // in Azure's envelope
	"anthropic": schema.Anthropic,
	"gemini":    schema.Gemini,
	"bedrock":   schema.Bedrock,
}

// ops is the one table of who serves what: for each operation that a client may ask for, the formats whose
// providers take it as it stands, and those that are reached by translation (to which of their operations).
var ops = []struct {
	op         schema.Op
	native     schema.Format
	translated map[schema.Format]schema.Op
}{
	{schema.OpChat, schema.OpenAI, prompts(schema.OpResponses)},
	{schema.OpCompletions, schema.OpenAI, prompts(schema.OpChat)},
	{schema.OpEmbeddings, schema.OpenAI, map[schema.Format]schema.Op{schema.Gemini: schema.OpGenerate}}, // but on Vertex AI
	{schema.OpResponses, schema.OpenAI, prompts(schema.OpChat)},
	{schema.OpMessages, schema.Anthropic, prompts(schema.OpChat)},
	{schema.OpCountTokens, schema.Anthropic, prompts(schema.OpChat)}, // answered by an estimate
	{schema.OpGenerate, schema.Gemini, prompts(schema.OpChat)},
	{schema.OpConverse, schema.Bedrock, nil},
}

// prompts are the operations by which each format answers a prompt that came in another's.
func prompts(openAI schema.Op) map[schema.Format]schema.Op {
	return map[schema.Format]schema.Op{
		schema.OpenAI: openAI, schema.Anthropic: schema.OpMessages, schema.Gemini: schema.OpGenerate, schema.Bedrock: schema.OpConverse,
	}
}

// native is what a provider takes as it stands: all that its format has, or of that what `apis` lists.
func native(format schema.Format, apis []string) map[schema.Op]bool {
	listed := map[schema.Op]bool{}
	for _, api := range apis {
		listed[schema.Op(api)] = true
	}
	if listed[schema.OpMessages] { // they go together
		listed[schema.OpCountTokens] = true
	}
	out := map[schema.Op]bool{}
	for _, row := range ops {
		if row.native == format && (len(apis) == 0 || listed[row.op]) {
			out[row.op] = true
		}
	}
	return out
}

// clientOps is what clients may ask of a provider's models, directly or by translation.
func clientOps(p *Provider) map[string]bool {
	out := map[string]bool{}
	for _, row := range ops {
		to, translated := row.translated[p.Format]
		if row.op == schema.OpEmbeddings && strings.Contains(p.Prefix, "/publishers/") { // Vertex AI has another method for it
			translated = false
		}
		if p.Serves[row.op] || translated && p.Serves[to] {
			out[string(row.op)] = true
		}
	}
	return out
}
