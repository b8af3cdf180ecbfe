package policy

// plan takes the best and its fallbacks from order, indexes of q.d.Candidates, best first. It prefers the next in
// order, but of another provider than the entry before: a provider that has just failed may fail again.
func (q *query) plan(order []int) {
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

func (q *query) take(i int) {
	c := &q.d.Candidates[i]
	q.d.Plan = append(q.d.Plan, Entry{Candidate: c.Candidate, ExpectedUSD: c.ExpectedUSD, MaxOutputTokens: q.entryLimit(c.Candidate)})
	c.Rank = len(q.d.Plan)
	q.last = q.providers[c.id]
}

// next picks from rest the first of another provider than the last entry's after which the further entries can
// alternate too; failing that, the first of another provider; failing that, the first.
func (q *query) next(rest []int, further int) int {
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

func (q *query) providerOf(i int) int { return q.providers[q.d.Candidates[i].id] }

// canAlternate reports whether, with rest[k] taken, further entries can be had from the others without two of one
// provider in a row. That is so if no provider is needed more often than every other time: each can give
// half of the entries, rounded up, and the one that was just taken half, rounded down.
func (q *query) canAlternate(rest []int, k, further int) bool {
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
