package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// report is the outcome of a run. It is also what -json writes.
type report struct {
	Date     time.Time `json:"date"`
	CPU      string    `json:"cpu"`
	Cores    int       `json:"cores"`
	Go       string    `json:"go"`
	Envoy    string    `json:"envoy"`
	Workers  int       `json:"envoy_workers"`
	Load     [2]string `json:"load_average"` // at the start and at the end
	Rounds   int       `json:"rounds"`
	Turn     string    `json:"turn"`
	Profiled bool      `json:"profiled,omitempty"`
	Skipped  []string  `json:"skipped,omitempty"`
	Rows     []row     `json:"rows"`
	Held     []holding `json:"held,omitempty"`
	Goals    []goal    `json:"goals"`
	// Memory is the most MiB that each server had, over the whole run.
	Memory map[string]float64 `json:"peak_memory_mib"`

	benches []*bencher
}

// row is one target in one scenario.
type row struct {
	Scenario string  `json:"scenario"`
	Target   string  `json:"target"`
	Median   point   `json:"median"`
	Turns    []point `json:"turns"`
	// Beside Envoy alone: the difference of the p50, and of the requests per second as a share.
	Added spread `json:"added_p50_ms"`
	// Beside the floor: the ratio of the added p50, and of the requests per second. Zero where it has no part.
	AddedRatio spread `json:"added_p50_to_floor"`
	RateRatio  spread `json:"rate_to_floor"`
	// Tokens is how many tokens of translated streams a core's worth of llmroute's processor time serves in a second,
	// the request, both stages and the access log included. Zero where nothing is translated or streamed.
	Tokens float64 `json:"tokens_per_second_and_core"`
	// ChunkAdded is the delay of a chunk beyond Envoy alone, in milliseconds.
	ChunkAdded spread `json:"chunk_added_ms"`
	// ChunkBeyond is the same beyond the floor.
	ChunkBeyond spread `json:"chunk_beyond_floor_ms"`
	// Open is how many ext_proc streams were open while answers flowed.
	Open spread `json:"open_streams"`
}

func newReport(o options) *report {
	r := &report{Date: time.Now().UTC(), CPU: cpuModel(), Cores: runtime.NumCPU(), Go: runtime.Version(), Workers: o.workers, Turn: o.duration.String(), Profiled: o.profile != ""}
	r.Load[0] = loadAverage()
	return r
}

// finish computes the rows from the turns.
func (r *report) finish(s *stack) {
	r.Load[1] = loadAverage()
	r.Memory = map[string]float64{}
	for _, t := range s.targets {
		if t.server != nil {
			r.Memory[t.name] = peakMemory(t.server.cmd.Process.Pid)
		}
	}
	for _, b := range r.benches {
		alone, floor, scale := b.turns(targetAlone), b.turns(targetFloor), b.turns(targetScale)
		if scale == nil {
			scale = alone
		}
		for _, l := range b.lanes {
			w := row{Scenario: b.scenario.name, Target: l.name, Turns: l.turns, Median: medians(l.turns), Open: spreadOf(l.open)}
			base := alone
			if l.name == targetFloor {
				base = scale
			}
			if l.target.server != nil {
				w.Added = paired(func(a, z, _ *point) float64 { return a.P50 - z.P50 }, l.turns, base, nil)
				w.ChunkAdded = paired(func(a, z, _ *point) float64 { return a.Chunk50 - z.Chunk50 }, l.turns, base, nil)
			}
			if l.target.server != nil && floor != nil {
				w.AddedRatio = addedRatio(l.turns, base, floor, scale)
				w.ChunkBeyond = paired(func(a, f, _ *point) float64 { return a.Chunk50 - f.Chunk50 }, l.turns, floor, nil)
				w.RateRatio = paired(func(a, f, _ *point) float64 { return ratio(a.Rate, f.Rate) }, l.turns, floor, nil)
			}
			if b.scenario.translated && b.scenario.stream && l.target.server != nil && l.name != targetFloor {
				w.Tokens = ratio(chunkTokens*1e6, w.Median.Server)
			}
			r.Rows = append(r.Rows, w)
		}
	}
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func (b *bencher) turns(target string) []point {
	for _, l := range b.lanes {
		if l.name == target {
			return l.turns
		}
	}
	return nil
}

func medians(turns []point) point {
	m := func(f func(*point) float64) float64 { return median(turns, f) }
	return point{
		P50: m(func(p *point) float64 { return p.P50 }), P99: m(func(p *point) float64 { return p.P99 }),
		First: m(func(p *point) float64 { return p.First }), Rate: m(func(p *point) float64 { return p.Rate }),
		Requests: int(m(func(p *point) float64 { return float64(p.Requests) })),
		Envoy:    m(func(p *point) float64 { return p.Envoy }), Server: m(func(p *point) float64 { return p.Server }),
		Provider: m(func(p *point) float64 { return p.Provider }), Client: m(func(p *point) float64 { return p.Client }),
		Allocated: m(func(p *point) float64 { return p.Allocated }),
		Chunk50:   m(func(p *point) float64 { return p.Chunk50 }), Chunk99: m(func(p *point) float64 { return p.Chunk99 }),
	}
}

func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "llmroute beside Envoy alone and the floor, %s\n", r.Date.Format("2006-01-02 15:04 UTC"))
	fmt.Fprintf(w, "%s, %d cores; %s; Envoy %s, %d workers; load average %s at the start, %s at the end\n",
		r.CPU, r.Cores, r.Go, r.Envoy, r.Workers, r.Load[0], r.Load[1])
	fmt.Fprintf(w, "%d rounds of turns of %s; medians over the turns; ratios and differences within each round\n", r.Rounds, r.Turn)
	if r.Profiled {
		fmt.Fprintln(w, "llmroute and the floor were profiled: do not compare these figures with others")
	}
	sections := []struct{ title, prefix string }{{"JSON", "json/"}, {"SSE, 50 chunks at once", "sse/"}}
	for _, s := range sections {
		r.printTable(w, s.title, s.prefix)
	}
	r.printChunks(w)
	for _, schema := range []string{"anthropic", "gemini", "bedrock"} {
		r.printTable(w, "OpenAI client, "+schema+" provider: translated (the floor translates nothing: an OpenAI provider answers it)", schema+"/")
	}
	r.printHeld(w)
	if m := r.Memory; m[targetLLMRoute] > 0 {
		fmt.Fprintf(w, "\nPeak memory over the run: llmroute %.0f MiB, the floor %.0f MiB\n", m[targetLLMRoute], m[targetFloor])
	}
	if len(r.Skipped) > 0 {
		fmt.Fprintf(w, "\nNot run, since this llmroute does not translate so: %s\n", strings.Join(r.Skipped, ", "))
	}
	r.printGoals(w)
}

