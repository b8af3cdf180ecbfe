package openai

import "github.com/tidwall/gjson"

// members holds an object's members after one pass over it. A look-up by path goes over the object anew each time,
// which counts where it has a megabyte of image in it. The zero value has none.
type members struct {
	pairs [maxMembers]struct {
		name  string
		value gjson.Result
	}
	n     int
	whole gjson.Result // for what did not fit
}

const maxMembers = 12

func membersOf(v gjson.Result) *members {
	m := &members{}
	m.load(v)
	return m
}

// load reads another object in place of the one before.
func (m *members) load(v gjson.Result) {
	m.n, m.whole = 0, gjson.Result{}
	if !v.IsObject() {
		return
	}
	v.ForEach(func(name, value gjson.Result) bool {
		if m.n == maxMembers {
			m.whole = v
			return false
		}
		m.pairs[m.n].name, m.pairs[m.n].value = name.Str, value
		m.n++
		return true
	})
}

// get returns the member of that name, or nothing.
func (m *members) get(name string) gjson.Result {
	for i := range m.n {
		if m.pairs[i].name == name {
			return m.pairs[i].value
		}
	}
	if m.whole.Exists() {
		return m.whole.Get(name)
	}
	return gjson.Result{}
}
