package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Bounds on what a file may grow to when its aliases are followed.
const (
	maxDepth = 32
	maxNodes = 200_000
)

// decoder fills a Config from nodes. It goes on after a fault, so that one run finds them all.
type decoder struct {
	file   *File
	env    func(string) (string, bool)
	faults Faults
	nodes  int  // visited so far
	halted bool // a bound was met; nothing more is read

	missing []unset // variables of the credential that is being read
}

// unset is a variable without a value, and where it is asked for.
type unset struct{ name, path, is string }

// place is where in the configuration a node stands.
type place struct {
	path    string
	depth   int
	private bool // what stands here may be secret: no fault shows it
	auth    bool // within a credential: a variable that is not set is no fault
}

func (p place) key(name string) place {
	if p.path != "" {
		name = p.path + "." + name
	}
	p.path, p.depth = name, p.depth+1
	return p
}

func (p place) item(i int) place {
	p.path, p.depth = fmt.Sprintf("%s[%d]", p.path, i), p.depth+1
	return p
}

// value reads n into out. At a fault it leaves out as it is.
func (d *decoder) value(n *yaml.Node, out reflect.Value, at place, r rules) {
	if n = d.follow(n, at); n == nil {
		return
	}
	if out.Kind() == reflect.Pointer {
		fresh := reflect.New(out.Type().Elem())
		d.value(n, fresh.Elem(), at, r)
		out.Set(fresh)
		return
	}
	k, _ := kindOf(out.Type())
	switch k {
	case kindStruct:
		d.structure(n, out, at)
	case kindMap:
		d.mapping(n, out.Addr().Interface().(ordered), at, r)
	case kindList:
		d.list(n, out, at, r)
	case kindAny:
		if v, ok := d.any(n, at); ok && v != nil {
			out.Set(reflect.ValueOf(v))
		}
	default:
		d.scalar(n, out, at, r)
	}
}

// follow resolves aliases and counts nodes. nil: a bound was met.
func (d *decoder) follow(n *yaml.Node, at place) *yaml.Node {
	if d.halted {
		return nil
	}
	d.nodes++
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	switch {
	case d.nodes > maxNodes:
		d.halted = true
		d.fault(n, at, fmt.Sprintf("the file has more than %d values once its aliases are followed", maxNodes), "")
		return nil
	case at.depth > maxDepth:
		d.halted = true
		d.fault(n, at, fmt.Sprintf("nested more than %d levels deep", maxDepth), "")
		return nil
	}
	return n
}

// structure reads a mapping with fixed keys. n may be nil or null, which gives the defaults.
func (d *decoder) structure(n *yaml.Node, out reflect.Value, at place) {
	setDefaults(out)
	var pairs []pair
	if n != nil && !isNull(n) {
		var ok bool
		if pairs, ok = d.pairs(n, at); !ok {
			return
		}
	}
	if out.Type() == reflect.TypeFor[Auth]() {
		at.auth, at.private = true, true
	}
	fields := fieldsOf(out.Type())
	given := map[string]bool{}
	for _, p := range pairs {
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == p.name })
		if i < 0 {
			given[d.unknownKey(p, keysOf(fields), at)] = true // the key that was meant is not missing
			continue
		}
		f := fields[i]
		in := at.key(f.key)
		in.private = in.private || f.private
		d.file.record(in, p.key, p.value)
		if isNull(p.value) {
			continue
		}
		before := len(d.faults)
		d.value(p.value, out.Field(f.index), in, f.rules)
		// A credential's variable may be missing, and what has a fault needs no second one.
		given[f.key] = len(d.faults) > before || !blank(out.Field(f.index)) || at.auth && len(d.missing) > 0
	}
	for _, f := range fields {
		if f.required && !given[f.key] && !d.halted {
			d.faults = append(d.faults, d.file.Fault(at.key(f.key).path, f.key+" is required", oneOf(f.enum)))
		}
	}
	if p, ok := out.Addr().Interface().(*Provider); ok {
		p.Missing = d.takeMissing(at)
	}
}

// blank reports whether v counts as not given. A number always counts.
func blank(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String, reflect.Slice:
		return v.Len() == 0
	case reflect.Struct:
		return v.IsZero()
	}
	return false
}

// takeMissing warns of the variables that a provider's credential lacks and returns their names.
func (d *decoder) takeMissing(at place) []string {
	var names []string
	for _, m := range d.missing {
		if slices.Contains(names, m.name) {
			continue
		}
		names = append(names, m.name)
		d.file.Warnings = append(d.file.Warnings, d.file.Fault(m.path,
			m.name+" is "+m.is+", so this provider has no credential here", "set "+m.name+" in the environment"))
	}
	d.missing = nil
	return names
}

// unknownKey reports a key and returns the known one that is closest, or nothing.
func (d *decoder) unknownKey(p pair, known []string, at place) string {
	meant, _ := closest(p.name, known)
	f := d.file.faultAt(Pos{p.key.Line, p.key.Column}, at.key(p.name).path, "", "")
	f.Text, f.Suggestion = p.name, didYouMean(p.name, known)
	if at.private && (meant == "" || !keyLike.MatchString(p.name)) {
		// It may be a credential that lacks its key.
		f.Text, f.Path = "", at.path
		f.Message = "a key that is not known"
	} else {
		f.Message = quote(p.name) + " is not a known key"
	}
	if f.Suggestion == "" {
		f.Suggestion = oneOf(known)
	}
	d.faults = append(d.faults, f)
	return meant
}

// keyLike is text that is hardly a credential.
var keyLike = regexp.MustCompile(`^[a-zA-Z_]{1,20}$`)

