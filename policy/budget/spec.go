package budget

import "time"

// Spec is a budget as configured.
type Spec struct {
	Name   string
	Limit  Amount // of each account; NoLimit where a part is not bounded
	Period Period
	Zone   *time.Location
	// Alerts are shares of the limit, 0 to 1, ascending.
	Alerts        []float64
	OnExceeded    Action
	OnUnavailable Action
}

// Action says what happens to a request that a budget does not cover.
type Action string

// The actions. Unavailable stores know the first two only.
const (
	Reject    Action = "reject"
	Allow     Action = "allow"
	Downgrade Action = "downgrade" // lets it go, since the decision has left the cheapest candidates only
	Audit     Action = "audit"     // lets it go and says so
)

// kin reports whether what was counted for s counts for the other too.
func (s *Spec) kin(other *Spec) bool {
	return s.Name == other.Name && s.Period == other.Period && s.Zone.String() == other.Zone.String()
}

// Charge is what one request may cost on one account.
type Charge struct {
	Budget  *Budget
	Subject string // whose: a team, a user, …; empty for all together
	Amount  Amount
	// ByModel says that Subject is a model, and that the model that answers is charged.
	ByModel bool
}

// Verdict is what a budget makes of a request.
type Verdict uint8

// The verdicts. Only the first means that the account covers the request.
const (
	Covered Verdict = iota
	// Exceeded: it would go beyond the limit.
	Exceeded
	// Short: the limit is not reached, but this process's slice is, and a larger one is on its way.
	Short
	// Unavailable: the shared store does not answer, and this process's slice is used up or, after a while, void.
	Unavailable
)

// lets reports whether a request goes on although the verdict is not Covered.
func (s *Spec) lets(v Verdict) bool {
	switch v {
	case Covered:
		return true
	case Unavailable:
		return s.OnUnavailable == Allow || s.OnExceeded != Reject
	}
	return s.OnExceeded != Reject
}

// Ruling is a budget's verdict on one request.
type Ruling struct {
	Charge
	Verdict Verdict
	Left    Amount    // before the request, as far as is known; NoLimit where nothing is bounded
	Resets  time.Time // when the period ends
}

// Refuses reports whether the request must not go on.
func (r *Ruling) Refuses() bool { return !r.Budget.Spec().lets(r.Verdict) }

var verdictNames = [...]string{"covered", "exceeded", "short", "unavailable"}

// String names the verdict.
func (v Verdict) String() string { return verdictNames[v] }
