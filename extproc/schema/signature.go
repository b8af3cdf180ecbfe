package schema

import "strings"

// Sign marks a signature with the format of the provider that made it. Part.Signature and Event.Signature hold
// marked signatures, so that one provider's proof is never shown to another, which would refuse the whole request.
//
// A client's own format is the mark of what it sends unmarked: its face signs when it decodes and takes the mark off
// when it encodes; a signature of another format goes out with its mark and comes back with it.
// Claude's signatures are Anthropic's wherever Claude runs.
func Sign(f Format, signature string) string {
	if signature == "" {
		return ""
	}
	return string(f) + ":" + signature
}

// Unsign returns the signature if a provider of format f made it.
func Unsign(f Format, marked string) (signature string, ok bool) {
	return strings.CutPrefix(marked, string(f)+":")
}

// IsMarked is IsSigned of a signature's bytes.
func IsMarked(signature []byte) bool {
	const most = len(Anthropic) + len(":")
	return IsSigned(string(signature[:min(len(signature), most)]))
}

// IsSigned reports whether a signature carries the mark of any format.
func IsSigned(signature string) bool {
	f, _, ok := strings.Cut(signature, ":")
	switch Format(f) {
	case OpenAI, Anthropic, Gemini, Bedrock:
		return ok
	}
	return false
}
