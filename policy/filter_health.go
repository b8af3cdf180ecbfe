package policy

import "github.com/llmroute/llmroute/policy/learn"

// healthFilter takes out what fails now, while others do not. It has the last word but one: if all that may serve the
// request fail, all are kept, since a try costs little and refusing is certain to fail.
//
// What is down gets one request at a time, to see whether it still is: one that it would get if it were up, and never without a
// fallback that is up. See query.settle.
type healthFilter struct{}

var _ filter = healthFilter{}

func (healthFilter) name() string               { return filterHealth }
func (healthFilter) applies(*query) bool        { return false } // fit asks instead, once all others have spoken
func (healthFilter) allow(*query, *mark) ruling { return kept }

func (healthFilter) why(_ *query, m *mark) Verdict {
	if m.is(down) {
		return refuse("fails or refuses requests at the moment; it is tried again now and then")
	}
	return refuse("failed until just now; it gets more requests from second to second")
}

const (
	whyProbe = "failed lately, tried to see whether it still does"
	whyLate  = "failed lately, so it comes last"
)

// fit takes out the candidates that are down, if one that is not stays. Those that a probe is due at are marked so, and those
// that came back just now, but not for this request, are put behind.
func (q *query) fit(live []int32) []int32 {
	if !q.health || len(live) < 2 || q.arms == nil || !q.seen.Troubled() {
		return live
	}
	up, back, resting := 0, 0, 0
	for _, i := range live {
		m := &q.marks[i]
		switch standing, share := q.arms[m.id].Standing(q.moment()); standing {
		case learn.Up:
			up++
		case learn.Ramping:
			if q.rnd.Float64() < share {
				up++
				continue
			}
			m.flags |= late
			back++
		case learn.Due:
			m.flags |= down | probe
		case learn.Resting:
			m.flags |= down
			resting++
		}
	}
	switch {
	case up == 0 && back == 0:
		return q.forget(live, down|probe) // all fail
	case up == 0:
		live = q.forget(live, late)
	}
	q.ailing = up < len(live)
	if resting == 0 {
		return live
	}
	return q.without(live, func(m *mark) bool { return m.is(down) && !m.is(probe) })
}

// settle says which of the candidates that are not well stay, and where, once all have their keys. At most one is a probe:
// the best of all, if it is due for one and no other request is at it. The others come last, if there is room for them at all.
func (q *query) settle(live []int32) []int32 {
	if !q.ailing {
		return live
	}
	probing := 0
	for {
		best := &q.marks[q.bestOf(live)]
		if !best.is(probe) {
			break
		}
		if q.claim(best) {
			best.flags &^= probe
			best.flags |= proving
			q.fallbacks = max(q.fallbacks, 1)
			probing = 1
			break
		}
		best.flags &^= probe
		live = q.without(live, func(m *mark) bool { return m == best })
	}
	up := probing
	for _, i := range live {
		if m := &q.marks[i]; m.is(probe) {
			m.flags &^= probe
			m.flags |= late
		} else if !m.is(late | proving) {
			up++
		}
	}
	if up > q.fallbacks {
		return q.without(live, func(m *mark) bool { return m.is(late) })
	}
	return live
}

// claim takes the probe of a candidate, or looks whether it is to be had, where the decision is not for a real request.
func (q *query) claim(m *mark) bool {
	if q.readOnly {
		return true
	}
	return q.arms[m.id].Claim(q.moment())
}

// bestOf is the one of live that comes first.
func (q *query) bestOf(live []int32) int32 {
	best := live[0]
	for _, i := range live[1:] {
		if q.compare(i, best) < 0 {
			best = i
		}
	}
	return best
}

// without refuses, for their health, those of live that are out.
func (q *query) without(live []int32, out func(*mark) bool) []int32 {
	rest := live[:0]
	for _, i := range live {
		m := &q.marks[i]
		if out(m) {
			m.refusedBy = uint8(len(filters))
			continue
		}
		rest = append(rest, i)
	}
	return rest
}

// forget takes flags off all of live.
func (q *query) forget(live []int32, f flags) []int32 {
	for _, i := range live {
		q.marks[i].flags &^= f
	}
	return live
}