// mapping reads a mapping whose keys are the operator's.
func (d *decoder) mapping(n *yaml.Node, out ordered, at place, r rules) {
	pairs, ok := d.pairs(n, at)
	if !ok {
		return
	}
	k, _ := kindOf(out.element())
	for _, p := range pairs {
		in := at.key(p.name)
		d.file.record(in, p.key, p.value)
		if p.name == "" {
			d.fault(p.key, in, "a key must not be empty", "")
			continue
		}
		v := reflect.ValueOf(out.grow(p.name, Pos{p.key.Line, p.key.Column})).Elem()
		switch {
		case !isNull(p.value):
			d.value(p.value, v, in, r)
		case k == kindStruct:
			d.structure(nil, v, in)
		case k != kindAny:
			d.fault(p.key, in, "a value is missing: "+k.wanted()+" is wanted", "")
		}
	}
}

func (d *decoder) list(n *yaml.Node, out reflect.Value, at place, r rules) {
	if n.Kind != yaml.SequenceNode {
		suggestion := "put it into brackets"
		if n.Kind == yaml.MappingNode {
			suggestion = "start each element with `- `"
		}
		d.wrongKind(n, at, kindList.wanted(), suggestion)
		return
	}
	elements := reflect.MakeSlice(out.Type(), len(n.Content), len(n.Content))
	for i, c := range n.Content {
		in := at.item(i)
		d.file.record(in, nil, c)
		switch k, _ := kindOf(out.Type().Elem()); {
		case !isNull(c):
			d.value(c, elements.Index(i), in, r)
		case k == kindStruct:
			d.structure(nil, elements.Index(i), in)
		default:
			d.fault(c, in, "the element is empty", "")
		}
	}
	out.Set(elements)
}

// scalar reads a single value.
func (d *decoder) scalar(n *yaml.Node, out reflect.Value, at place, r rules) {
	k, _ := kindOf(out.Type())
	e, ok := d.text(n, at, k.wanted())
	if !ok || e.text == "" && e.refs {
		return // an empty variable is as good as no value
	}
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	numeric := k == kindInt || k == kindNumber || k == kindBool
	if numeric && quoted && !e.refs && parseScalar(e.text, k, reflect.New(out.Type()).Elem()) == nil {
		d.fault(n, at, d.quote(n, at)+" is text where "+k.wanted()+" is wanted", "take the quotes off")
		return
	}
	if p := setScalar(e.text, out, r); p != nil {
		d.fault(n, at, strings.Replace(p.message, "%s", d.quote(n, at), 1), p.suggestion)
	}
}

// text returns a scalar with its variables put in; ok is false if there is none, after a fault.
func (d *decoder) text(n *yaml.Node, at place, want string) (e expanded, ok bool) {
	if n.Kind != yaml.ScalarNode {
		d.wrongKind(n, at, want, "")
		return e, false
	}
	if !coreTag(n) {
		d.fault(n, at, "the tag "+quote(n.Tag)+" is not supported", "leave it out")
		return e, false
	}
	e = expand(n.Value, d.env)
	switch {
	case e.bad != "":
		what := "this"
		if !at.private {
			what = quote(shown(e.bad))
		}
		d.fault(n, at, what+" is not a reference to a variable", "write ${NAME} or ${NAME:-default}, and $$ for a dollar sign")
		return e, false
	case at.auth:
		for _, name := range e.unset {
			d.missing = append(d.missing, unset{name, at.path, "not set"})
		}
		for _, name := range e.empty {
			d.missing = append(d.missing, unset{name, at.path, "empty"})
		}
		if len(e.unset)+len(e.empty) > 0 {
			e.text = "" // half a credential is none
		}
	case len(e.unset) > 0:
		what := "the environment variable " + e.unset[0] + " is not set"
		if len(e.unset) > 1 {
			what = "the environment variables " + strings.Join(e.unset, ", ") + " are not set"
		}
		d.fault(n, at, what,
			"set it, or give a default: ${"+e.unset[0]+":-default}")
		return e, false
	}
	return e, true
}

// wrongKind reports a list, a mapping or a single value where another is wanted.
func (d *decoder) wrongKind(n *yaml.Node, at place, want, suggestion string) {
	is := "a single value"
	switch n.Kind {
	case yaml.MappingNode:
		is = "a mapping"
	case yaml.SequenceNode:
		is = "a list"
	}
	d.fault(n, at, is+" stands where "+want+" is wanted", suggestion)
}

func (d *decoder) fault(n *yaml.Node, at place, message, suggestion string) {
	f := d.file.faultAt(Pos{n.Line, n.Column}, at.path, message, suggestion)
	if n.Kind == yaml.ScalarNode && !at.private {
		f.Text = shown(n.Value)
	}
	d.faults = append(d.faults, f)
}

// quote returns a scalar as a fault may show it.
func (d *decoder) quote(n *yaml.Node, at place) string {
	if at.private {
		return "the value"
	}
	return quote(shown(n.Value))
}

// setDefaults sets every default of a struct, and of the structs in it.
func setDefaults(v reflect.Value) {
	for _, f := range fieldsOf(v.Type()) {
		out := v.Field(f.index)
		k, _ := kindOf(f.typ)
		switch {
		case k == kindStruct && f.typ.Kind() == reflect.Struct:
			setDefaults(out)
		case f.fallback == "":
		case f.typ.Kind() == reflect.Pointer:
			out.Set(reflect.New(f.typ.Elem()))
			setScalar(f.fallback, out.Elem(), rules{})
		default:
			setScalar(f.fallback, out, rules{})
		}
	}
}
