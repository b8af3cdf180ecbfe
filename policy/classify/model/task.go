package model

import (
	"math"

	"github.com/llmroute/llmroute/policy/classify/feature"
)

// TaskFold is how many bits of a bucket are dropped for tasks, which have fewer prompts to learn from.
const TaskFold = 2

// Task scores one task.
type Task struct {
	Name           string
	Words, Letters Linear    // over folded buckets
	Dense          []float32 // weights of the dense features in deviations, see Weights.Center
}

// Norm holds what the scores of every task share.
type Norm struct {
	words, letters float32
	dense          [feature.NumDense]float32
}

// TaskNorm prepares p for the tasks.
func (w *Weights) TaskNorm(p *feature.Prompt) Norm {
	return Norm{words: root(len(p.Words)), letters: root(len(p.Letters)), dense: w.Deviations(&p.Dense)}
}

func root(n int) float32 { return float32(math.Sqrt(float64(max(1, n)))) }

// Deviations are dense features as deviations from the training prompts' mean, at most 3 to either side.
func (w *Weights) Deviations(dense *[feature.NumDense]float32) (out [feature.NumDense]float32) {
	for i := range min(len(w.Center), len(w.Spread), len(dense)) {
		out[i] = Affine{w.Center[i], w.Spread[i]}.Of(dense[i])
	}
	return out
}

// Score is the margin of the task.
func (t *Task) Score(p *feature.Prompt, n *Norm) float32 {
	return t.margin(t.Words.folded(p.Words), t.Letters.folded(p.Letters), n)
}

// margin is the score by the sums of its weights of words and letters.
func (t *Task) margin(words, letters int32, n *Norm) float32 {
	sum := t.Words.Bias + t.Words.Scale*float32(words)/n.words + t.Letters.Scale*float32(letters)/n.letters
	for i, x := range t.Dense {
		sum += x * n.dense[i]
	}
	return sum
}

func (l *Linear) folded(buckets []uint32) (sum int32) {
	for _, b := range buckets {
		sum += int32(l.W[b>>TaskFold])
	}
	return sum
}
