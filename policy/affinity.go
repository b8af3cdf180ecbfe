package policy

import "math"

// warmShare is the share of a conversation's prompt that a provider which served it before has in its cache: all but the
// newest turn. It is assumed, the same on every turn: what it is worth must not send a conversation elsewhere as it grows.
const warmShare = 0.75

const whyHome = "home of the session; "

// stick puts the home of the request's conversation first: of the candidates that are no worse than the best, when one counts
// what their caches save, the one that draws the conversation's best lot. So nobody has to remember where a conversation
// was, replicas agree, and it moves only once its home is worse by more than moving costs.
//
// What strategies do for the sake of knowing comes before that, and what is not well is nobody's home. The lists of the
// strategy priority and of clients say who comes first, and weighted is drawn by session to begin with.
func (q *query) stick(live []int32) {
	near := q.strategy.near
	if !q.route.Affinity || near == nil || len(live) < 2 {
		return
	}
	best := math.Inf(1)
	for _, i := range live {
		m := &q.marks[i]
		if m.key == foremost {
			return
		}
		if q.settled(m) {
			best = min(best, near.away(q, m))
		}
	}
	session := q.f.Session()
	if math.IsInf(best, 1) || session == "" {
		return
	}
	limit := best + near.slack(q, best)
	var stay *mark
	most := 0.0
	for _, i := range live {
		m := &q.marks[i]
		if !q.settled(m) || near.atHome(q, m) > limit {
			continue
		}
		if l := lot(session, q.candidates[m.id]); l > most {
			most, stay = l, m
		}
	}
	if stay != nil {
		stay.flags |= home
		stay.key = math.Inf(-1)
	}
}

// settled reports whether a candidate can be a home.
func (q *query) settled(m *mark) bool { return m.is(scored) && !m.is(down|late) }

// nearness says which candidates are no worse than the best: atHome is at most the best of away, and slack.
type nearness interface {
	// away is the score as it counts for a conversation that would move there, lower is better.
	away(q *query, m *mark) float64
	// atHome is the same for one that is there.
	atHome(q *query, m *mark) float64
	// slack is how much worse is no worse, as scores are off by as much.
	slack(q *query, best float64) float64
}

// saving is the share of its expected cost that a candidate's cache saves a conversation, 0 to 1.
func (q *query) saving(m *mark) float64 {
	cost := q.costOf(m)
	if cost <= 0 {
		return 0
	}
	p := q.candidates[m.id].Facts.Price.At(q.f.InputTokens)
	return min(1, warmShare*float64(q.f.InputTokens)*max(0, p.Input-p.CachedInput)/perMillion/cost)
}

// nearByCost counts the saving wherever the conversation would stay: prices do not change, so where it moves to it would be
// at home soon.
type nearByCost struct{}

func (nearByCost) away(q *query, m *mark) float64       { return m.score * (1 - q.saving(m)) }
func (n nearByCost) atHome(q *query, m *mark) float64   { return n.away(q, m) }
func (nearByCost) slack(_ *query, best float64) float64 { return 0.02 * best }

// nearByTime takes a saving for time, within bounds: what is cached is read faster too, and a cheap home must not be a
// slow one. The least is for those whose prices say nothing of a cache.
type nearByTime struct{}

func (nearByTime) away(_ *query, m *mark) float64 { return m.score }
func (nearByTime) atHome(q *query, m *mark) float64 {
	return m.score * (1 - min(max(q.saving(m), 0.1), 0.25))
}
func (nearByTime) slack(*query, float64) float64 { return 0 }

// nearByCount keeps a home that has one more request under way, or as many more as it saves.
type nearByCount struct{}

func (nearByCount) away(_ *query, m *mark) float64   { return m.score }
func (nearByCount) atHome(q *query, m *mark) float64 { return m.score * (1 - q.saving(m)) }
func (nearByCount) slack(*query, float64) float64    { return 1 }

// nearByBalance counts a saving as far as the route's balance counts cost.
type nearByBalance struct{}

func (nearByBalance) away(_ *query, m *mark) float64 { return m.score }
func (nearByBalance) atHome(q *query, m *mark) float64 {
	b := q.route.Balance
	if b == (Balance{}) {
		b = Balance{1, 1, 1}
	}
	return m.score - q.saving(m)*b.Cost/(b.Cost+b.Latency+b.Quality)
}
func (nearByBalance) slack(*query, float64) float64 { return 0.02 }

// nearByStrength is nearByCost where the cheapest comes first. Quality is not for sale: where the best does, only equals are near.
type nearByStrength struct{}

func (nearByStrength) away(q *query, m *mark) float64 {
	if q.weak() {
		return nearByCost{}.away(q, m)
	}
	return m.score
}
func (n nearByStrength) atHome(q *query, m *mark) float64 { return n.away(q, m) }
func (nearByStrength) slack(q *query, best float64) float64 {
	if q.weak() {
		return nearByCost{}.slack(q, best)
	}
	return 0
}

// weak reports whether the request was found to need no strong model.
func (q *query) weak() bool { return q.d.Strength != nil && !q.d.Strength.Strong }
