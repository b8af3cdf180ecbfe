package config

import (
	"fmt"
	"slices"
)

func (v *validator) policyList() {
	names := map[string]int{}
	for i := range v.c.Policies {
		p := &v.c.Policies[i]
		at := fmt.Sprintf("policies[%d]", i)
		v.once(names, at+".name", p.Name, "policy")
		v.selector(at+".allow", p.Allow)
		v.selector(at+".deny", p.Deny)
		v.params(at, p)
		v.during(at+".during", p.During)
		v.promises(at+".require_data_policy", p.RequireDataPolicy)
		switch effects := p.effects(); {
		case p.Reject == "" && !effects && !v.bad[at+".reject"]:
			v.warn(at, "this policy does nothing", "say what it allows, denies, limits, changes or rejects")
		case p.Reject != "" && effects:
			v.warn(at+".reject", "a rejected request goes nowhere, so what else this policy says has no effect", "make two policies of it")
		}
	}
}

// effects reports whether p does anything but reject.
func (p *Policy) effects() bool {
	return p.Allow != nil || p.Deny != nil && !p.Deny.empty() || p.MaxOutputTokens > 0 || p.MaxInputTokens > 0 ||
		p.MaxPrice != nil || p.MaxCostUSD != nil || p.MaxImages != nil || p.SystemPreamble != "" ||
		len(p.Require)+len(p.RequireDataPolicy)+len(p.Force)+len(p.Default)+len(p.Remove) > 0
}

// promises warns of a data policy that no provider has: it leaves nothing.
func (v *validator) promises(at string, words []string) {
	var known []string
	for _, p := range v.c.Providers {
		known = append(known, p.Value.DataPolicy...)
	}
	for i, word := range words {
		if at := fmt.Sprintf("%s[%d]", at, i); word == "" {
			v.fault(at, "the word is empty", "")
		} else if !slices.Contains(known, word) {
			v.warn(at, v.text(at)+" is in the data_policy of no provider, so this policy leaves none", didYouMean(word, known))
		}
	}
}

func (s *Selector) empty() bool { return len(s.Models)+len(s.Providers)+len(s.Regions) == 0 }

func (v *validator) selector(at string, s *Selector) {
	if s == nil || v.bad[at] {
		return
	}
	if s.empty() {
		v.warn(at, "nothing is listed", "list models, providers or regions")
		return
	}
	v.known(at+".models", s.Models, v.models, "model")
	v.known(at+".providers", s.Providers, v.providers, "provider")
	v.known(at+".regions", s.Regions, v.regions, "")
}

// known warns of names that match nothing. A pattern may well wait for what comes later, and so may a region
// not: what it keeps out is noticed late.
func (v *validator) known(at string, patterns, names []string, what string) {
	for i, p := range patterns {
		at := fmt.Sprintf("%s[%d]", at, i)
		switch {
		case covers(p, names):
		case what == "":
			v.warn(at, v.text(at)+" is the region of no provider or model", didYouMean(p, v.shownRegions()))
		case !isPattern(p):
			v.warn(at, v.text(at)+" is not a "+what, didYouMean(p, names))
		}
	}
}

// shownRegions are the regions that stand in the file as they are.
func (v *validator) shownRegions() []string {
	var out []string
	add := func(at, region string) {
		if s := v.file.spots[at+".region"]; region != "" && s.text == region {
			out = append(out, region)
		}
	}
	for _, p := range v.c.Providers {
		add("providers."+p.Name, p.Value.Region)
	}
	for _, m := range v.c.Models {
		add("models."+m.Name, m.Value.Region)
	}
	return out
}

// routing names the request parameters that llmroute itself reads or writes, and content the prompt: no policy may
// change either.
var (
	routing = []string{"model", "models", "stream"}
	content = []string{"messages", "input", "prompt", "contents"}
)

func (v *validator) params(at string, p *Policy) {
	key := func(at, name string) {
		param(name, quote(name), func(m, s string) { v.faultKey(at+"."+name, name, m, s) })
	}
	for _, f := range p.Force {
		key(at+".force", f.Name)
	}
	for _, f := range p.Default {
		key(at+".default", f.Name)
		if _, forced := p.Force.Get(f.Name); forced {
			v.warnKey(at+".default."+f.Name, f.Name, quote(f.Name)+" is forced, so its default has no effect", "keep one")
		}
	}
	for i, name := range p.Remove {
		at := fmt.Sprintf("%s.remove[%d]", at, i)
		param(name, v.text(at), func(m, s string) { v.fault(at, m, s) })
		if _, forced := p.Force.Get(name); forced {
			v.fault(at, v.text(at)+" is both forced and removed", "keep one")
		}
	}
}

// param reports a parameter that no policy may change. report takes a message and a suggestion, and text is the name
// as the file has it, quoted.
func param(name, text string, report func(message, suggestion string)) {
	switch {
	case slices.Contains(routing, name):
		report(text+" decides where and how the request goes, and cannot be changed by a policy", "use routes, allow or deny")
	case slices.Contains(content, name):
		report(text+" is the prompt itself, and cannot be changed by a policy", "")
	case name == "":
		report("the name of the parameter is empty", "")
	}
}
