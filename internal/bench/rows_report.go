package main

import (
	"fmt"
	"io"
	"strings"
)

// printRows writes a line a load and state. Ratios are of neighbouring turns; the interval is that of their median.
func printRows(w io.Writer, o options, results []rowsResult, counts string) {
	fmt.Fprintf(w, "Routing beside %d rows a second into SQLite, in the same process: %s of them at each load, in turns of %s\n", o.rows, o.rowsFor, rowsTurn)
	t := table{head: []string{"load", "rows", "p50 ms", "p99 ms", "req/s", "envoy", "llmroute"}, left: 2}
	for _, r := range results {
		for _, state := range []struct {
			name  string
			turns []point
		}{{"none", r.without}, {fmt.Sprint(o.rows, "/s"), r.with}} {
			of := func(f func(*point) float64, decimals int) string { return number(median(state.turns, f), decimals) }
			t.add(r.load.name, state.name,
				of(func(p *point) float64 { return p.P50 }, 3), of(func(p *point) float64 { return p.P99 }, 3),
				of(func(p *point) float64 { return p.Rate }, 0),
				of(func(p *point) float64 { return p.Envoy }, 0), of(func(p *point) float64 { return p.Server }, 0))
		}
	}
	t.print(w)
	fmt.Fprintln(w, "  (envoy, llmroute: CPU µs a request)")
	for _, r := range results {
		fmt.Fprintf(w, "%s: with rows, p50 %s times, p99 %s times, requests a second %s times", r.load.name,
			ratioOf(r, func(p *point) float64 { return p.P50 }), ratioOf(r, func(p *point) float64 { return p.P99 }),
			ratioOf(r, func(p *point) float64 { return p.Rate }))
		if len(r.cpuRow) > 0 {
			fmt.Fprintf(w, "; CPU %s µs a row, making it included", interval(spreadOf(r.cpuRow), 1))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "rows: %s\n", strings.Join(strings.FieldsFunc(counts, func(r rune) bool { return r == '\n' }), ", "))
}

func ratioOf(r rowsResult, f func(*point) float64) string {
	return interval(paired(func(with, without, _ *point) float64 { return ratio(f(with), f(without)) }, r.with, r.without, nil), 2)
}

func interval(s spread, decimals int) string {
	return fmt.Sprintf("%.*f (%.*f to %.*f)", decimals, s.Median, decimals, s.Low, decimals, s.High)
}
