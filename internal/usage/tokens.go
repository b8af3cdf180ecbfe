package usage

import "github.com/llmroute/llmroute/envoy/accesslog"

// countTokens is the operation that uses none: it only counts them.
const countTokens = "count_tokens"

// answered reports whether a provider answered, wholly or in part, with something that uses tokens.
func answered(e *accesslog.Entry) bool {
	return e.Code == "" && e.FirstByte > 0 && e.Status >= 200 && e.Status < 300 && e.Op != countTokens
}

// tokens is what a request used. The provider's own word, which its door knows, comes first; then what Envoy read of the
// client's answer, whose schema may not be able to say it all; then what sizes tell.
func (m *Meter) tokens(e, door *accesslog.Entry) (Tokens, Source) {
	if !answered(e) {
		return Tokens{}, SourceNone
	}
	told := e.Usage
	if door != nil && door.Usage != nil {
		told = door.Usage
	}
	if told != nil && !told.Partial {
		t := counted(told)
		if !e.ClientLeft {
			m.paces.learn(e, t)
		}
		return t, SourceReported
	}
	t := m.paces.estimate(e)
	if told != nil && told.Input > 0 { // providers that say it at once, do so for good
		t.Input, t.Cached, t.CacheWrite = told.Input, told.Cached, told.CacheWrite
	}
	if told != nil {
		t.Output, t.Reasoning = max(t.Output, told.Output), max(t.Reasoning, told.Reasoning)
	}
	return t, SourceEstimate
}

func counted(u *accesslog.Usage) Tokens {
	return Tokens{Input: u.Input, Cached: u.Cached, CacheWrite: u.CacheWrite, Output: u.Output, Reasoning: u.Reasoning}
}
