package policy

import (
	"strings"
	"testing"
)

func TestWhatIsAskedFor(t *testing.T) {
	r := router(t, world())
	for name, row := range map[string]struct {
		f      Features
		plan   string // or the error's code
		route  string
		reason string
	}{
		"no model goes by the rules":               {chat(""), "cheap haiku strong", "default", "cheapest of 4 at $0.000305"},
		"a rule that matches comes first":          {chat("").with("x-kind: code"), "strong haiku", "code", "best of 2 at quality 0.9"},
		"a model is taken as it is":                {chat("cheap"), "cheap", "model", "asked for"},
		"an alias of a model is that model":        {chat("mini"), "cheap", "model", "asked for"},
		"an alias stands before a model":           {chat("strong"), "haiku", "model", "asked for"},
		"an alias of a route is that route":        {chat("coder"), "strong haiku", "code", "best of 2 at quality 0.9"},
		"an alias of the catch-all means rules":    {chat("auto").with("x-kind: code"), "strong haiku", "code", "best of 2 at quality 0.9"},
		"route/ names a route whatever rules say":  {chat("route/default").with("x-kind: code"), "cheap haiku strong", "default", "cheapest of 4 at $0.000305"},
		"an unknown model is not found":            {chat("chaep"), "model_not_found", "", ""},
		"an unknown route is not found":            {chat("route/cod"), "route_not_found", "", ""},
		"an unknown strategy is refused":           {func() Features { f := chat(""); f.Strategy = "cheapest"; return f }(), "invalid_strategy", "", ""},
		"the client may choose another strategy":   {func() Features { f := chat(""); f.Strategy = "quality"; return f }(), "strong haiku cheap", "default", "best of 4 at quality 0.9"},
		"a strategy does not touch a named model":  {func() Features { f := chat("cheap"); f.Strategy = "quality"; return f }(), "cheap", "model", "asked for"},
		"a list is tried in order":                 {list("", "haiku", "cheap"), "haiku cheap", "model", "first of 2 asked for"},
		"model goes before models":                 {list("cheap", "haiku", "cheap"), "cheap haiku", "model", "first of 2 asked for"},
		"a list passes over unknown names":         {list("", "nope", "haiku"), "haiku", "model", "asked for"},
		"a list of unknown names is not found":     {list("", "nope", "nada"), "model_not_found", "", ""},
		"a list of one may be an alias of a route": {list("", "coder"), "strong haiku", "code", "best of 2 at quality 0.9"},
		"Envoy's route takes the rules' place":     {pinned(chat(""), "code"), "strong haiku", "code", "best of 2 at quality 0.9"},
		"a model of Envoy's route is used":         {pinned(chat("haiku"), "code"), "haiku", "code", "asked for"},
		"a model outside Envoy's route is not":     {pinned(chat("cheap"), "code"), "strong haiku", "code", "best of 2 at quality 0.9"},
		"another route cannot replace Envoy's":     {pinned(chat("route/default"), "code"), "strong haiku", "code", "best of 2 at quality 0.9"},
		"a list within Envoy's route is used":      {pinned(list("", "cheap", "haiku"), "code"), "haiku", "code", "asked for"},
		"an unknown Envoy route is not found":      {pinned(chat(""), "nope"), "route_not_found", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			plan, d, _ := decide(t, r, row.f)
			if plan != row.plan || d.Route != row.route || d.Reason != row.reason {
				t.Errorf("got %q by route %q because %q, want %q by %q because %q", plan, d.Route, d.Reason, row.plan, row.route, row.reason)
			}
		})
	}
}

func list(model string, models ...string) Features {
	f := chat(model)
	f.Models = models
	return f
}

func pinned(f Features, route string) Features {
	f.EnvoyRoute = route
	return f
}

func TestWithoutACatchAllUnmatchedRequestsAreRefused(t *testing.T) {
	s := world()
	s.Routes, s.Aliases = s.Routes[:2], nil
	plan, _, e := decide(t, router(t, s), chat(""))
	if plan != string(NoCandidate) || !strings.Contains(e.Message, "no route matches") {
		t.Errorf("got %s: %v", plan, e)
	}
}

func TestNamesThatAreNotFoundAreSuggestedOnlyIfVisible(t *testing.T) {
	s := world()
	s.Policies = []Policy{{Name: "hide", Match: expr(`team == "guests"`), Deny: Selector{Models: []string{"cheap"}}}}
	r := router(t, s)
	if _, _, e := decide(t, r, chat("chaep")); !strings.Contains(e.Message, `did you mean "cheap"?`) {
		t.Errorf("no suggestion: %s", e.Message)
	}
	guest := chat("chaep")
	guest.Team = "guests"
	if _, _, e := decide(t, r, guest); strings.Contains(e.Message, `"cheap"`) {
		t.Errorf("a hidden model is named: %s", e.Message)
	}
}

func TestVisibleListsWhatTheCallerMayUse(t *testing.T) {
	s := world()
	s.Policies = []Policy{
		{Name: "guests", Match: expr(`team == "guests"`), Allow: &Selector{Models: []string{"cheap", "local"}}},
		{Name: "eu", Match: expr(`headers["x-region"] == "eu"`), Allow: &Selector{Regions: []string{"eu"}}},
		{Name: "big", Match: expr(`team == "guests" && input_tokens > 5`), Deny: Selector{Models: []string{"*"}}},
		{Name: "watched", Audit: true, Deny: Selector{Models: []string{"*"}}},
		{Name: "blocked", Match: expr(`user == "mallory"`), Reject: "ask security"},
	}
	r := router(t, s)
	names := func(f Features) string {
		var out []string
		for _, v := range r.Visible(&f) {
			out = append(out, v.Name)
		}
		return strings.Join(out, " ")
	}
	guest, mallory := chat(""), chat("")
	guest.Team, mallory.User = "guests", "mallory"
	for name, row := range map[string]struct {
		f    Features
		want string
	}{
		"everyone sees everything":         {chat(""), "cheap strong haiku local embed auto coder mini strong route/code route/split route/default"},
		"guests see what is allowed":       {guest, "cheap local auto mini route/split route/default"},
		"policies on the caller intersect": {guest.with("x-region: eu"), "local auto route/default"},
		"the rejected see nothing":         {mallory, ""},
	} {
		if got := names(row.f); got != row.want {
			t.Errorf("%s: got %s, want %s", name, got, row.want)
		}
	}
}

func TestNewSaysWhichPieceIsWrong(t *testing.T) {
	for want, change := range map[string]func(*Spec){
		`alias 4: "defualt" is neither a route nor a model; did you mean "default"?`: func(s *Spec) { s.Aliases = append(s.Aliases, Alias{"x", "defualt"}) },
		`model 5: "cheap" is there twice`:                                            func(s *Spec) { s.Candidates = append(s.Candidates, Candidate{Model: "cheap"}) },
		`route 3: "code" is there twice`:                                             func(s *Spec) { s.Routes = append(s.Routes, Route{Name: "code", Strategy: "cost"}) },
		`policy 0: has no name`:                                                      func(s *Spec) { s.Policies = append(s.Policies, Policy{}) },
	} {
		s := world()
		change(&s)
		if _, err := New(s); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
