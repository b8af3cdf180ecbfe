package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// audit records what the policies in audit mode would have done to this request.
func (q *query) audit() {
	for _, p := range q.audits {
		effects := q.requestEffects(p)
		if left := q.wouldLeaveOut(p); left != "" {
			effects = append(effects, left)
		}
		if len(effects) == 0 {
			effects = []string{"would change nothing"}
		}
		q.d.Audited = append(q.d.Audited, Audit{Policy: p.Name, Effect: strings.Join(effects, "; ")})
	}
}

func (q *query) requestEffects(p *orgPolicy) []string {
	var effects []string
	say := func(format string, args ...any) { effects = append(effects, fmt.Sprintf(format, args...)) }
	if p.Reject != "" {
		say("would reject the request: %s", p.Reject)
	}
	if p.MaxInputTokens > 0 && q.f.InputTokens > p.MaxInputTokens {
		say("would refuse %d input tokens, as %d are allowed", q.f.InputTokens, p.MaxInputTokens)
	}
	if p.MaxImages != nil && q.f.Images > *p.MaxImages {
		say("would refuse %s, as %s allowed", images(q.f.Images), areAllowed(*p.MaxImages))
	}
	if limit := p.MaxOutputTokens; limit > 0 && q.f.generates() {
		switch said := q.f.MaxOutputTokens; {
		case said == 0:
			say("would set the output limit to %d", limit)
		case said > limit:
			say("would lower the output limit from %d to %d", said, limit)
		}
	}
	if len(p.Force) > 0 {
		say("would set %s", paramNames(p.Force))
	}
	if len(p.Default) > 0 {
		say("would default %s", paramNames(p.Default))
	}
	if len(p.Remove) > 0 {
		say("would remove %s", strings.Join(p.Remove, ", "))
	}
	if p.SystemPreamble != "" {
		if q.f.prompts() {
			say("would put a system message of %d characters before the request's own", utf8.RuneCountInString(p.SystemPreamble))
		} else {
			say("has a system message, for which %s has no place", q.f.Op)
		}
	}
	return effects
}

func areAllowed(n int) string {
	switch n {
	case 0:
		return "none are"
	case 1:
		return "1 is"
	}
	return fmt.Sprintf("%d are", n)
}

func (q *query) wouldLeaveOut(p *orgPolicy) string {
	var names []string
	for i := range q.marks {
		m := &q.marks[i]
		if p.refuses.has(int(m.id)) || q.traits[m.id].lacks&p.Require != 0 || p.tooExpensive(q.costOf(m)) != "" {
			names = append(names, q.candidates[m.id].Model)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "would leave out " + strings.Join(names, ", ")
}

func paramNames(params []Param) string {
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}
