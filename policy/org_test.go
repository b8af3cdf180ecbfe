package policy

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/policy/catalog"
)

func ptr[T any](v T) *T { return &v }

func TestPoliciesOnCandidates(t *testing.T) {
	cheap := chat("cheap")
	for name, row := range map[string]struct {
		policies []Policy
		f        Features
		plan     string
	}{
		"deny takes out models":                       {[]Policy{{Deny: Selector{Models: []string{"ch*"}}}}, chat(""), "haiku strong local"},
		"deny knows the provider's name":              {[]Policy{{Deny: Selector{Models: []string{"gpt-*"}}}}, chat(""), "haiku local"},
		"deny takes out providers":                    {[]Policy{{Deny: Selector{Providers: []string{"openai"}}}}, chat(""), "haiku local"},
		"deny of any list suffices":                   {[]Policy{{Deny: Selector{Models: []string{"haiku"}, Regions: []string{"eu"}}}}, chat(""), "cheap strong"},
		"allow keeps models":                          {[]Policy{{Allow: &Selector{Models: []string{"haiku"}}}}, chat(""), "haiku"},
		"allow needs every list":                      {[]Policy{{Allow: &Selector{Models: []string{"*"}, Regions: []string{"eu"}}}}, chat(""), "local"},
		"two allows intersect":                        {[]Policy{{Allow: &Selector{Models: []string{"cheap", "haiku"}}}, {Allow: &Selector{Providers: []string{"anthropic"}}}}, chat(""), "haiku"},
		"an empty allow allows nothing":               {[]Policy{{Allow: &Selector{}}}, chat(""), "policy_denied"},
		"a named model is judged too":                 {[]Policy{{Deny: Selector{Models: []string{"cheap"}}}}, cheap, "policy_denied"},
		"each of a list is judged":                    {[]Policy{{Deny: Selector{Models: []string{"cheap"}}}}, list("", "cheap", "haiku"), "haiku"},
		"Envoy's route is judged too":                 {[]Policy{{Deny: Selector{Models: []string{"haiku"}}}}, pinned(chat("haiku"), "code"), "policy_denied"},
		"an alias is judged by its model":             {[]Policy{{Deny: Selector{Models: []string{"haiku"}}}}, chat("strong"), "policy_denied"},
		"a policy that does not match is still":       {[]Policy{{Match: expr(`team == "x"`), Deny: Selector{Models: []string{"*"}}}}, cheap, "cheap"},
		"an audited policy is still":                  {[]Policy{{Audit: true, Reject: "no", Deny: Selector{Models: []string{"*"}}}}, cheap, "cheap"},
		"a failing expression applies":                {[]Policy{{Match: expr(`1 / images > 0`), Deny: Selector{Models: []string{"cheap"}}}}, cheap, "policy_denied"},
		"a price bound takes out the dear":            {[]Policy{{MaxPrice: MaxPrice{Output: 5}}}, chat(""), "cheap haiku"},
		"a price bound takes out unknown prices":      {[]Policy{{MaxPrice: MaxPrice{Input: 100}}}, chat("local"), "policy_denied"},
		"a cost bound takes out the dear":             {[]Policy{{MaxCostUSD: ptr(0.001)}}, chat(""), "cheap"},
		"a cost bound on all is too expensive":        {[]Policy{{MaxCostUSD: ptr(0.0)}}, list("", "cheap", "haiku"), "cost_limit_exceeded"},
		"required capabilities take out":              {[]Policy{{Require: catalog.Vision}}, chat(""), "haiku strong"},
		"a rejected request goes nowhere":             {[]Policy{{Reject: "no chat today"}}, cheap, "policy_denied"},
		"too many input tokens are refused":           {[]Policy{{MaxInputTokens: 999}}, cheap, "input_limit_exceeded"},
		"as many input tokens as allowed are not":     {[]Policy{{MaxInputTokens: 1000}}, cheap, "cheap"},
		"different reasons together have a code":      {[]Policy{{Deny: Selector{Models: []string{"cheap"}}, MaxCostUSD: ptr(0.0)}}, list("", "cheap", "haiku"), "no_candidate"},
		"an embeddings model does not blur the cause": {[]Policy{{Deny: Selector{Models: []string{"cheap"}}}}, list("", "cheap", "embed"), "policy_denied"},
	} {
		t.Run(name, func(t *testing.T) {
			s := world()
			s.Policies = row.policies
			for i := range s.Policies {
				s.Policies[i].Name = fmt.Sprintf("p%d", i)
			}
			plan, d, e := decide(t, router(t, s), row.f)
			if plan != row.plan {
				t.Errorf("got %q (%v), want %q\n%s", plan, e, row.plan, Explain(&row.f, d, nil).Table())
			}
		})
	}
}

