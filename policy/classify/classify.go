package classify

import (
	_ "embed" // the weights
	"math"
	"strings"
	"sync"

	"github.com/llmroute/llmroute/policy/classify/feature"
	"github.com/llmroute/llmroute/policy/classify/model"
)

//go:embed weights.bin
var embedded []byte

// Reading is what a prompt says of itself.
type Reading struct {
	Task     Task
	Language string // ISO 639-1; empty: undecided
	// Complexity is 0 to 1, the chance that a strong model is needed.
	Complexity float64
}

// learned is all that was learned, and how to score its tasks.
type learned struct {
	*model.Weights
	scorer *model.Scorer
}

// weights decodes the embedded file once. A test proves that it decodes; should it not, prompts read as plain chat.
var weights = sync.OnceValue(func() learned {
	w, err := model.Decode(embedded)
	if err != nil {
		w = &model.Weights{}
	}
	return learned{w, model.NewScorer(w.Tasks)}
})

// readers are warm scanners.
var readers = sync.Pool{New: func() any { return new(reader) }}

// reader is what one call needs to itself.
type reader struct {
	whole, ends feature.Scanner
	scores      [model.MaxTasks]float32
}

// Read reads a prompt, any bytes. It is safe for concurrent use.
func Read(text string) Reading {
	w := weights()
	r, _ := readers.Get().(*reader)
	defer readers.Put(r)
	text = strings.TrimSpace(text)
	out := Reading{Task: Chat, Language: Language(text)}
	if len(w.Tasks) == 0 || text == "" {
		return out
	}
	p := r.whole.Scan(text)
	ends := p
	if len(text) > headBytes+tailBytes {
		ends = r.ends.Scan(Ends(text))
	}
	scores := r.scores[:len(w.Tasks)]
	best := taskOf(w, ends, scores)
	out.Task = Task(w.Tasks[best].Name)
	probabilities(scores, scores[best])
	out.Complexity = complexity(w.Weights, p, scores)
	return out
}

// ReadTask is Read's Task alone. It looks at the ends of the text only, and costs a third.
func ReadTask(text string) Task {
	w := weights()
	text = strings.TrimSpace(text)
	if len(w.Tasks) == 0 || text == "" {
		return Chat
	}
	r, _ := readers.Get().(*reader)
	defer readers.Put(r)
	return Task(w.Tasks[taskOf(w, r.ends.Scan(Ends(text)), r.scores[:len(w.Tasks)])].Name)
}

// What people ask for stands at the start or the end of a long prompt.
const (
	headBytes = 480
	tailBytes = 240
)

// Ends is what tasks are told by: text, or the start and the end of a long one.
func Ends(text string) string {
	if len(text) <= headBytes+tailBytes {
		return text
	}
	return text[:headBytes] + "\n" + text[len(text)-tailBytes:]
}

// taskOf fills scores with each task's margin and returns the best.
func taskOf(w learned, p *feature.Prompt, scores []float32) int {
	norm := w.TaskNorm(p)
	w.scorer.Scores(p, &norm, scores)
	best := 0
	for i := range scores {
		if scores[i] > scores[best] {
			best = i
		}
	}
	return best
}

// probabilities makes them of margins, the highest of which is top.
func probabilities(scores []float32, top float32) {
	sum := float32(0)
	for i, s := range scores {
		scores[i] = float32(math.Exp(float64(s - top)))
		sum += scores[i]
	}
	for i := range scores {
		scores[i] /= sum
	}
}
