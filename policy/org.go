package policy

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Policy is a rule of the organisation. It applies to every request that it matches, however the candidates were
// found, and to each of them.
type Policy struct {
	Name   string
	Match  *Expr   // nil: every request
	Audit  bool    // only record what it would have done
	During *During // nil: always

	Allow           *Selector // nil: everything; one that lists nothing allows nothing
	Deny            Selector
	MaxOutputTokens int  // 0: none
	MaxInputTokens  int  // 0: none
	MaxImages       *int // nil: none
	MaxPrice        MaxPrice
	MaxCostUSD      *float64 // nil: none
	Require         Capabilities
	DataPolicy      []string // all of which a candidate must have
	Force, Default  []Param
	Remove          []string
	SystemPreamble  string // put before the request's own system prompt
	Reject          string // the message; empty: does not reject
}

// MaxPrice bounds prices, in USD per million tokens. 0: no bound.
type MaxPrice struct{ Input, Output, CachedInput, CacheWrite float64 }

// Selector lists models, providers and regions by globs. Allowed is what each list that is not empty has; denied is
// what any list has.
type Selector struct{ Models, Providers, Regions []string }

// orgPolicy is a Policy with its judgement on every candidate that no request can change.
type orgPolicy struct {
	Policy
	refuses  bits            // the candidates
	verdicts map[int]Verdict // on those
}

func newOrgPolicy(spec *Policy, candidates []*Candidate) (*orgPolicy, error) {
	p := &orgPolicy{Policy: *spec}
	for _, f := range spec.Force {
		if slices.Contains(spec.Remove, f.Name) {
			return nil, fmt.Errorf("both forces and removes %q", f.Name)
		}
	}
	if spec.Name == "" {
		return nil, errors.New("has no name")
	}
	for id, c := range candidates {
		v := p.judge(c)
		if !v.Refused() {
			continue
		}
		if p.verdicts == nil {
			p.refuses, p.verdicts = newBits(len(candidates)), map[int]Verdict{}
		}
		p.refuses.set(id)
		p.verdicts[id] = v
	}
	return p, nil
}

// judge says what p makes of a candidate, whatever the request.
func (p *orgPolicy) judge(c *Candidate) Verdict {
	reason := p.Deny.denies(c)
	if reason == "" {
		reason = p.Allow.leavesOut(c)
	}
	if reason == "" {
		reason = p.MaxPrice.exceededBy(c)
	}
	if reason == "" {
		reason = lacksDataPolicy(c, p.DataPolicy)
	}
	if reason == "" {
		return Verdict{}
	}
	return Verdict{Filter: filterPolicy, Reason: reason, Policy: p.Name}
}

// denies looks at the configured name and at the provider's own, so that a new key for a denied model does not free it.
func (s *Selector) denies(c *Candidate) string {
	switch {
	case matchesAny(s.Models, c.Model) || matchesAny(s.Models, c.Name):
		return "model is denied"
	case matchesAny(s.Providers, c.Provider):
		return fmt.Sprintf("provider %s is denied", c.Provider)
	case c.Region != "" && matchesAny(s.Regions, c.Region):
		return fmt.Sprintf("region %s is denied", c.Region)
	}
	return ""
}

func (s *Selector) leavesOut(c *Candidate) string {
	switch {
	case s == nil:
		return ""
	case len(s.Models)+len(s.Providers)+len(s.Regions) == 0:
		return "nothing is allowed"
	case len(s.Models) > 0 && !matchesAny(s.Models, c.Model):
		return "model is not among the allowed ones: " + strings.Join(s.Models, ", ")
	case len(s.Providers) > 0 && !matchesAny(s.Providers, c.Provider):
		return fmt.Sprintf("provider %s is not among the allowed ones: %s", c.Provider, strings.Join(s.Providers, ", "))
	case len(s.Regions) > 0 && c.Region == "":
		return fmt.Sprintf("its region is not known, and only %s is allowed; give the model or its provider a region", strings.Join(s.Regions, ", "))
	case len(s.Regions) > 0 && !matchesAny(s.Regions, c.Region):
		return fmt.Sprintf("region %s is not among the allowed ones: %s", c.Region, strings.Join(s.Regions, ", "))
	}
	return ""
}

