package policy

import (
	"fmt"
	"time"
)

// budgetFilter takes out what budgets that downgrade have not enough left for. Where that is all there is, the cheapest stays: such
// budgets refuse no one.
type budgetFilter struct{}

var _ filter = budgetFilter{}

func (budgetFilter) name() string               { return filterBudget }
func (budgetFilter) applies(*query) bool        { return false } // afford asks instead, once all that looks at candidates alone has spoken
func (budgetFilter) allow(*query, *mark) ruling { return kept }

func (budgetFilter) why(q *query, _ *mark) Verdict {
	return refuse(fmt.Sprintf("budget %s has not enough left for it, and lets cheaper ones pass", q.short))
}

// budgetIndex is the place of budgetFilter in filters, from 1: before that of healthFilter.
const budgetIndex = len(filters) - 1

// afford takes out the candidates that budgets cannot pay, or all but the cheapest if they can pay none.
func (q *query) afford(live []int32) []int32 {
	if q.f.Short == nil || len(live) == 0 {
		return live
	}
	rest, cheapest := make([]int32, 0, len(live)), live[0]
	for _, i := range live {
		if q.cheaper(i, cheapest) {
			cheapest = i
		}
		c := q.candidates[q.marks[i].id]
		short := q.f.Short(q.route.Name, &Entry{Candidate: c, MaxOutputTokens: q.entryLimit(c)})
		if short == "" {
			rest = append(rest, i)
			continue
		}
		q.short = short
		q.marks[i].refusedBy = uint8(budgetIndex)
	}
	if len(rest) == 0 {
		q.marks[cheapest].refusedBy = 0
		rest = append(rest, cheapest)
	}
	return rest
}

// cheaper compares expected costs. What has no price comes last: no budget could count it.
func (q *query) cheaper(i, j int32) bool {
	a, b := q.costOf(&q.marks[i]), q.costOf(&q.marks[j])
	return a >= 0 && (b < 0 || a < b)
}

// BudgetRecord is a budget that counts a request, as explain shows it. What is not bounded is nil.
type BudgetRecord struct {
	Budget          string    `json:"budget"`
	Subject         string    `json:"subject,omitempty"` // the team, user, … whose account it is
	Verdict         string    `json:"verdict"`           // covered, exceeded, short, unavailable
	LimitUSD        *float64  `json:"limit_usd,omitempty"`
	RemainingUSD    *float64  `json:"remaining_usd,omitempty"`
	NeedsUSD        *float64  `json:"needs_usd,omitempty"` // at most, by this request
	LimitTokens     *int64    `json:"limit_tokens,omitempty"`
	RemainingTokens *int64    `json:"remaining_tokens,omitempty"`
	NeedsTokens     *int64    `json:"needs_tokens,omitempty"`
	ResetsAt        time.Time `json:"resets_at"`
}

// line is the record in one line: "research (team-a): needs $0.0012 of $3.20 left, covered".
func (b *BudgetRecord) line() string {
	text := b.Budget
	if b.Subject != "" {
		text += " (" + clip(b.Subject) + ")"
	}
	text += ":"
	if b.LimitUSD != nil {
		text += fmt.Sprintf(" needs up to %s of %s left,", usd(*b.NeedsUSD), usd(*b.RemainingUSD))
	}
	if b.LimitTokens != nil {
		text += fmt.Sprintf(" needs up to %d of %d tokens left,", *b.NeedsTokens, *b.RemainingTokens)
	}
	return text + " " + b.Verdict
}
