package config

import (
	"fmt"
	"regexp"
	"slices"
)

// routeName is short and safe, for it stands in headers and in `route/<name>`.
var routeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func (v *validator) routeList() {
	names := map[string]int{}
	last := -1 // the first route that takes every request
	for i := range v.c.Routes {
		r := &v.c.Routes[i]
		at := fmt.Sprintf("routes[%d]", i)
		v.once(names, at+".name", r.Name, "route")
		if r.Name != "" && !routeName.MatchString(r.Name) {
			v.fault(at+".name", v.text(at+".name")+" is not a name for a route", "use letters, digits, ., _ and -, at most 64 characters")
		}
		v.routeModels(at, r)
		v.weights(at, r)
		v.balance(at, r)
		v.strong(at, r)
		if r.Percentile > 99 {
			v.fault(at+".percentile", "a percentile is from 1 to 99", "")
		}
		if last >= 0 {
			v.warn(at, fmt.Sprintf("no request gets here by rule, because routes[%d] before it takes all of them", last),
				"put it before that route, unless clients ask for it by name")
		}
		if r.Match == "" && last < 0 && !v.bad[at+".match"] {
			last = i
		}
	}
}

func (v *validator) routeModels(at string, r *Route) {
	if len(v.models) == 0 {
		return // reported as missing
	}
	for i, pattern := range r.Models {
		at := fmt.Sprintf("%s.models[%d]", at, i)
		switch {
		case covers(pattern, v.models):
		case isPattern(pattern):
			v.warn(at, v.text(at)+" matches no model", "")
		default:
			v.fault(at, v.text(at)+" is not a model", didYouMean(pattern, v.models))
		}
	}
}

func (v *validator) weights(at string, r *Route) {
	at += ".weights"
	switch weighted := r.Strategy == "weighted"; {
	case v.bad[at] || v.bad[parent(at)+".strategy"]:
		return
	case weighted && len(r.Weights) == 0:
		v.fault(at, "the strategy weighted needs weights", "add weights: {model: share}")
		return
	case !weighted && len(r.Weights) > 0:
		v.fault(at, "weights count for the strategy weighted only", "add strategy: weighted, or leave them out")
		return
	}
	sum := 0.0
	for _, w := range r.Weights {
		sum += w.Value
		at := at + "." + w.Name
		switch {
		case !slices.Contains(v.models, w.Name):
			v.faultKey(at, w.Name, quote(w.Name)+" is not a model", didYouMean(w.Name, v.models))
		case !slices.ContainsFunc(r.Models, func(p string) bool { return matches(p, w.Name) }):
			v.faultKey(at, w.Name, quote(w.Name)+" is not among the models of this route", "add it to models")
		}
		if v.bad[at] {
			sum = 1 // its weight may not be what was meant
		}
	}
	if len(r.Weights) > 0 && sum == 0 {
		v.fault(at, "all weights are 0", "give at least one model a share")
	}
}

// strong checks the threshold of strategy quality.
func (v *validator) strong(at string, r *Route) {
	for _, key := range []string{"strong_above", "strong_share"} {
		if at := at + "." + key; v.given(at) && r.Strategy != "quality" && !v.bad[parent(at)+".strategy"] {
			v.fault(at, key+" counts for the strategy quality only", "add strategy: quality, or leave it out")
		}
	}
	if r.StrongAbove != nil && r.StrongShare != nil {
		v.fault(at+".strong_share", "strong_above says it already", "keep one: a fixed threshold, or a share that it follows")
	}
	if r.Affinity == "session" && r.Strategy == "priority" && !v.bad[at+".affinity"] {
		v.warn(at+".affinity", "the strategy priority keeps to its list anyway", "leave it out")
	}
}

// balanceKeys are what a balanced strategy can weigh.
var balanceKeys = []string{"cost", "latency", "quality"}

func (v *validator) balance(at string, r *Route) {
	at += ".balance"
	if len(r.Balance) == 0 || v.bad[at] {
		return
	}
	if r.Strategy != "balanced" {
		v.fault(at, "balance counts for the strategy balanced only", "add strategy: balanced, or leave it out")
		return
	}
	sum := 0.0
	for _, b := range r.Balance {
		sum += b.Value
		at := at + "." + b.Name
		if !slices.Contains(balanceKeys, b.Name) {
			suggestion := didYouMean(b.Name, balanceKeys)
			if suggestion == "" {
				suggestion = oneOf(balanceKeys)
			}
			v.faultKey(at, b.Name, quote(b.Name)+" cannot be weighed", suggestion)
		}
		if v.bad[at] {
			sum = 1
		}
	}
	if sum == 0 {
		v.fault(at, "all weights are 0", "give at least one a weight")
	}
}