// exceededBy refuses an unknown price too: a bound that a missing fact lifts would bind no one.
func (m MaxPrice) exceededBy(c *Candidate) string {
	if m == (MaxPrice{}) {
		return ""
	}
	if !c.Facts.PriceKnown {
		return "its price is not known, and prices are bounded; give the model a price"
	}
	price := c.Facts.Price.At(0)
	for _, bound := range [...]struct {
		what      string
		max, have float64
	}{
		{"input", m.Input, price.Input}, {"output", m.Output, price.Output},
		{"cached input", m.CachedInput, price.CachedInput}, {"cache writes", m.CacheWrite, price.CacheWrite},
	} {
		if bound.max > 0 && bound.have > bound.max {
			return fmt.Sprintf("%s costs $%g per million tokens, at most $%g is allowed", bound.what, bound.have, bound.max)
		}
	}
	return ""
}

// lacksDataPolicy refuses what a provider does not say that it promises.
func lacksDataPolicy(c *Candidate, required []string) string {
	var lacking []string
	for _, word := range required {
		if !slices.Contains(c.DataPolicy, word) {
			lacking = append(lacking, word)
		}
	}
	if len(lacking) == 0 {
		return ""
	}
	return fmt.Sprintf("provider %s does not promise %s (data_policy)", c.Provider, strings.Join(lacking, ", "))
}

// applyPolicies finds the policies that match. An expression that fails counts as a match: what a policy guards
// stays guarded.
func (q *query) applyPolicies() {
	var buf [indexBuffer]int32
	for _, i := range q.orgIndex.possible(q.f, buf[:0]) {
		p := q.Router.policies[i]
		if !p.During.holds(q.f.Now) {
			continue
		}
		match, err := p.Match.Eval(q.f)
		if err != nil {
			q.note("policy %s applies: its expression failed: %v", p.Name, err)
		}
		switch {
		case !match && err == nil:
		case p.Audit:
			q.audits = append(q.audits, p)
		default:
			q.policies = append(q.policies, p)
			q.d.Policies = append(q.d.Policies, p.Name)
			q.enforce(p)
		}
	}
}

// enforce gathers what p says of candidates, so that each is judged at once for all policies.
func (q *query) enforce(p *orgPolicy) {
	if p.refuses != nil {
		if q.denied == nil {
			q.denied = newBits(len(q.candidates))
		}
		q.denied.add(p.refuses)
	}
	if p.MaxCostUSD != nil {
		q.priced = append(q.priced, p)
	}
	if p.Require != 0 {
		q.require = append(q.require, requirement{p.Require, p.Name})
	}
}

// admit does what policies say of the request as a whole.
func (q *query) admit() error {
	for _, p := range q.policies {
		if p.Reject != "" {
			return &Error{Code: PolicyDenied, Message: p.Reject, Policy: p.Name}
		}
	}
	for _, p := range q.policies {
		if p.MaxInputTokens > 0 && q.f.InputTokens > p.MaxInputTokens {
			return &Error{Code: InputLimit, Policy: p.Name, Message: fmt.Sprintf(
				"the request has about %d input tokens, and policy %s allows %d; shorten it", q.f.InputTokens, p.Name, p.MaxInputTokens)}
		}
	}
	for _, p := range q.policies {
		if p.MaxImages != nil && q.f.Images > *p.MaxImages {
			return &Error{Code: InputLimit, Policy: p.Name, Message: fmt.Sprintf(
				"the request has %s, and policy %s allows %s; send fewer", images(q.f.Images), p.Name, orNone(*p.MaxImages))}
		}
	}
	q.edit()
	q.out = q.expectedOutput()
	return nil
}

func images(n int) string {
	if n == 1 {
		return "1 image"
	}
	return fmt.Sprintf("%d images", n)
}

func orNone(n int) string {
	if n == 0 {
		return "none"
	}
	return strconv.Itoa(n)
}

// bits is a set of candidates.
type bits []uint64

func newBits(n int) bits { return make(bits, (n+63)/64) }

func (b bits) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bits) has(i int) bool { return b != nil && b[i/64]&(1<<(i%64)) != 0 }

func (b bits) add(other bits) {
	for i := range b {
		b[i] |= other[i]
	}
}
