package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// What llmroute is to reach. The figures stand in docs/benchmarks.md, too.
const (
	mostAdded = 1.15 // times the floor's added p50, 1 KB, one connection
	leastRate = 0.9  // times the floor's requests per second, 1 KB, 64 connections

	mostTranslated = 2.2      // times the floor's added p50, translated, 1 KB, one connection
	mostHeld       = 64 << 10 // bytes of an open translated stream
	mostPeak       = 4        // times the body, while it is translated
)

// goal is one of them and how it was met.
type goal struct {
	Name     string `json:"name"`
	Measured string `json:"measured"`
	Verdict  string `json:"verdict"` // "met", "missed" or "not decided": the interval lies on both sides
}

const (
	met       = "met"
	missed    = "missed"
	undecided = "not decided"
)

func (r *report) row(scenario, target string) (row, bool) {
	for _, w := range r.Rows {
		if w.Scenario == scenario && w.Target == target {
			return w, true
		}
	}
	return row{}, false
}

func (r *report) judge() []goal {
	var out []goal
	if w, ok := r.row(goalLatency, targetLLMRoute); ok {
		f, _ := r.row(goalLatency, targetFloor)
		out = append(out, goal{
			Name: fmt.Sprintf("added p50 at 1 KB, one connection, at most %.2f times the floor's", mostAdded),
			Measured: fmt.Sprintf("%s times (%.0f µs beside %.0f µs)",
				w.AddedRatio.text("%.2f"), w.Added.Median*1e3, f.Added.Median*1e3),
			Verdict: below(w.AddedRatio, mostAdded),
		})
	}
	if w, ok := r.row(goalThroughput, targetLLMRoute); ok {
		f, _ := r.row(goalThroughput, targetFloor)
		out = append(out, goal{
			Name: fmt.Sprintf("requests per second at 1 KB, 64 connections, at least %.2f times the floor's", leastRate),
			Measured: fmt.Sprintf("%s times (%.0f beside %.0f)",
				w.RateRatio.text("%.2f"), w.Median.Rate, f.Median.Rate),
			Verdict: below(spread{Median: -w.RateRatio.Median, Low: -w.RateRatio.High, High: -w.RateRatio.Low}, -leastRate),
		})
	}
	for _, name := range []string{goalChunks, goalChunksMany} {
		if w, ok := r.row(name, targetLLMRoute); ok {
			out = append(out, chunkGoal(w))
		}
	}
	for _, w := range r.Rows {
		if schema, kind, _ := strings.Cut(w.Scenario, "/"); w.Target == targetLLMRoute && (kind == "json/1KB/1" || kind == "sse/1KB/1") {
			f, _ := r.row(w.Scenario, targetFloor)
			out = append(out, goal{
				Name: fmt.Sprintf("added p50, OpenAI client to %s, %s at 1 KB, one connection, at most %.2f times the floor's", schema, strings.TrimSuffix(kind, "/1KB/1"), mostTranslated),
				Measured: fmt.Sprintf("%s times (%.0f µs beside %.0f µs)",
					w.AddedRatio.text("%.2f"), w.Added.Median*1e3, f.Added.Median*1e3),
				Verdict: below(w.AddedRatio, mostTranslated),
			})
		}
	}
	return append(out, heldGoals(r.Held)...)
}

// chunkGoal is that chunks are not delayed: the difference from Envoy alone is not surely above zero. Envoy's own usage
// extraction, which reads every chunk, is in it, and in the floor's; what is beyond the floor would be llmroute's.
func chunkGoal(w row) goal {
	g := goal{
		Name: "no added delay per chunk over Envoy alone (" + w.Scenario + ")",
		Measured: fmt.Sprintf("%s µs; beyond the floor %s µs; ext_proc streams open meanwhile: %.0f",
			w.ChunkAdded.scaled(1e3).text("%+.0f"), w.ChunkBeyond.scaled(1e3).text("%+.0f"), math.Max(0, w.Open.Median)),
		Verdict: met,
	}
	if w.ChunkAdded.Low > 0 {
		g.Verdict = missed
	}
	return g
}

func (s spread) scaled(by float64) spread {
	return spread{Median: s.Median * by, Low: s.Low * by, High: s.High * by, Turns: s.Turns}
}

// below tells whether a figure is at most limit.
func below(s spread, limit float64) string {
	switch {
	case s.High <= limit:
		return met
	case s.Low > limit:
		return missed
	case s.Median <= limit:
		return undecided + " (the median meets it, its interval does not all)"
	}
	return undecided + " (the median misses it, its interval does not all)"
}

func (s spread) text(format string) string {
	return fmt.Sprintf(format+" [95 %% sure: "+format+" to "+format+"; %d turns]", s.Median, s.Low, s.High, s.Turns)
}

func (r *report) printGoals(w io.Writer) {
	if len(r.Goals) == 0 {
		return
	}
	fmt.Fprintln(w, "\nGoals")
	for _, g := range r.Goals {
		fmt.Fprintf(w, "  %s\n      %s: %s\n", g.Name, g.Verdict, g.Measured)
	}
}