func (r *report) printTable(w io.Writer, title, prefix string) {
	t := table{head: []string{"body/conns", "", "p50 ms", "p99 ms", "first ms", "req/s", "envoy", "server", "provider", "client", "alloc B", "added ms", "added/floor", "req/s/floor", "tokens/s/core"}, left: 2}
	last := ""
	for _, row := range r.Rows {
		if !strings.HasPrefix(row.Scenario, prefix) {
			continue
		}
		name := ""
		if row.Scenario != last {
			last, name = row.Scenario, strings.TrimPrefix(row.Scenario, prefix)
		}
		m := row.Median
		t.add(name, row.Target, number(m.P50, 3), number(m.P99, 3), number(m.First, 3), number(m.Rate, 0), number(m.Envoy, 0),
			number(m.Server, 0), number(m.Provider, 0), number(m.Client, 0), number(m.Allocated, 0),
			number(row.Added.Median, 3), number(row.AddedRatio.Median, 2), number(row.RateRatio.Median, 2), number(row.Tokens, 0))
	}
	if len(t.rows) > 0 {
		fmt.Fprintf(w, "\n%s   (envoy, server, provider, client: CPU µs a request)\n", title)
		t.print(w)
	}
}

func (r *report) printChunks(w io.Writer) {
	t := table{head: []string{"body/conns", "", "chunk p50 µs", "chunk p99 µs", "added to p50 µs", "95 % sure", "open ext_proc streams"}, left: 2}
	for _, row := range r.Rows {
		if !strings.HasPrefix(row.Scenario, "chunks/") {
			continue
		}
		cells := []string{strings.TrimPrefix(row.Scenario, "chunks/"), row.Target, number(row.Median.Chunk50*1e3, 0), number(row.Median.Chunk99*1e3, 0)}
		if row.ChunkAdded.Turns > 0 {
			cells = append(cells, number(row.ChunkAdded.Median*1e3, 0),
				fmt.Sprintf("%.0f to %.0f", row.ChunkAdded.Low*1e3, row.ChunkAdded.High*1e3), fmt.Sprintf("%.0f", row.Open.Median))
		}
		t.add(cells...)
	}
	if len(t.rows) > 0 {
		fmt.Fprintf(w, "\nSSE, a chunk every 4 ms: from the provider's write to the client's read\n")
		t.print(w)
	}
}

func version(text string) string { // "/path/envoy  version: HASH/1.40.0/Clean/RELEASE/BoringSSL"
	_, text, _ = strings.Cut(text, "version: ")
	if parts := strings.Split(text, "/"); len(parts) > 2 {
		return parts[1]
	}
	return text
}

func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// loadAverage of the last minute.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	minute, _, _ := strings.Cut(string(text), " ")
	return minute
}
