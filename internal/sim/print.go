package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

func printStanding(w io.Writer, s *standing) {
	t := &s.trace
	fmt.Fprintf(w, "\n%s: %s (%.0f requests/s, %.0f s)\n", t.name, t.title, t.rate, t.length)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "\tmean\tof oracle\tp50\tp99\tfirst attempt failed\tto the slow one\tlost\tshares of first attempts, %\t")
	for i, c := range contenders() {
		r := s.results[i]
		slow := "–"
		if t.target.slow > 0 {
			slow = fmt.Sprintf("%.2f %%", 100*r.slowShare)
		}
		fmt.Fprintf(tw, "%s\t%.3f s\t%.2f\t%.3f s\t%.3f s\t%.2f %%\t%s\t%d\t%s\t\n",
			c.name, r.mean, r.mean/s.results[0].mean, r.p50, r.p99, 100*r.firstFails, slow, r.lost, shares(r.shares))
	}
	if s.split != nil {
		fmt.Fprintf(tw, "best fixed split\t%.3f s\t%.2f\t%.3f s\t%.3f s\t\t\t\t\n", s.split.mean, s.split.mean/s.results[0].mean, s.split.p50, s.split.p99)
	}
	_ = tw.Flush()
	if s.split != nil {
		fmt.Fprintf(w, "the best fixed split is %.2f\n", s.weights)
	}
}

func shares(all []float64) string {
	words := make([]string, len(all))
	for i, x := range all {
		words[i] = fmt.Sprintf("%.1f", 100*x)
	}
	return strings.Join(words, " ")
}

// tie is by how much another may be better and still count as even.
const tie = 1.02

// verdict holds the results against the targets.
func verdict(w io.Writer, all []standing) bool {
	fmt.Fprintln(w, "\ntargets")
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	met := true
	say := func(ok bool, format string, args ...any) {
		mark := "met"
		if !ok {
			mark, met = "NOT MET", false
		}
		fmt.Fprintf(tw, "%s\t%s\n", mark, fmt.Sprintf(format, args...))
	}
	for i := range all {
		s := &all[i]
		mine, t := s.results[ownIndex()], s.trace.target
		if t.mean > 0 {
			x := mine.mean / s.results[0].mean
			say(x <= t.mean, "%s: mean %.2f times the oracle's, at most %.2f", s.trace.name, x, t.mean)
		}
		if t.slow > 0 {
			say(mine.slowShare <= 0.02, "%s: %.2f %% go to the slow provider past the first 5 s, at most 2 %%", s.trace.name, 100*mine.slowShare)
		}
		if t.firstFails > 0 {
			say(mine.firstFails < t.firstFails, "%s: %.2f %% pay a failed first attempt, less than %.0f %%", s.trace.name, 100*mine.firstFails, 100*t.firstFails)
		}
		if t.back > 0 {
			say(mine.back <= t.back, "%s: serves again %.1f s after it is well, at most %.0f s", s.trace.name, mine.back, t.back)
		}
		if s.split != nil {
			x := mine.p99 / s.split.p99
			say(x <= t.split, "%s: p99 %.2f times that of the best fixed split, at most %.2f", s.trace.name, x, t.split)
		}
		best, name := 0.0, ""
		for k, c := range contenders() {
			if k >= ownIndex()+ownCount && (name == "" || s.results[k].mean < best) {
				best, name = s.results[k].mean, c.name
			}
		}
		say(mine.mean <= best*tie, "%s: mean %.3f s, the best other, %s, %.3f s", s.trace.name, mine.mean, name, best)
	}
	_ = tw.Flush()
	return met
}

func ownIndex() int {
	for i, c := range contenders() {
		if c.name == own {
			return i
		}
	}
	return -1
}
