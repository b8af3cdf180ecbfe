package openai

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// Signatures are marked with their maker inside llmroute; see schema.Sign. Where this format has a place that names
// the maker, it carries the bare signature; else the marked one, an opaque string to the client.

// makers are the formats that sign.
var makers = [...]schema.Format{schema.Anthropic, schema.Gemini, schema.OpenAI, schema.Bedrock}

// madeBy takes the mark off a signature; the maker of one without is what the part says.
func madeBy(p *schema.Part) (by schema.Format, signature string) {
	for _, f := range makers {
		if raw, ok := schema.Unsign(f, p.Signature); ok {
			return f, raw
		}
	}
	return p.SignedBy, p.Signature
}

// sign marks the part's signature, unless it is marked or its maker is unknown.
func sign(p *schema.Part, by schema.Format, signature string) {
	p.Signature, p.SignedBy = signature, by
	if f, _ := madeBy(p); schema.IsSigned(signature) {
		p.SignedBy = f
	} else if by != "" {
		p.Signature = schema.Sign(by, signature)
	}
}

// redactedPrefix marks the encrypted_content that stands for a thought that another provider has blacked out.
const redactedPrefix = "redacted:"

// seal makes the encrypted_content of a thought: OpenAI's own bare, another's with its mark.
func seal(p *schema.Part) string {
	by, raw := madeBy(p)
	switch {
	case p.Signature == "":
		return ""
	case p.Redacted:
		return redactedPrefix + schema.Sign(by, raw)
	case by == schema.OpenAI:
		return raw
	}
	return p.Signature
}

// unseal reads encrypted_content.
func unseal(p *schema.Part, content string) {
	if content == "" {
		return
	}
	marked, redacted := strings.CutPrefix(content, redactedPrefix)
	p.Redacted = redacted
	sign(p, schema.OpenAI, marked)
}

// thoughtSignature makes the value for extra_content.google.thought_signature.
func thoughtSignature(marked string) string {
	if raw, ok := schema.Unsign(schema.Gemini, marked); ok {
		return raw
	}
	return marked
}
