package policy

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Table renders the record as aligned text for a terminal.
func (r *Record) Table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

	line("request\t%s", r.requestLine())
	line("features\t%s", r.featureLine())
	line("asked for\t%s", orDash(strings.Join(r.Requested, ", ")))
	line("policies\t%s", orDash(strings.Join(r.Policies, ", ")))
	for _, a := range r.Audited {
		line("audit\t%s %s", a.Policy, a.Effect)
	}
	for i := range r.Budgets {
		line("budget\t%s", r.Budgets[i].line())
	}
	line("route\t%s", orDash(r.Route))
	line("strategy\t%s", orDash(r.Strategy))
	if r.Strength != nil {
		line("strength\t%s", r.Strength.line())
	}
	for _, n := range r.Notes {
		line("note\t%s", n)
	}
	if edits := r.editLine(); edits != "" {
		line("edit\t%s", edits)
	}
	w.Flush()

	r.candidateTable(&b)
	b.WriteString("\n")
	switch {
	case r.Error != nil:
		fmt.Fprintf(&b, "refused  %s: %s\n", r.Error.Code, r.Error.Message)
	default:
		fmt.Fprintf(&b, "plan  %s\n", r.planLine())
		fmt.Fprintf(&b, "why   %s\n", r.Reason)
	}
	return b.String()
}

func (r *Record) candidateTable(b *strings.Builder) {
	if len(r.Candidates) == 0 {
		return
	}
	b.WriteString("\n")
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "rank\tcandidate\tprovider\texpected\tscore\tverdict")
	for _, c := range r.Candidates {
		rank, score, verdict := "", "", "not needed"
		switch {
		case c.Refused != nil:
			rank, verdict = "–", fmt.Sprintf("%s: %s", c.Refused.Filter, explainVerdict(Verdict(*c.Refused)))
		case c.Rank == 1:
			rank, verdict = "1", "chosen"
		case c.Rank > 1:
			rank, verdict = strconv.Itoa(c.Rank), "fallback"
		case r.Error != nil:
			verdict = ""
		}
		if c.Score != nil {
			score = fmt.Sprintf("%.3g %s", *c.Score, c.Unit)
		}
		if c.Note != "" && c.Refused == nil {
			verdict += " (" + c.Note + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", rank, c.Model, c.Provider, usdOrUnknown(c.ExpectedUSD), score, verdict)
	}
	w.Flush()
}

func (r *Record) requestLine() string {
	f := &r.Features
	line := f.Op
	if f.Stream {
		line += ", streamed"
	}
	if f.Team != "" {
		line += ", team " + f.Team
	}
	if f.User != "" {
		line += ", user " + f.User
	}
	if f.Client != "" {
		line += ", client " + f.Client
	}
	return line
}

func (r *Record) featureLine() string {
	f := &r.Features
	parts := []string{fmt.Sprintf("%d input tokens", f.InputTokens)}
	if f.MaxOutputTokens > 0 {
		parts = append(parts, fmt.Sprintf("at most %d output tokens", f.MaxOutputTokens))
	}
	for _, count := range []struct {
		n    int
		what string
	}{{f.Messages, "message"}, {f.Tools, "tool"}, {f.Images, "image"}, {f.Audio, "audio input"}, {f.Files, "file"}} {
		switch {
		case count.n == 1:
			parts = append(parts, "1 "+count.what)
		case count.n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", count.n, count.what))
		}
	}
	if len(f.Needs) > 0 {
		parts = append(parts, "needs "+strings.Join(f.Needs, " "))
	}
	parts = append(parts, "task "+f.Task)
	if f.Language != "" {
		parts = append(parts, "language "+f.Language)
	}
	return strings.Join(append(parts, fmt.Sprintf("complexity %.2f", f.Complexity)), ", ")
}

func (r *Record) editLine() string {
	var parts []string
	if r.Edit.MaxOutputTokens > 0 {
		parts = append(parts, fmt.Sprintf("output limit %d", r.Edit.MaxOutputTokens))
	}
	for _, list := range []struct {
		verb  string
		names []string
	}{{"set", r.Edit.Set}, {"default", r.Edit.Default}, {"remove", r.Edit.Remove}, {"system message of", r.Edit.SystemPreamble}} {
		if len(list.names) > 0 {
			parts = append(parts, list.verb+" "+strings.Join(list.names, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

func (s *StrengthRecord) line() string {
	words := "needs no strong model"
	if s.Strong {
		words = "may need a strong model"
	}
	words = fmt.Sprintf("%s: complexity %.2f, threshold %.2f", words, s.Complexity, s.Threshold)
	if s.Share != nil {
		words += fmt.Sprintf(", which keeps %g %% strong", math.Round(1000**s.Share)/10)
	}
	return words
}

func (r *Record) planLine() string {
	entries := make([]string, len(r.Plan))
	for i, e := range r.Plan {
		entries[i] = fmt.Sprintf("%s at %s", e.Model, e.Provider)
	}
	return strings.Join(entries, ", then ")
}

func usdOrUnknown(x *float64) string {
	if x == nil {
		return "unknown"
	}
	return usd(*x)
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
