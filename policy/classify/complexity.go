package classify

import (
	"math"

	"github.com/llmroute/llmroute/policy/classify/feature"
	"github.com/llmroute/llmroute/policy/classify/model"
)

// examChoices is how many lettered answers make an exam question.
const examChoices = 3

// priors are log-odds that an open prompt of a task needs a strong model. They are judgement, not learned: the training
// data has no open conversations but sums told as stories. Models differ most in mathematics, programming and reasoning,
// where an answer is right or wrong; least in talk and in well-trodden writing.
func prior(t Task) float32 {
	switch t {
	case Code:
		return -0.5
	case Math:
		return -0.6
	case Reasoning:
		return -0.7
	case Extraction:
		return -1.4
	case Classification, QA:
		return -1.7
	case Creative, Translation, Summary, Roleplay:
		return -1.8
	case Chat:
		return -2.8
	default:
		return -1.5
	}
}

// Weights of what makes an open prompt harder than others of its task; judgement too.
const (
	perLearned    = 0.6  // a deviation of what was learned
	perThinking   = 0.25 // ln(1 + words that ask for thought)
	perConstraint = 0.15 // ln(1 + words that ask for care)
	perSize       = 0.2  // e-fold of bytes beyond 150, less below
	sizeMiddle    = 5.0
)

// complexity is the chance that a strong model is needed. tasks are the probabilities of w.Tasks.
func complexity(w *model.Weights, p *feature.Prompt, tasks []float32) float64 {
	words, letters := w.Words.Norm(p.Words), w.Letters.Norm(p.Letters)
	exam := w.Exam.Mean(w, p, words, letters)
	if p.Choices >= examChoices {
		return sigmoid(w.Exam.Slope*exam + w.Exam.Shift)
	}
	open := w.Open.Mean(w, p, words, letters)
	learned, odds := open, float32(0)
	for i, chance := range tasks {
		t := Task(w.Tasks[i].Name)
		odds += chance * prior(t)
		if t == Math { // the head for exams has learned from sums as they are asked, that for open questions from harder mathematics
			learned = open + chance*(exam-open)/2
		}
	}
	return sigmoid(odds + OpenOdds(learned, &p.Dense))
}

// OpenOdds are the log-odds that an open prompt adds to those of its task, by what was learned, in deviations, and by
// its form.
func OpenOdds(learned float32, d *[feature.NumDense]float32) float32 {
	return perLearned*learned + perThinking*d[feature.Thinking] + perConstraint*d[feature.Constraint] + perSize*(d[feature.Size]-sizeMiddle)
}

func sigmoid(x float32) float64 { return 1 / (1 + math.Exp(-float64(x))) }
