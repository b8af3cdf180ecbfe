package replay

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/llmroute/llmroute/internal/recording"
)

// Table renders the report as aligned text for a terminal.
func (r *Report) Table() string {
	var b strings.Builder
	t := &table{w: tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)}
	compared := r.Requests - r.Uncompared
	t.line("requests\t%d%s", r.Requests, r.remarks())
	if compared > 0 {
		t.line("unchanged\t%d\t%s", r.Unchanged, share(r.Unchanged, compared))
		t.line("moved\t%d\t%s", r.Moved, share(r.Moved, compared))
		t.line("newly refused\t%d\t%s", r.NewlyRefused, share(r.NewlyRefused, compared))
		t.line("newly allowed\t%d\t%s", r.NewlyAllowed, share(r.NewlyAllowed, compared))
	}
	if r.RefusedOtherwise > 0 {
		t.line("refused otherwise\t%d\t%s", r.RefusedOtherwise, share(r.RefusedOtherwise, compared))
	}
	if c := r.Cost; c != nil {
		t.line("expected cost\t%s → %s\t%s\tof %d requests", usd(c.BeforeUSD), usd(c.AfterUSD), c.words(), c.Requests)
	}
	if l := r.Latency; l != nil {
		t.line("expected latency\t%.3f s → %.3f s\t%+.3f s\tmean of %d requests", l.Before, l.After, l.Difference, l.Requests)
	}
	t.moves(r.Moves)
	t.refusals(r.Refusals)
	t.policies(r.Policies)
	t.models(r.Models)
	t.w.Flush()
	return b.String()
}

// remarks tells of lines that are not compared.
func (r *Report) remarks() string {
	words := ""
	if r.Uncompared > 0 {
		words += fmt.Sprintf("\t%d without an earlier decision; name one with --against", r.Uncompared)
	}
	if r.Unreadable > 0 {
		words += fmt.Sprintf("\t%d lines could not be read", r.Unreadable)
	}
	return words
}

type table struct{ w *tabwriter.Writer }

func (t *table) line(format string, args ...any) { fmt.Fprintf(t.w, format+"\n", args...) }

// head begins a part; its columns are aligned by themselves.
func (t *table) head(format string) {
	t.w.Flush()
	fmt.Fprintf(t.w, "\n%s\n", format)
}

func (t *table) moves(moves []Move) {
	if len(moves) == 0 {
		return
	}
	t.head("from\tto\trequests\tshare\texpected cost")
	for _, m := range moves {
		change := "not known"
		if m.Cost != nil {
			change = m.Cost.words()
		}
		t.line("%s\t%s\t%d\t%s\t%s", m.From, m.To, m.Requests, percent(100*m.Share), change)
	}
}

func (t *table) refusals(refusals []RefusalChange) {
	if len(refusals) == 0 {
		return
	}
	t.head("difference\tpolicy\tcode\trequests")
	for _, c := range refusals {
		t.line("%s\t%s\t%s\t%d", strings.ReplaceAll(c.Kind.String(), "_", " "), orDash(c.Policy), c.Code, c.Requests)
	}
}

func (t *table) policies(policies []PolicyChange) {
	if len(policies) == 0 {
		return
	}
	t.head("policy\tapplied to\tapplies to")
	for _, p := range policies {
		t.line("%s\t%d\t%d", p.Policy, p.Before, p.After)
	}
}

func (t *table) models(models []ModelShare) {
	if len(models) == 0 {
		return
	}
	t.head("first choice\tbefore\tafter")
	for _, m := range models {
		t.line("%s\t%d\t%d", m.Target, m.Before, m.After)
	}
}

// Text is a difference as one line of text.
func (d *Difference) Text() string {
	return fmt.Sprintf("line %d: %s: %s → %s", d.Line, strings.ReplaceAll(d.Kind.String(), "_", " "), side(d.Before), side(d.After))
}

func side(d *recording.Decision) string {
	if r := d.Refused; r != nil {
		if r.Policy != "" {
			return fmt.Sprintf("%s (policy %s)", r.Code, r.Policy)
		}
		return r.Code
	}
	words := targetOf(d).String()
	if d.ExpectedUSD != nil {
		words += " for " + usd(*d.ExpectedUSD)
	}
	return words
}

func (c *CostChange) words() string {
	sign := "+"
	if c.Difference < 0 {
		sign = "-"
	}
	words := sign + usd(math.Abs(c.Difference))
	if c.Percent != nil {
		words += fmt.Sprintf(" (%+.1f %%)", *c.Percent)
	}
	return words
}

func share(n, of uint64) string { return percent(100 * float64(n) / float64(of)) }

func percent(p float64) string { return strconv.FormatFloat(p, 'f', 1, 64) + " %" }

// usd writes an amount with three significant digits, at least to the cent.
func usd(x float64) string {
	digits := 2
	if x > 0 && x < 1 {
		digits = min(12, max(2, 2-int(math.Floor(math.Log10(x)))))
	}
	return "$" + strconv.FormatFloat(x, 'f', digits, 64)
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
