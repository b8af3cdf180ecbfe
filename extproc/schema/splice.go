package schema

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"
)

// Splice applies e to the top-level members of body, which f describes. Members that e does not name keep every
// byte: order, spelling of numbers, white space. limits are the names under which the operation knows the output
// limit: those present are set, or else the first. A model is set under "model". The result aliases body if
// nothing changes.
func Splice(body []byte, f *Facts, e *Edit, limits ...string) []byte {
	if e.IsZero() {
		return body
	}
	s := splicer{body: body, f: f, sets: make([]Field, 0, 4)}
	for _, d := range e.Default {
		if f.Member(d.Name) == nil {
			s.set(d)
		}
	}
	for _, field := range e.Set {
		s.set(field)
	}
	if e.Model != "" {
		s.set(Field{Name: "model", Value: gjson.AppendJSONString(make([]byte, 0, len(e.Model)+2), e.Model)})
	}
	if e.MaxOutputTokens > 0 && len(limits) > 0 {
		value := strconv.AppendInt(nil, int64(e.MaxOutputTokens), 10)
		present := slices.DeleteFunc(slices.Clone(limits), func(name string) bool { return f.Member(name) == nil })
		if len(present) == 0 {
			present = limits[:1]
		}
		for _, name := range present {
			s.set(Field{Name: name, Value: value})
		}
	}
	return s.apply(e.Remove)
}

// splicer gathers the members to set; of several for one name the last wins.
type splicer struct {
	body []byte
	f    *Facts
	sets []Field
}

func (s *splicer) set(field Field) {
	for i := range s.sets {
		if s.sets[i].Name == field.Name {
			s.sets[i].Value = field.Value
			return
		}
	}
	s.sets = append(s.sets, field)
}

// apply writes the body anew: what stands before the first member, the members that stay, each with what stood
// before it, the new ones, and what stands after the last.
func (s *splicer) apply(remove []string) []byte {
	grow := 0
	for _, field := range s.sets {
		grow += len(field.Name) + len(field.Value) + 4
	}
	members := s.f.Members
	out := make([]byte, 0, len(s.body)+grow)
	open := bytes.IndexByte(s.body, '{') + 1
	rest := open
	wrote := false
	for i := range members {
		m := &members[i]
		if i == 0 {
			out = append(out, s.body[:m.Key.Start]...)
		}
		before := s.body[rest:m.Key.Start] // the comma and white space
		rest = m.Value.End
		if slices.Contains(remove, m.Name) {
			continue
		}
		if wrote {
			out = append(out, before...)
		}
		wrote = true
		value := m.Value
		if field := s.take(m.Name); field != nil {
			out = append(out, s.body[m.Key.Start:value.Start]...)
			out = append(out, field.Value...)
			continue
		}
		out = append(out, s.body[m.Key.Start:value.End]...)
	}
	if len(members) == 0 {
		out = append(out, s.body[:open]...)
	}
	for _, field := range s.sets {
		if slices.Contains(remove, field.Name) || s.f.Member(field.Name) != nil {
			continue
		}
		if wrote {
			out = append(out, ',')
		}
		wrote = true
		out = append(append(gjson.AppendJSONString(out, field.Name), ':'), field.Value...)
	}
	return append(out, s.body[rest:]...)
}

// take returns the new value of the member of that name, or nil.
func (s *splicer) take(name string) *Field {
	for i := range s.sets {
		if s.sets[i].Name == name {
			return &s.sets[i]
		}
	}
	return nil
}
