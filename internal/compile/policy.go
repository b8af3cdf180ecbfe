package compile

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/policy"
)

func (c *compiler) compilePolicies() {
	for i := range c.config.Policies {
		p := &c.config.Policies[i]
		at := fmt.Sprintf("policies[%d]", i)
		out := policy.Policy{
			Name: p.Name, Match: c.expression(at+".match", p.Match), Audit: p.Mode == "audit",
			MaxOutputTokens: p.MaxOutputTokens, MaxInputTokens: p.MaxInputTokens, MaxCostUSD: p.MaxCostUSD, MaxImages: p.MaxImages,
			During: c.during(at+".during", p.During), DataPolicy: p.RequireDataPolicy, SystemPreamble: p.SystemPreamble,
			Require: capabilities(p.Require), Reject: p.Reject,
			Force: c.params(at+".force", p.Force), Default: c.params(at+".default", p.Default), Remove: p.Remove,
		}
		if p.Allow != nil {
			out.Allow = &policy.Selector{Models: p.Allow.Models, Providers: p.Allow.Providers, Regions: p.Allow.Regions}
		}
		if p.Deny != nil {
			out.Deny = policy.Selector{Models: p.Deny.Models, Providers: p.Deny.Providers, Regions: p.Deny.Regions}
		}
		if p.MaxPrice != nil {
			out.MaxPrice = policy.MaxPrice(*p.MaxPrice)
		}
		for k, name := range p.Remove {
			c.checkParam(fmt.Sprintf("%s.remove[%d]", at, k), name)
		}
		c.spec.Policies = append(c.spec.Policies, out)
	}
}

var weekdays = map[string]time.Weekday{
	"sun": time.Sunday, "mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday, "thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday,
}

// during reads what the loader has checked.
func (c *compiler) during(at string, d *config.During) *policy.During {
	if d == nil {
		return nil
	}
	out := &policy.During{}
	for _, day := range d.Days {
		out.Days[weekdays[day]] = true
	}
	var okFrom, okTo bool
	var err error
	out.From, okFrom = config.Minutes(d.From)
	out.To, okTo = config.Minutes(d.To)
	if out.Zone, err = time.LoadLocation(d.Zone); err != nil || !okFrom || !okTo {
		c.fault(at, "is not a window of time", "")
	}
	return out
}

func (c *compiler) params(at string, m config.Map[any]) []policy.Param {
	var out []policy.Param
	for _, e := range m {
		path := at + "." + e.Name
		c.checkParam(path, e.Name)
		value, err := json.Marshal(e.Value)
		if err != nil {
			c.fault(path, "has no JSON form", "")
			continue
		}
		out = append(out, policy.Param{Name: e.Name, Value: value})
	}
	return out
}

// outputLimits are the names of the output limit in the client formats. Forced, they would lift what max_output_tokens
// of another policy bounds.
var outputLimits = []string{"max_tokens", "max_completion_tokens", "max_output_tokens"}

func (c *compiler) checkParam(path, name string) {
	if slices.Contains(outputLimits, name) {
		c.fault(path, fmt.Sprintf("%q is the output limit, which policies set by max_output_tokens", name), "write max_output_tokens in the policy itself")
	}
}
