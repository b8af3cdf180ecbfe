package jsonscan

import "strings"

// Names is a set of member names that a scan gives meaning to. Providers written in some languages match names
// without regard to case; with Names, a member that differs from one only in case is an error.
// The value repeats the name, so that a look-up yields it without a copy.
type Names map[string]string

// NewNames returns the set of the given names.
func NewNames(names ...string) Names {
	set := make(Names, len(names))
	for _, n := range names {
		set[n] = n
	}
	return set
}

// check finds names that come twice and names that differ from a known one only in case.
func (r *Reader) check(seen *seenNames, name, param string) {
	if seen.add(name) {
		r.fail("duplicate_field", join(param, name), "%q stands twice in the same object; send it once", clip(name))
		return
	}
	if r.names == nil || isPlain(name) {
		return
	}
	if _, exact := r.names[name]; exact {
		return
	}
	for known := range r.names {
		if strings.EqualFold(known, name) {
			r.fail("ambiguous_field", join(param, name), "%q differs from %q only in case; spell it %q", clip(name), known, known)
			return
		}
	}
}

// isPlain reports whether name has only lower-case ASCII letters, digits and underscores, so that it folds to itself.
func isPlain(name string) bool {
	for i := range len(name) {
		if c := name[i]; !(c >= 'a' && c <= 'z' || c == '_' || c >= '0' && c <= '9') {
			return false
		}
	}
	return true
}

// seenNames remembers the member names of one object: a few in place, many in a map.
type seenNames struct {
	few  [16]string
	n    int
	many map[string]struct{}
}

// add remembers name and reports whether it was there already.
func (s *seenNames) add(name string) bool {
	if s.many == nil {
		for _, old := range s.few[:s.n] {
			if old == name {
				return true
			}
		}
		if s.n < len(s.few) {
			s.few[s.n] = name
			s.n++
			return false
		}
		s.many = make(map[string]struct{}, 2*len(s.few))
		for _, old := range s.few {
			s.many[old] = struct{}{}
		}
	}
	if _, old := s.many[name]; old {
		return true
	}
	s.many[name] = struct{}{}
	return false
}
