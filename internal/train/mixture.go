package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/llmroute/llmroute/policy/classify/model"
)

// reportMixture tests as a stranger would: a third of the subjects never seen, and three tenths of the questions of the
// others. moral_scenarios, a form of its own and a tenth of all questions, is always among the seen. Means of repetitions.
func reportMixture(out io.Writer, examples []example, c, bag *corpus, ties []uint64, sp []split) {
	const repetitions = 8
	names := []string{"random", "length", "bag of words", "**llmroute**"}
	sums := make([][3]measures, len(names))
	for rep := range repetitions {
		var in, test []int
		unseen := make([]bool, len(examples))
		for i := range examples {
			e := &examples[i]
			if e.Source != "mmlu" {
				in = append(in, i)
				continue
			}
			third := (sp[1].fold[i] + folds - rep) % folds
			unseen[i] = third < 3 && e.Subject != "moral_scenarios"
			if unseen[i] || (sp[0].fold[i]+folds-rep)%folds < 3 {
				test = append(test, i)
			} else {
				in = append(in, i)
			}
		}
		m := fitHead(c.only(in))(c.only(test).docs)
		var h model.Head
		align(&h, m)
		bow := fitBag(bag.only(in))(bag.only(test).docs)
		for n := range names {
			score := func(j, i int) float64 {
				return [...]float64{0, float64(len(examples[i].Prompt)), float64(bow[j][0]), mean(&h, m[j])}[n]
			}
			var all, seen, new []scored
			for j, i := range test {
				e := &examples[i]
				x := scored{score(j, i), e.gain(), e.need(), ties[i]}
				all = append(all, x)
				if unseen[i] {
					new = append(new, x)
				} else {
					seen = append(seen, x)
				}
			}
			for k, part := range [][]scored{all, seen, new} {
				sums[n][k] = sums[n][k].plus(measure(slices.Clone(part)))
			}
		}
	}
	fmt.Fprintf(out, "\nMMLU, a third of the subjects unseen\n\n| router | AUC | APGR | CPT(50 %%) | CPT(80 %%) | APGR, seen subjects | APGR, unseen |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for n, name := range names {
		a := sums[n][0].over(repetitions)
		fmt.Fprintf(out, "| %s | %.3f | %.3f | %.1f %% | %.1f %% | %.3f | %.3f |\n", name, a.auc, a.apgr, a.cpt50*100, a.cpt80*100,
			sums[n][1].over(repetitions).apgr, sums[n][2].over(repetitions).apgr)
	}
}

func (m measures) plus(o measures) measures {
	return measures{m.auc + o.auc, m.apgr + o.apgr, m.cpt50 + o.cpt50, m.cpt80 + o.cpt80}
}

func (m measures) over(n float64) measures {
	return measures{m.auc / n, m.apgr / n, m.cpt50 / n, m.cpt80 / n}
}
