package policy

// Visible is a name that a caller may ask for.
type Visible struct {
	Name     string
	Kind     VisibleKind
	Provider string // of a model
}

// VisibleKind is a kind of name.
type VisibleKind string

// The kinds, in the order in which Router.Visible lists them.
const (
	VisibleModel VisibleKind = "model"
	VisibleAlias VisibleKind = "alias"
	VisibleRoute VisibleKind = "route"
)

// Visible lists the models, aliases and route/<name> that the caller may use, for /v1/models. Only what f says
// of the caller counts, and so only policies that look at nothing else: what depends on the request cannot be
// known yet. Routes and aliases are listed if one of their models is.
func (r *Router) Visible(f *Features) []Visible {
	hidden, all := r.hidden(f)
	if all {
		return nil
	}
	var out []Visible
	for id, c := range r.candidates {
		if !hidden[id] {
			out = append(out, Visible{Name: c.Model, Kind: VisibleModel, Provider: c.Provider})
		}
	}
	anyOf := func(rt *route) bool {
		for _, id := range rt.ids {
			if !hidden[id] {
				return true
			}
		}
		return false
	}
	for _, a := range r.aliases {
		rt := r.byRoute[routeName(a.Target)]
		switch {
		case rt != nil && rt == r.catchAll: // stands for the rules, any of which may serve
			if len(out) > 0 {
				out = append(out, Visible{Name: a.Name, Kind: VisibleAlias})
			}
		case rt != nil:
			if anyOf(rt) {
				out = append(out, Visible{Name: a.Name, Kind: VisibleAlias})
			}
		default:
			if id := r.byModel[a.Target]; !hidden[id] {
				out = append(out, Visible{Name: a.Name, Kind: VisibleAlias, Provider: r.candidates[id].Provider})
			}
		}
	}
	for _, rt := range r.routes {
		if anyOf(rt) {
			out = append(out, Visible{Name: routePrefix + rt.Name, Kind: VisibleRoute})
		}
	}
	return out
}

// hidden tells the candidates that policies on the caller refuse; all: every request of this caller is rejected.
func (r *Router) hidden(f *Features) (hidden []bool, all bool) {
	hidden = make([]bool, len(r.candidates))
	for _, p := range r.policies {
		if p.Audit || !p.Match.callerOnly() || !p.During.holds(f.Now) {
			continue
		}
		if match, err := p.Match.Eval(f); !match && err == nil {
			continue
		}
		if p.Reject != "" {
			return hidden, true
		}
		for id := range hidden {
			if p.refuses.has(id) || r.candidates[id].Facts.Lacks&p.Require != 0 {
				hidden[id] = true
			}
		}
	}
	return hidden, false
}

// Candidates are all that may serve, in the order of the configuration.
func (r *Router) Candidates() []*Candidate { return r.candidates }
