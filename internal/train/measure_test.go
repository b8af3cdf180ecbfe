package main

import (
	"math"
	"testing"

	"github.com/llmroute/llmroute/policy/classify/feature"
)

func TestMeasuresOfKnownOrders(t *testing.T) {
	// Ten prompts, two of which gain: a perfect router asks for them first, the worst last.
	prompts := func(score func(i int) float64) (all []scored) {
		for i := range 10 {
			all = append(all, scored{score: score(i), gain: count(i < 2), need: i < 2, tie: uint64(i)})
		}
		return all
	}
	best := measure(prompts(func(i int) float64 { return -float64(i) }))
	if best.auc != 1 || math.Abs(best.apgr-0.9) > 1e-9 || best.cpt50 != 0.1 || best.cpt80 != 0.2 {
		t.Errorf("best: %+v", best)
	}
	worst := measure(prompts(func(i int) float64 { return float64(i) }))
	if worst.auc != 0 || math.Abs(worst.apgr-0.1) > 1e-9 || worst.cpt50 != 0.9 || worst.cpt80 != 1 {
		t.Errorf("worst: %+v", worst)
	}
}

func TestMinimizeFindsTheBottomOfABowl(t *testing.T) {
	x := minimize(3, 100, func(x, g []float64) float64 {
		sum := 0.0
		for i := range x {
			d, k := x[i]-float64(i), float64(1+10*i)
			sum += k * d * d
			g[i] = 2 * k * d
		}
		return sum
	})
	for i := range x {
		if math.Abs(x[i]-float64(i)) > 1e-2 {
			t.Errorf("x[%d] = %.3f", i, x[i])
		}
	}
}

// toy is a corpus in which a word decides for half of the documents and length for the rest.
func toy() *corpus {
	c := &corpus{}
	var s feature.Scanner
	for i := range 400 {
		text := [...]string{"plain talk of the day", "a theorem of the day", "plain talk of the day with many more words than there were before it", "a theorem"}[i%4]
		c.docs = append(c.docs, scan(&s, text))
		c.labels = append(c.labels, i%4 != 0)
	}
	return c
}

func TestLearningSeparatesWhatCanBe(t *testing.T) {
	c := toy()
	r := raritiesOf(c)
	h := learn(c, r)
	for i, m := range judge(&h, r, c.docs)[:4] {
		for part, x := range m {
			if (x > 0) != c.labels[i] {
				t.Errorf("document %d, part %d: %.3f", i, part, x)
			}
		}
	}
}

func TestLearningTheSameGivesTheSame(t *testing.T) {
	c := toy()
	a, b := boost(c.docs, c.labels, 1), boost(c.docs, c.labels, 1)
	for i := range a.Trees {
		if a.Trees[i] != b.Trees[i] {
			t.Fatalf("tree %d differs", i)
		}
	}
}

func TestEveryLabelledPromptHasATask(t *testing.T) {
	for _, p := range taskPrompts(nil) {
		if p.text == "" || p.line < 0 {
			t.Errorf("%+v", p)
		}
	}
}
