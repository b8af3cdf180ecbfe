package policy

import "slices"

// withoutOutput lists the operations whose answers are no generated text; no output limit applies to them.
var withoutOutput = [...]string{"embeddings", "count_tokens"}

func (f *Features) generates() bool { return !slices.Contains(withoutOutput[:], f.Op) }

// withoutSystem lists the operations in which a system prompt has no place.
var withoutSystem = [...]string{"embeddings", "completions"}

func (f *Features) prompts() bool { return !slices.Contains(withoutSystem[:], f.Op) }

// edit gathers what the policies change in the request.
func (q *query) edit() {
	e := &q.d.Edit
	if limit := lowestOutput(q.policies); limit > 0 && q.f.generates() {
		e.OutputCeiling = limit
		if q.f.MaxOutputTokens == 0 || q.f.MaxOutputTokens > limit {
			e.MaxOutputTokens = limit
		}
	}
	q.gatherPreambles()
	var editing []*orgPolicy
	for _, p := range q.policies {
		if len(p.Force)+len(p.Default)+len(p.Remove) > 0 {
			editing = append(editing, p)
		}
	}
	switch len(editing) {
	case 0:
	case 1: // the policy's own slices, clipped so that no one appends to them in place
		p := editing[0]
		e.Set, e.Default, e.Remove = slices.Clip(p.Force), slices.Clip(p.Default), slices.Clip(p.Remove)
	default:
		q.mergeEdits(editing)
	}
}

func (q *query) gatherPreambles() {
	for _, p := range q.policies {
		switch {
		case p.SystemPreamble == "":
		case q.f.prompts():
			q.d.Edit.Preambles = append(q.d.Edit.Preambles, Preamble{p.Name, p.SystemPreamble})
		default:
			q.note("policy %s has a system message, for which %s has no place", p.Name, q.f.Op)
		}
	}
}

func lowestOutput(policies []*orgPolicy) int {
	lowest := 0
	for _, p := range policies {
		if p.MaxOutputTokens > 0 && (lowest == 0 || p.MaxOutputTokens < lowest) {
			lowest = p.MaxOutputTokens
		}
	}
	return lowest
}

// mergeEdits lets the later policy win where two force or remove the same parameter, or two give it a default.
// A default never undoes what another policy forces or removes.
func (q *query) mergeEdits(editing []*orgPolicy) {
	e := &q.d.Edit
	firm, soft := map[string]string{}, map[string]string{} // parameter → policy
	take := func(owners map[string]string, name, policy string) {
		if before, ok := owners[name]; ok && before != policy {
			q.note("policy %s overrides policy %s on parameter %q", policy, before, name)
		}
		owners[name] = policy
	}
	isNamed := func(name string) func(Param) bool { return func(p Param) bool { return p.Name == name } }
	for _, p := range editing {
		for _, param := range p.Force {
			take(firm, param.Name, p.Name)
			e.Set = append(slices.DeleteFunc(e.Set, isNamed(param.Name)), param)
			e.Remove = slices.DeleteFunc(e.Remove, func(n string) bool { return n == param.Name })
		}
		for _, name := range p.Remove {
			take(firm, name, p.Name)
			e.Set = slices.DeleteFunc(e.Set, isNamed(name))
			if !slices.Contains(e.Remove, name) {
				e.Remove = append(e.Remove, name)
			}
		}
		for _, param := range p.Default {
			take(soft, param.Name, p.Name)
			e.Default = append(slices.DeleteFunc(e.Default, isNamed(param.Name)), param)
		}
	}
	e.Default = slices.DeleteFunc(e.Default, func(p Param) bool { return firm[p.Name] != "" })
}

// entryLimit is the output limit to write for one entry of the plan; see Entry.MaxOutputTokens. What the client
// asked for stays where it also named the model: it knows what it asks.
func (q *query) entryLimit(c *Candidate) int {
	said := q.f.MaxOutputTokens
	limit := said
	if q.d.Edit.MaxOutputTokens > 0 {
		limit = q.d.Edit.MaxOutputTokens
	}
	if limit == 0 || !q.f.generates() {
		return 0
	}
	if most := c.Facts.MaxOutputTokens; most > 0 && (said == 0 || !q.asked) {
		limit = min(limit, most)
	}
	if room := c.Facts.ContextWindow - q.f.InputTokens - q.f.InputTokens/10; said == 0 && c.Facts.ContextWindow > 0 && room > 0 {
		limit = min(limit, room)
	}
	if limit == said {
		return 0
	}
	return limit
}
