package policy

import (
	"fmt"
	"slices"
	"strings"
)

// routePrefix marks a model name that names a route.
const routePrefix = "route/"

func routeName(name string) string { return strings.TrimPrefix(name, routePrefix) }

// resolve finds what was asked for: the route or the models, and the strategy.
func (q *query) resolve() error {
	f := q.f
	override, err := clientStrategy(f.Strategy)
	if err != nil {
		return err
	}
	if f.EnvoyRoute != "" {
		err = q.resolvePinned(f.EnvoyRoute)
	} else {
		err = q.resolveAsked()
	}
	if err != nil {
		return err
	}
	q.d.Route = q.route.Name
	if override != nil && !q.asked {
		q.strategy = override
	}
	q.d.Strategy = q.strategy.name
	return nil
}

func clientStrategy(name string) (*strategy, error) {
	if name == "" {
		return nil, nil
	}
	s := strategyNamed(name)
	if s == nil {
		return nil, &Error{Code: InvalidStrategy, Message: unknownStrategy(name)}
	}
	return s, nil
}

// resolveAsked goes by what the client names.
func (q *query) resolveAsked() error {
	names := q.askedFor()
	switch len(names) {
	case 0:
		return q.resolveByRules()
	case 1:
		return q.resolveName(names[0])
	}
	var unknown []string
	for _, name := range names {
		id, ok := q.model(name)
		switch {
		case !ok:
			unknown = append(unknown, name)
		case !slices.Contains(q.ids, id):
			q.ids = append(q.ids, id)
		}
	}
	if len(q.ids) == 0 {
		return q.modelNotFound(names...)
	}
	if len(unknown) > 0 {
		q.note("not a model, passed over: %s", clip(strings.Join(unknown, ", ")))
	}
	q.useModels(q.direct)
	return nil
}

// maxListed bounds how many names of a list count. Clients write few; the bound is there for those who write millions.
const maxListed = 64

// askedFor lists the names that the client gives, model before models.
func (q *query) askedFor() []string {
	f := q.f
	list := f.Models
	if len(list) > maxListed {
		q.note("only the first %d of %d models in the list count", maxListed, len(list))
		list = list[:maxListed]
	}
	switch {
	case f.Model == "":
		return list
	case len(list) == 0 || len(list) == 1 && list[0] == f.Model:
		return []string{f.Model}
	case list[0] == f.Model:
		return list
	}
	return append([]string{f.Model}, list...)
}

func (q *query) resolveName(name string) error {
	if id, ok := q.model(name); ok {
		q.ids = []int{id}
		q.useModels(q.direct)
		return nil
	}
	target, alias := q.byAlias[name]
	if !alias {
		target = name
		if !strings.HasPrefix(name, routePrefix) {
			return q.modelNotFound(name)
		}
	}
	rt := q.byRoute[routeName(target)]
	switch {
	case rt == nil:
		return &Error{Code: RouteNotFound, Param: "model", Message: q.noSuch("route", routeName(target))}
	case alias && rt == q.catchAll:
		return q.resolveByRules()
	}
	q.useRoute(rt)
	return nil
}

// model finds the candidate that a name means: an alias of a model, else a model.
func (q *query) model(name string) (int, bool) {
	if target, ok := q.byAlias[name]; ok {
		if q.byRoute[routeName(target)] != nil {
			return 0, false
		}
		name = target
	}
	id, ok := q.byModel[name]
	return id, ok
}

// resolveByRules takes the first route that matches. One whose expression fails does not.
func (q *query) resolveByRules() error {
	var buf [indexBuffer]int32
	for _, i := range q.routeIndex.possible(q.f, buf[:0]) {
		rt := q.routes[i]
		match, err := rt.Match.Eval(q.f)
		if err != nil {
			q.note("route %s does not match: its expression failed: %v", rt.Name, err)
		}
		if match {
			q.useRoute(rt)
			return nil
		}
	}
	return &Error{Code: NoCandidate, Message: "no route matches this request; ask for a model by name, " +
		"or have the operator add a last route without a match"}
}

// resolvePinned goes by the route that Envoy's configuration names. The client only has a say within it.
func (q *query) resolvePinned(name string) error {
	rt := q.byRoute[name]
	if rt == nil {
		return &Error{Code: RouteNotFound, Message: "Envoy's route metadata names it: " + q.noSuch("route", name)}
	}
	var outside []string
	for _, asked := range q.askedFor() {
		id, ok := q.model(asked)
		switch {
		case !ok || !slices.Contains(rt.ids, id):
			outside = append(outside, asked)
		case !slices.Contains(q.ids, id):
			q.ids = append(q.ids, id)
		}
	}
	if len(q.ids) > 0 {
		q.useModels(rt)
		return nil
	}
	if len(outside) > 0 && (len(outside) > 1 || outside[0] != routePrefix+name) {
		q.note("Envoy chose route %s, which decides; not among its models: %s", name, clip(strings.Join(outside, ", ")))
	}
	q.useRoute(rt)
	return nil
}

// useModels takes q.ids in order, as the client named them, under the bounds of rt.
func (q *query) useModels(rt *route) {
	q.route, q.strategy, q.asked = rt, strategyNamed("priority"), true
	q.fallbacks = len(q.ids) - 1
}

func (q *query) useRoute(rt *route) {
	q.route, q.strategy, q.fallbacks = rt, rt.strategy, rt.Fallbacks
	q.ids, q.weights = rt.ids, rt.weights
}

func (q *query) modelNotFound(names ...string) error {
	if len(names) > 1 {
		return &Error{Code: ModelNotFound, Param: "models", Message: fmt.Sprintf("none of %s is a model here; GET /v1/models lists them",
			clip(strings.Join(names, ", ")))}
	}
	var known []string
	for _, v := range q.Visible(q.f) {
		known = append(known, v.Name)
	}
	e := &Error{Code: ModelNotFound, Param: "model"}
	e.Message = fmt.Sprintf("no model, alias or route is named %q", clip(names[0]))
	if hint := suggest(names[0], known); hint != "" {
		e.Message += "; " + hint
	} else {
		e.Message += "; GET /v1/models lists them"
	}
	return e
}

// noSuch names only routes that the caller may use.
func (q *query) noSuch(kind, name string) string {
	message := fmt.Sprintf("no %s is named %q", kind, clip(name))
	var known []string
	for _, v := range q.Visible(q.f) {
		if v.Kind == VisibleRoute {
			known = append(known, routeName(v.Name))
		}
	}
	if hint := suggest(name, known); hint != "" {
		return message + "; " + hint
	}
	if len(known) > 0 {
		return message + "; there are " + strings.Join(known, ", ")
	}
	return message
}
