package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/llmroute/llmroute/policy/classify"
	"github.com/llmroute/llmroute/policy/classify/feature"
	"github.com/llmroute/llmroute/policy/classify/model"
)

// folds is how often a cross-validation learns.
const folds = 10

// split says in which fold each example is tested.
type split struct {
	name string
	fold []int
}

// splits are: every question by itself, and whole subjects together.
func splits(examples []example) []split {
	rnd := rand.New(rand.NewPCG(3, 3)) //nolint:gosec // chance that must repeat
	random, bySubject := make([]int, len(examples)), make([]int, len(examples))
	var subjects []string
	for i := range examples {
		random[i] = rnd.IntN(folds)
		if !slices.Contains(subjects, examples[i].Subject) {
			subjects = append(subjects, examples[i].Subject)
		}
	}
	rnd.Shuffle(len(subjects), func(i, j int) { subjects[i], subjects[j] = subjects[j], subjects[i] })
	for i := range examples {
		bySubject[i] = slices.Index(subjects, examples[i].Subject) % folds
	}
	return []split{{"random", random}, {"by subject", bySubject}}
}

// outOfFold are a head's margins on each document by the head that had not seen its fold.
func outOfFold(c *corpus, fold []int, fit func(*corpus) func(docs []document) margins) margins {
	all := make(margins, len(c.docs))
	for k := range folds {
		var in, out []int
		for i, f := range fold {
			if f == k {
				out = append(out, i)
			} else {
				in = append(in, i)
			}
		}
		if len(out) == 0 {
			continue
		}
		m := fit(c.only(in))(c.only(out).docs)
		for j, i := range out {
			all[i] = m[j]
		}
	}
	return all
}

func fitHead(c *corpus) func([]document) margins {
	r := raritiesOf(c)
	h := learn(c, r)
	return func(docs []document) margins { return judge(&h, r, docs) }
}

// reportAll prints a table for each split: ours, its parts and the baselines.
func reportAll(out io.Writer, examples []example, c, open *corpus) {
	bag := bagOfWords(examples)
	rnd := rand.New(rand.NewPCG(4, 4)) //nolint:gosec // chance that must repeat
	ties := make([]uint64, len(examples))
	for i := range ties {
		ties[i] = rnd.Uint64()
	}
	all := splits(examples)
	reportMixture(out, examples, c, bag, ties, all)
	for _, sp := range all {
		m := outOfFold(c, sp.fold, fitHead)
		var h model.Head
		align(&h, m)
		asOpen, hOpen := openMargins(examples, open, sp.fold)
		bow := outOfFold(bag, sp.fold, fitBag)
		for _, set := range []struct {
			name string
			in   func(*example) bool
		}{
			{"MMLU", func(e *example) bool { return e.Source == "mmlu" }},
			{"MMLU less moral_scenarios", func(e *example) bool { return e.Source == "mmlu" && e.Subject != "moral_scenarios" }},
			{"GSM8K", func(e *example) bool { return e.Source == "gsm8k" }},
			{"all", func(*example) bool { return true }},
		} {
			fmt.Fprintf(out, "\n%s, %s folds\n\n| router | AUC | APGR | 95 %% interval | CPT(50 %%) | CPT(80 %%) |\n| --- | --- | --- | --- | --- | --- |\n", set.name, sp.name)
			for _, row := range []struct {
				name  string
				score func(i int) float64
			}{
				{"random", func(int) float64 { return 0 }},
				{"length", func(i int) float64 { return float64(len(examples[i].Prompt)) }},
				{"bag of words", func(i int) float64 { return float64(bow[i][0]) }},
				{"words", func(i int) float64 { return float64(m[i][0]) }},
				{"letter groups", func(i int) float64 { return float64(m[i][1]) }},
				{"forest", func(i int) float64 { return float64(m[i][2]) }},
				{"**llmroute**", func(i int) float64 { return mean(&h, m[i]) }},
				{"as an open prompt", func(i int) float64 { return openScore((mean(&h, m[i])+mean(&hOpen, asOpen[i]))/2, &c.docs[i]) }},
			} {
				var s []scored
				for i := range examples {
					if e := &examples[i]; set.in(e) {
						s = append(s, scored{row.score(i), e.gain(), e.need(), ties[i]})
					}
				}
				got := measure(s)
				low, high := interval(s, 400)
				fmt.Fprintf(out, "| %s | %.3f | %.3f | %.3f–%.3f | %.1f %% | %.1f %% |\n", row.name, got.auc, got.apgr, low, high, got.cpt50*100, got.cpt80*100)
			}
		}
	}
}

// openScore is how a sum without lettered answers is scored when served, but for what its task adds; learned is the mean
// of both heads.
func openScore(learned float64, d *document) float64 {
	return float64(classify.OpenOdds(float32(learned), &d.dense))
}

// openMargins are the margins of the head for open questions, by example; 0 for those that it does not learn from.
func openMargins(examples []example, open *corpus, fold []int) (margins, model.Head) {
	var rows, folds []int
	for i := range examples {
		if examples[i].Subject != "moral_scenarios" {
			rows, folds = append(rows, i), append(folds, fold[i])
		}
	}
	m := outOfFold(open, folds, fitHead)
	var h model.Head
	align(&h, m)
	all := make(margins, len(examples))
	for j, i := range rows {
		all[i] = m[j]
	}
	return all, h
}

// bagOfWords is the plain baseline: hashed words alone, every bucket as rare as any other.
func bagOfWords(examples []example) *corpus {
	c := &corpus{}
	for i := range examples {
		c.docs = append(c.docs, document{words: plainWords(examples[i].Prompt)})
		c.labels = append(c.labels, examples[i].need())
	}
	return c
}

func fitBag(c *corpus) func([]document) margins {
	flat := make(model.Rarity, 1<<feature.WordBits)
	for i := range flat {
		flat[i] = 16
	}
	l := newLogistic(c.words(), c.labels, flat, 1).fit()
	return func(docs []document) margins {
		out := make(margins, len(docs))
		for i := range docs {
			out[i][0] = l.Score(flat, docs[i].words, flat.Norm(docs[i].words))
		}
		return out
	}
}
