package main

import (
	"fmt"
	"io"
)

// heldGoals judge what is kept of open streams by the larger of what the runtime and the system say.
func heldGoals(all []holding) []goal {
	var out []goal
	for _, h := range all {
		g := goal{Verdict: met}
		if h.Peak > 0 {
			g.Name = fmt.Sprintf("peak memory while large bodies are translated (%s), at most %d times the bodies", h.Name, mostPeak)
			g.Measured = fmt.Sprintf("%.1f times", h.Peak)
			if h.Peak > mostPeak {
				g.Verdict = missed
			}
		} else {
			most := max(h.Heap+h.Stack, h.Process)
			g.Name = fmt.Sprintf("memory of an open translated stream (%s), at most %d KiB", h.Name, mostHeld>>10)
			g.Measured = fmt.Sprintf("%.1f KiB", most/1024)
			if most > mostHeld {
				g.Verdict = missed
			}
		}
		out = append(out, g)
	}
	return out
}

func (r *report) printHeld(w io.Writer) {
	streams := table{head: []string{"open in mid-answer", "streams", "heap KiB", "stacks KiB", "process KiB"}, left: 1}
	uploads := table{head: []string{"requests at once", "peak, times their bodies"}, left: 1}
	for _, h := range r.Held {
		if h.Peak > 0 {
			uploads.add(h.Name, number(h.Peak, 2))
			continue
		}
		streams.add(h.Name, fmt.Sprint(h.Streams), number(h.Heap/1024, 1), number(h.Stack/1024, 1), number(h.Process/1024, 1))
	}
	if len(streams.rows) > 0 {
		fmt.Fprintf(w, "\nMemory of a translated stream that is open, beyond the idle process; heap and stacks by Go's runtime, process by the system\n")
		streams.print(w)
	}
	if len(uploads.rows) > 0 {
		fmt.Fprintf(w, "\nMemory while large requests are translated, beyond the idle process\n")
		uploads.print(w)
	}
}
