package main

import (
	"fmt"
	"io"
	"math"

	"github.com/llmroute/llmroute/policy/classify"
	"github.com/llmroute/llmroute/policy/classify/feature"
	"github.com/llmroute/llmroute/policy/classify/model"
)

// reportTasks prints how many labelled prompts are told right by weights that had not seen them or their copies.
func reportTasks(out io.Writer, examples []example) {
	const parts = 5
	right, all := 0, 0
	prompts := taskPrompts(examples)
	var s feature.Scanner
	for k := range parts {
		var in, test []taskPrompt
		for _, p := range prompts {
			switch {
			case p.line%parts != k:
				in = append(in, p)
			case p.plain:
				test = append(test, p)
			}
		}
		w := &model.Weights{}
		learnTasks(w, in)
		for _, p := range test {
			read := s.Scan(classify.Ends(p.text))
			norm := w.TaskNorm(read)
			best, most := 0, float32(math.Inf(-1))
			for i := range w.Tasks {
				if m := w.Tasks[i].Score(read, &norm); m > most {
					best, most = i, m
				}
			}
			right += count(best == p.task)
			all++
		}
	}
	fmt.Fprintf(out, "\ntasks, %d folds: %d of %d right, %.1f %%\n", parts, right, all, 100*float64(right)/float64(all))
}
