package extproc

import (
	"time"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/budget"
)

// Budgets admit requests by what they may cost at most. They do not change; what was spent is in the book behind them.
type Budgets struct {
	book       *budget.Book
	rules      []BudgetRule
	accounts   []*budget.Budget // of rules, in the book
	downgrades bool             // any does
}

// BudgetRule is one budget as configured.
type BudgetRule struct {
	Match *policy.Expr // nil: every request
	Per   BudgetPer
	Spec  budget.Spec
}

// BudgetPer says whose spending counts together.
type BudgetPer string

// The subjects of budgets.
const (
	PerTeam   BudgetPer = "team"
	PerUser   BudgetPer = "user"
	PerClient BudgetPer = "client"
	PerRoute  BudgetPer = "route"
	PerModel  BudgetPer = "model" // that answers
	PerAll    BudgetPer = "global"
)

// NewBudgets returns budgets with a book of their own, in which nothing is spent; nil for no rules.
func NewBudgets(rules []BudgetRule) *Budgets {
	if len(rules) == 0 {
		return nil
	}
	return (&Budgets{rules: rules}).On(budget.NewBook(budget.Options{}))
}

// On returns the same budgets on another book, which from now on has these and no others. b may be nil.
func (b *Budgets) On(book *budget.Book) *Budgets {
	if b == nil {
		book.Use(nil)
		return nil
	}
	out := &Budgets{book: book, rules: b.rules}
	specs := make([]budget.Spec, len(b.rules))
	for i := range b.rules {
		specs[i] = b.rules[i].Spec
		out.downgrades = out.downgrades || specs[i].OnExceeded == budget.Downgrade
	}
	out.accounts = book.Use(specs)
	return out
}

// Each calls f with every rule and its budget in the book.
func (b *Budgets) Each(f func(*BudgetRule, *budget.Budget)) {
	if b == nil {
		return
	}
	for i := range b.rules {
		f(&b.rules[i], b.accounts[i])
	}
}

// Subject is whose account a request is counted on.
func (p BudgetPer) Subject(f *policy.Features, route, model string) string {
	switch p {
	case PerTeam:
		return f.Team
	case PerUser:
		return f.User
	case PerClient:
		return f.Client
	case PerRoute:
		return route
	case PerModel:
		return model
	}
	return ""
}

// Covers reports whether the budget counts a request. An expression that fails counts it: what is guarded stays guarded.
func (r *BudgetRule) Covers(f *policy.Features) bool {
	match, err := r.Match.Eval(f)
	return match || err != nil
}

// bill is one request before the budgets that count it. A nil bill has none.
type bill struct {
	budgets *Budgets
	matched []int // of the rules
	now     time.Time
	rulings []budget.Ruling

	room        [4]int
	rulingsRoom [4]budget.Ruling
	chargesRoom [4]budget.Charge
}

// open finds the budgets that count a request, and lets those that downgrade have their say in the decision. b may be nil.
func (b *Budgets) open(op schema.Op, f *policy.Features, now time.Time) *bill {
	if b == nil || op == schema.OpCountTokens { // which costs nothing
		return nil
	}
	out := &bill{budgets: b, now: now}
	out.matched = out.room[:0]
	for i := range b.rules {
		if b.rules[i].Covers(f) {
			out.matched = append(out.matched, i)
		}
	}
	if len(out.matched) == 0 {
		return nil
	}
	if b.downgrades {
		f.Short = func(route string, e *policy.Entry) string { return out.short(f, route, e) }
	}
	return out
}

// short names the budget that has not enough left for a request at one candidate, of those that downgrade.
func (l *bill) short(f *policy.Features, route string, e *policy.Entry) string {
	var rulings [1]budget.Ruling
	for _, i := range l.matched {
		rule := &l.budgets.rules[i]
		if rule.Spec.OnExceeded != budget.Downgrade {
			continue
		}
		c := budget.Charge{Budget: l.budgets.accounts[i], Subject: rule.Per.Subject(f, route, e.Model), Amount: costAtMost(f, e)}
		if l.budgets.book.Look([]budget.Charge{c}, l.now, rulings[:0])[0].Verdict != budget.Covered {
			return rule.Spec.Name
		}
	}
	return ""
}

// charges are what the plan may cost on each account.
func (l *bill) charges(f *policy.Features, d *policy.Decision) []budget.Charge {
	out := l.chargesRoom[:0]
	first := costAtMost(f, &d.Plan[0])
	dearest := first
	for i := range d.Plan[1:] {
		dearest = dearest.Max(costAtMost(f, &d.Plan[1+i]))
	}
	for _, i := range l.matched {
		per := l.budgets.rules[i].Per
		c := budget.Charge{Budget: l.budgets.accounts[i], Subject: per.Subject(f, d.Route, d.Plan[0].Model), Amount: dearest}
		if per == PerModel {
			c.Amount, c.ByModel = first, true
		}
		out = append(out, c)
	}
	return out
}

// admit reserves what the plan may cost under the request's id, or refuses.
func (l *bill) admit(id string, f *policy.Features, d *policy.Decision) error {
	if l == nil {
		return nil
	}
	var ok bool
	l.rulings, ok = l.budgets.book.Reserve(id, l.charges(f, d), l.now, l.rulingsRoom[:0])
	if !ok {
		return l.refusal(&l.rulings[len(l.rulings)-1])
	}
	l.audit(d)
	return nil
}

// explain says what admit would, reserves nothing, and puts the budgets on record.
func (l *bill) explain(f *policy.Features, d *policy.Decision) error {
	if l == nil {
		return nil
	}
	l.rulings = l.budgets.book.Look(l.charges(f, d), l.now, l.rulingsRoom[:0])
	var err error
	for i := range l.rulings {
		r := &l.rulings[i]
		if err == nil && r.Refuses() {
			err = l.refusal(r)
		}
		d.Budgets = append(d.Budgets, l.record(r))
	}
	l.audit(d)
	return err
}

// audit records what budgets let pass that they do not cover.
func (l *bill) audit(d *policy.Decision) {
	for i := range l.rulings {
		if r := &l.rulings[i]; r.Verdict != budget.Covered && !r.Refuses() {
			d.Audited = append(d.Audited, policy.Audit{Policy: "budget " + r.Budget.Spec().Name, Effect: passed(r)})
		}
	}
}
