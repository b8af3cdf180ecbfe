package extproc

import (
	"fmt"
	"strconv"
	"time"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/budget"
)

// Input tokens are an estimate, so a reservation takes more: a fifth, and some for what providers put around a prompt.
const (
	inputMargin = 5 // one part in
	inputFrame  = 16
)

// costAtMost is what a request may use at one entry of the plan. Where nobody bounds the output, it is what is expected.
func costAtMost(f *policy.Features, e *policy.Entry) budget.Amount {
	in := f.InputTokens
	if len(f.ImageSizes) > 0 {
		in = f.InputTokensOf(e.Name, false)
	}
	in += in/inputMargin + inputFrame
	out := 0
	if f.Op != string(schema.OpEmbeddings) {
		out = outputAtMost(f, e) * max(1, f.N)
	}
	amount := budget.Amount{Tokens: int64(in) + int64(out)}
	if e.Facts.PriceKnown {
		price := e.Facts.Price.At(in)
		amount.USD = budget.Cost(in, max(price.Input, price.CacheWrite)) + budget.Cost(out, price.Output)
	}
	return amount
}

func outputAtMost(f *policy.Features, e *policy.Entry) int {
	switch {
	case e.MaxOutputTokens > 0:
		return e.MaxOutputTokens
	case f.MaxOutputTokens > 0:
		return f.MaxOutputTokens
	case e.Facts.MaxOutputTokens > 0:
		return min(policy.ExpectedOutputTokens, e.Facts.MaxOutputTokens)
	}
	return policy.ExpectedOutputTokens
}

// The codes of refusals by budgets.
const (
	budgetExceeded    = "budget_exceeded"
	budgetBusy        = "budget_busy"
	budgetUnavailable = "budget_unavailable"
)

// refusal tells the client which budget refused, and when to come again.
func (l *bill) refusal(r *budget.Ruling) *schema.Error {
	spec := r.Budget.Spec()
	switch r.Verdict {
	case budget.Short:
		return &schema.Error{Kind: schema.KindRateLimit, Code: budgetBusy, RetryAfter: time.Second, Message: fmt.Sprintf(
			"this replica of llmroute waits for its next share of budget %s%s; try again at once", spec.Name, whose(r))}
	case budget.Unavailable:
		return &schema.Error{Kind: schema.KindUnavailable, Code: budgetUnavailable, RetryAfter: 5 * time.Second, Message: fmt.Sprintf(
			"what is left of budget %s%s is not known, since its store cannot be reached; try again later", spec.Name, whose(r))}
	}
	remedy := "it begins anew at " + r.Resets.Format(time.RFC3339)
	if !r.Amount.Within(spec.Limit) {
		remedy = "its whole limit is less: ask for a shorter answer"
	}
	return &schema.Error{Kind: schema.KindRateLimit, Code: budgetExceeded, RetryAfter: max(time.Second, r.Resets.Sub(l.now)), Message: fmt.Sprintf(
		"budget %s%s %s; %s", spec.Name, whose(r), shortage(r), remedy)}
}

func passed(r *budget.Ruling) string {
	switch spec := r.Budget.Spec(); {
	case r.Verdict == budget.Unavailable:
		return "let pass, since what is left is not known"
	case r.Verdict == budget.Short:
		return "let pass, since this replica's share is used up"
	case spec.OnExceeded == budget.Downgrade:
		return shortage(r) + "; let pass with the cheapest candidates"
	}
	return "would refuse the request: " + shortage(r)
}

func whose(r *budget.Ruling) string {
	if r.Subject == "" {
		return ""
	}
	return " (" + clip(r.Subject) + ")"
}

// shortage says what is left and what the request may take.
func shortage(r *budget.Ruling) string {
	if r.Amount.USD > r.Left.USD {
		return fmt.Sprintf("has $%s left, and this request may cost up to $%s", r.Left.USD, r.Amount.USD)
	}
	return fmt.Sprintf("has %d tokens left, and this request may use up to %d", r.Left.Tokens, r.Amount.Tokens)
}

// Names of what response headers tell, in the metadata. Envoy's route leaves out a header whose name is not there.
const (
	budgetKey       = "budget"
	budgetUSDKey    = "budget_remaining_usd"
	budgetTokensKey = "budget_remaining_tokens"
)

// tell adds what is left of the tightest budget, this request's own reservation taken off.
func (l *bill) tell(m metadata) metadata {
	r := l.tightest()
	if r == nil {
		return m
	}
	m = m.text(budgetKey, printable(r.Budget.Spec().Name))
	left := r.Left.Minus(r.Amount)
	if left.USD != budget.NoLimit {
		m = m.text(budgetUSDKey, left.USD.String())
	}
	if left.Tokens != budget.NoLimit {
		m = m.text(budgetTokensKey, strconv.FormatInt(left.Tokens, 10))
	}
	return m
}

// tightest is the budget of which the smallest share is left.
func (l *bill) tightest() *budget.Ruling {
	if l == nil {
		return nil
	}
	var out *budget.Ruling
	least := 2.0
	for i := range l.rulings {
		r := &l.rulings[i]
		limit := r.Budget.Spec().Limit
		if share := 1 - limit.Minus(r.Left.Minus(r.Amount)).ShareOf(limit); share < least {
			out, least = r, share
		}
	}
	return out
}

// tellRefused adds to a refusal what is left of the budget that refused, if one did, and says whether trying again helps.
func (l *bill) tellRefused(m *mutation, code string) {
	if l == nil || len(l.rulings) == 0 {
		return
	}
	switch code {
	case budgetExceeded:
		m.put("x-should-retry", "false") // SDKs take 429 for a matter of seconds
	case budgetBusy:
		m.put("retry-after-ms", "200")
	case budgetUnavailable:
	default:
		return
	}
	r := &l.rulings[len(l.rulings)-1]
	m.put("x-llmroute-budget", printable(r.Budget.Spec().Name))
	if code == budgetUnavailable {
		return // what is left is not known
	}
	if r.Left.USD != budget.NoLimit {
		m.put("x-llmroute-budget-remaining-usd", r.Left.USD.String())
	}
	if r.Left.Tokens != budget.NoLimit {
		m.put("x-llmroute-budget-remaining-tokens", strconv.FormatInt(r.Left.Tokens, 10))
	}
}

// record is a ruling as explain shows it.
func (l *bill) record(r *budget.Ruling) policy.BudgetRecord {
	spec := r.Budget.Spec()
	out := policy.BudgetRecord{Budget: spec.Name, Subject: r.Subject, Verdict: r.Verdict.String(), ResetsAt: r.Resets}
	if spec.Limit.USD != budget.NoLimit {
		limit, left, needs := spec.Limit.USD.USD(), r.Left.USD.USD(), r.Amount.USD.USD()
		out.LimitUSD, out.RemainingUSD, out.NeedsUSD = &limit, &left, &needs
	}
	if spec.Limit.Tokens != budget.NoLimit {
		limit, left, needs := spec.Limit.Tokens, r.Left.Tokens, r.Amount.Tokens
		out.LimitTokens, out.RemainingTokens, out.NeedsTokens = &limit, &left, &needs
	}
	return out
}
