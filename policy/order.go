package policy

import (
	"cmp"
	"slices"
)

// order puts live into the order of their keys, best first. It leaves out what no plan can need: of one provider,
// more candidates than the plan has entries. So a thousand candidates are not sorted for a plan of three.
func (q *query) order(live []int32) []int32 {
	size := 1 + q.fallbacks
	if few := q.providers * size; few < len(live)/2 {
		live = q.bestOfEach(live, size)
	}
	slices.SortFunc(live, q.compare)
	return live
}

func (q *query) compare(a, b int32) int {
	x, y := &q.marks[a], &q.marks[b]
	switch {
	case x.flags&late != y.flags&late:
		return cmp.Compare(x.flags&late, y.flags&late)
	case x.key < y.key:
		return -1
	case x.key > y.key:
		return 1
	}
	return cmp.Compare(a, b)
}

// bestOfEach returns the best size candidates of each provider.
func (q *query) bestOfEach(live []int32, size int) []int32 {
	best := make([]int32, q.providers*size) // size places a provider, each sorted
	taken := make([]int, q.providers)
	for _, i := range live {
		p := q.providerOf(i)
		places := best[p*size : p*size+size]
		n := taken[p]
		if n == size {
			if q.compare(i, places[n-1]) > 0 {
				continue
			}
			n--
		}
		for ; n > 0 && q.compare(i, places[n-1]) < 0; n-- {
			places[n] = places[n-1]
		}
		places[n] = i
		taken[p] = min(taken[p]+1, size)
	}
	out := live[:0]
	for p, n := range taken {
		out = append(out, best[p*size:p*size+n]...)
	}
	return out
}

// plan takes the best and its fallbacks from order, indexes of q.marks, best first. It prefers the next in
// order, but of another provider than the entry before: a provider that has just failed may fail again.
func (q *query) plan(order []int32) {
	size := min(len(order), 1+q.fallbacks)
	q.d.Plan = make([]Entry, 0, size)
	q.take(order[0])
	rest := order[1:]
	for len(q.d.Plan) < size {
		k := q.next(rest, size-len(q.d.Plan)-1)
		q.take(rest[k])
		copy(rest[1:k+1], rest[:k])
		rest = rest[1:]
	}
}

func (q *query) take(i int32) {
	m := &q.marks[i]
	c := q.candidates[m.id]
	q.d.Plan = append(q.d.Plan, Entry{Candidate: c, ExpectedUSD: q.costOf(m), MaxOutputTokens: q.entryLimit(c)})
	m.rank = int16(len(q.d.Plan))
	q.last = q.providerOf(i)
}

// next picks from rest the first of another provider than the last entry's after which the further entries can
// alternate too; failing that, the first of another provider; failing that, the first.
func (q *query) next(rest []int32, further int) int {
	other := -1
	for k, i := range rest {
		provider := q.providerOf(i)
		if provider == q.last {
			continue
		}
		if other < 0 {
			other = k
		}
		if q.canAlternate(rest, k, further) {
			return k
		}
	}
	return max(other, 0)
}

func (q *query) providerOf(i int32) int { return q.traits[q.marks[i].id].provider }

// canAlternate reports whether, with rest[k] taken, further entries can be had from the others without two of one
// provider in a row. That is so if no provider is needed more often than every other time: each can give
// half of the entries, rounded up, and the one that was just taken half, rounded down.
func (q *query) canAlternate(rest []int32, k, further int) bool {
	taken := q.providerOf(rest[k])
	have := 0
	for a, i := range rest {
		provider := q.providerOf(i)
		most := (further + 1) / 2
		if provider == taken {
			most = further / 2
		}
		before := 0 // of this provider, in rest[:a]
		for b, j := range rest[:a] {
			if b != k && q.providerOf(j) == provider {
				before++
			}
		}
		if a != k && before < most {
			have++
		}
		if have >= further {
			return true
		}
	}
	return have >= further
}
