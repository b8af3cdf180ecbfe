package gemini

import (
	"encoding/base64"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// placeholder stands for a thought signature that Gemini 3 demands on a call and that is not there, as when another
// provider made the call or the client's format has no place for it. It is base64, as the field demands.
// Source: https://ai.google.dev/gemini-api/docs/thought-signatures#faqs
const placeholder = "skip_thought_signature_validator"

// The field holds bytes, so another provider's signature, with its mark, goes to a Gemini client as base64 of a lead
// and the marked signature. The second lead is for a thought whose text nobody may read.
const (
	foreignLead  = "llmroute:"
	redactedLead = "llmroute/redacted:"
)

// readSignature reads a client's thoughtSignature into p.
func readSignature(p *schema.Part, signature string) {
	if signature == "" || signature == placeholder {
		return
	}
	p.Signature, p.SignedBy = schema.Sign(schema.Gemini, signature), schema.Gemini
	if !strings.HasPrefix(signature, "bGxtcm91dGU") { // base64 of both leads' beginning
		return
	}
	b, err := base64.StdEncoding.DecodeString(standardBase64(signature))
	marked, plain := strings.CutPrefix(string(b), foreignLead)
	redacted := false
	if !plain {
		marked, redacted = strings.CutPrefix(string(b), redactedLead)
	}
	if err != nil || !schema.IsSigned(marked) || !plain && !redacted {
		return
	}
	by, unmarked, _ := strings.Cut(marked, ":")
	p.Signature, p.SignedBy, p.Redacted = marked, schema.Format(by), redacted
	if p.SignedBy == schema.OpenAI { // which goes by SignedBy alone
		p.Signature = unmarked
	}
}

// wireSignature is the thoughtSignature of p as a client gets it.
func wireSignature(p *schema.Part) string {
	if own, ok := ownSignature(p); ok {
		return own
	}
	lead, marked := foreignLead, p.Signature
	if p.Redacted {
		lead = redactedLead
	}
	if !schema.IsSigned(marked) {
		by := p.SignedBy
		if by == "" {
			by = schema.OpenAI
		}
		marked = schema.Sign(by, marked)
	}
	return base64.StdEncoding.EncodeToString([]byte(lead + marked))
}

// ownSignature is a signature that Gemini made.
func ownSignature(p *schema.Part) (signature string, ok bool) {
	if own, ok := schema.Unsign(schema.Gemini, p.Signature); ok {
		return own, true
	}
	return p.Signature, p.Signature != "" && p.SignedBy == schema.Gemini && !schema.IsSigned(p.Signature)
}