func TestEditsOfPolicies(t *testing.T) {
	force := func(name, value string) []Param { return []Param{{name, json.RawMessage(value)}} }
	asks := func(n int) Features { f := chat("cheap"); f.MaxOutputTokens = n; return f }
	embed := chat("embed")
	embed.Op = "embeddings"
	for name, row := range map[string]struct {
		policies []Policy
		f        Features
		edit     string
	}{
		"the lowest cap is set where there is none": {[]Policy{{MaxOutputTokens: 900}, {MaxOutputTokens: 500}}, asks(0), `{"max_output_tokens":500}`},
		"a cap lowers what is asked":                {[]Policy{{MaxOutputTokens: 500}}, asks(501), `{"max_output_tokens":500}`},
		"a cap never raises":                        {[]Policy{{MaxOutputTokens: 500}}, asks(499), `{}`},
		"a cap does not touch embeddings":           {[]Policy{{MaxOutputTokens: 500}}, embed, `{}`},
		"parameters are forced":                     {[]Policy{{Force: force("store", "false")}}, asks(0), `{"set":["store=false"]}`},
		"the later policy wins":                     {[]Policy{{Force: force("store", "true")}, {Force: force("store", "false")}}, asks(0), `{"set":["store=false"]}`},
		"a later removal wins over force":           {[]Policy{{Force: force("store", "true")}, {Remove: []string{"store"}}}, asks(0), `{"remove":["store"]}`},
		"a later force wins over removal":           {[]Policy{{Remove: []string{"store"}}, {Force: force("store", "true")}}, asks(0), `{"set":["store=true"]}`},
		"a default yields to force":                 {[]Policy{{Force: force("seed", "1")}, {Default: force("seed", "2")}}, asks(0), `{"set":["seed=1"]}`},
		"defaults of several policies gather":       {[]Policy{{Default: force("a", "1")}, {Default: force("b", "2")}}, asks(0), `{"default":["a=1","b=2"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := world()
			s.Policies = row.policies
			for i := range s.Policies {
				s.Policies[i].Name = fmt.Sprintf("p%d", i)
			}
			_, d, _ := decide(t, router(t, s), row.f)
			got := EditRecord{MaxOutputTokens: d.Edit.MaxOutputTokens, Set: pairs(d.Edit.Set), Default: pairs(d.Edit.Default), Remove: d.Edit.Remove}
			if text, _ := json.Marshal(got); string(text) != row.edit {
				t.Errorf("got %s, want %s", text, row.edit)
			}
		})
	}
}

func pairs(params []Param) []string {
	var out []string
	for _, p := range params {
		out = append(out, p.Name+"="+string(p.Value))
	}
	return out
}

func TestOverriddenParametersAreNoted(t *testing.T) {
	s := world()
	one := []Param{{"store", json.RawMessage("1")}}
	s.Policies = []Policy{{Name: "a", Force: one}, {Name: "b", Remove: []string{"store"}}}
	_, d, _ := decide(t, router(t, s), chat("cheap"))
	if got := strings.Join(d.Notes, "\n"); got != `policy b overrides policy a on parameter "store"` {
		t.Errorf("notes: %s", got)
	}
}

func TestAuditSaysWhatItWouldHaveDone(t *testing.T) {
	f := chat("")
	f.MaxOutputTokens = 4000
	s := world()
	s.Policies = []Policy{
		{Name: "r", Audit: true, Reject: "no"},
		{Name: "m", Audit: true, Deny: Selector{Models: []string{"cheap"}}, MaxOutputTokens: 1000, MaxInputTokens: 10, Remove: []string{"seed"}},
		{Name: "n", Audit: true, MaxOutputTokens: 9000},
		{Name: "o", Audit: true, Match: expr(`team == "x"`), Reject: "no"},
	}
	_, d, _ := decide(t, router(t, s), f)
	want := []Audit{
		{"r", "would reject the request: no"},
		{"m", "would refuse 1000 input tokens, as 10 are allowed; would lower the output limit from 4000 to 1000; would remove seed; would leave out cheap"},
		{"n", "would change nothing"},
	}
	if fmt.Sprint(d.Audited) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", d.Audited, want)
	}
}

func TestRefusalsNameThePolicy(t *testing.T) {
	s := world()
	s.Policies = []Policy{{Name: "interns", Deny: Selector{Models: []string{"cheap"}}}}
	_, _, e := decide(t, router(t, s), chat("cheap"))
	if e.Policy != "interns" || e.Param != "model" || e.Message != "cheap cannot serve this request: model is denied (policy interns)" {
		t.Errorf("%+v", e)
	}
}

func TestAnUnknownRegionIsNoAllowedRegion(t *testing.T) {
	s := world()
	s.Candidates[3].Region = ""
	s.Policies = []Policy{{Name: "somewhere", Allow: &Selector{Regions: []string{"*"}}}}
	plan, _, e := decide(t, router(t, s), chat("local"))
	if plan != string(PolicyDenied) || !strings.Contains(e.Message, "its region is not known") {
		t.Errorf("got %s: %v", plan, e)
	}
}
