package policy

// healthFilter takes out what fails now, while others do not. It has the last word but one: if all that may serve the
// request fail, all are kept, since a try costs little and refusing is certain to fail.
//
// What is down is given a small share of requests, to see whether it still is.
type healthFilter struct{}

var _ filter = healthFilter{}

func (healthFilter) name() string               { return filterHealth }
func (healthFilter) applies(*query) bool        { return false } // fit asks instead, once all others have spoken
func (healthFilter) allow(*query, *mark) ruling { return kept }

func (healthFilter) why(*query, *mark) Verdict {
	return refuse("fails or refuses requests at the moment; it is tried again with a small share of them")
}

// fit takes out the candidates that are down, if one that is not stays.
func (q *query) fit(live []int32) []int32 {
	if !q.health || q.arms == nil || len(live) < 2 {
		return live
	}
	up := 0
	for _, i := range live {
		m := &q.marks[i]
		if isDown, _ := q.arms[m.id].Health(q.moment()); isDown {
			m.flags |= down
			continue
		}
		up++
	}
	if up == 0 || up == len(live) {
		return live
	}
	luck := q.rnd.Float64() // of all probes together, so that a decision has one at most
	rest := live[:0]
	for _, i := range live {
		m := &q.marks[i]
		if !m.is(down) {
			rest = append(rest, i)
			continue
		}
		_, share := q.arms[m.id].Health(q.moment())
		if luck >= 0 && luck < share {
			m.flags |= probe
			rest = append(rest, i)
		} else {
			m.refusedBy = uint8(len(filters))
		}
		luck -= share
	}
	return rest
}
