package config

import (
	"regexp"
	"strings"
)

// variable is a name that may stand in `${…}`.
var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expanded is a value after its variables were put in.
type expanded struct {
	text  string
	refs  bool     // it held at least one reference
	unset []string // variables that are not set and have no default
	empty []string // variables that are set to nothing and have no default
	bad   string   // the first reference that cannot be read, as written
}

// expand puts variables into a value: `${NAME}`, `${NAME:-default}` (the default stands in for an unset and for
// an empty variable), `$$` for a dollar sign. A `$` before anything else stays. What is put in is not read again.
func expand(raw string, env func(string) (string, bool)) expanded {
	var e expanded
	if !strings.Contains(raw, "$") {
		e.text = raw
		return e
	}
	var b strings.Builder
	for rest := raw; rest != ""; {
		i := strings.IndexByte(rest, '$')
		if i < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:i])
		rest = rest[i:]
		switch {
		case strings.HasPrefix(rest, "$$"):
			b.WriteByte('$')
			rest = rest[2:]
		case strings.HasPrefix(rest, "${"):
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				e.fail(rest)
				rest = ""
				break
			}
			b.WriteString(e.lookUp(rest[:end+1], env))
			rest = rest[end+1:]
		default:
			b.WriteByte('$')
			rest = rest[1:]
		}
	}
	e.text = b.String()
	return e
}

// lookUp returns what ref, which is `${…}`, stands for.
func (e *expanded) lookUp(ref string, env func(string) (string, bool)) string {
	e.refs = true
	name, fallback, hasFallback := strings.Cut(ref[2:len(ref)-1], ":-")
	if !variable.MatchString(name) {
		e.fail(ref)
		return ""
	}
	value, set := env(name)
	switch {
	case value != "":
		return value
	case hasFallback:
		return fallback
	case set:
		e.empty = append(e.empty, name)
	default:
		e.unset = append(e.unset, name)
	}
	return ""
}

func (e *expanded) fail(ref string) {
	if e.bad == "" {
		e.bad = ref
	}
}
