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

// unsigned is the placeholder as base64 of the standard kind, which all of Google's SDKs read. A client gets it with the
// calls of other providers, so that its history is good for Gemini too, whoever sends it there.
const unsigned = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="

// isForeign reports whether a client's signature is none of Google's.
func isForeign(signature string) bool {
	return signature == placeholder || signature == unsigned || strings.HasPrefix(signature, "bGxtcm91dGU") // base64 of both leads' beginning
}

// The field holds bytes, so another provider's signature, with its mark, goes to a Gemini client as base64 of a lead
// and the marked signature. The second lead is for a thought whose text nobody may read.
const (
	foreignLead  = "llmroute:"
	redactedLead = "llmroute/redacted:"
)

// readSignature reads a client's thoughtSignature into p.
func readSignature(p *schema.Part, signature string) {
	if signature == "" || signature == placeholder || signature == unsigned {
		return
	}
	p.Signature, p.SignedBy = schema.Sign(schema.Gemini, signature), schema.Gemini
	if !isForeign(signature) {
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

// firstCall gives the first call of an answer its placeholder, unless something is signed: Gemini 3 demands a signature
// there and nowhere else.
type firstCall struct{ done bool }

// mark returns p or, for that call, a signed copy.
func (f *firstCall) mark(p *schema.Part) *schema.Part {
	if f.done {
		return p
	}
	f.done = p.Signature != "" || p.Kind == schema.PartToolCall
	if p.Kind != schema.PartToolCall || p.Signature != "" {
		return p
	}
	marked := *p
	marked.Signature, marked.SignedBy = schema.Sign(schema.Gemini, unsigned), schema.Gemini
	return &marked
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
