package main

import (
	_ "embed" // the labelled prompts
	"math"
	"strings"

	"github.com/llmroute/llmroute/policy/classify"
	"github.com/llmroute/llmroute/policy/classify/feature"
	"github.com/llmroute/llmroute/policy/classify/model"
)

// labelled are lines of a task, a tab and a prompt with \n for line ends. They were written for this purpose.
//
//go:embed tasks.tsv
var labelled string

// passages are what prompts about a text are about, so that the text itself tells nothing.
//
//go:embed passages.txt
var passages string

// taskPrompt is a prompt and the index of its task.
type taskPrompt struct {
	task  int
	text  string
	line  int  // of the labelled prompts; copies share it
	plain bool // as labelled
}

// taskPrompts are the labelled prompts, those about a text with some texts too, and some of the examples: questions of
// knowledge, and sums.
func taskPrompts(examples []example) []taskPrompt {
	index := map[string]int{}
	for i, t := range classify.Tasks() {
		index[string(t)] = i
	}
	var out []taskPrompt
	texts := strings.Split(strings.TrimSpace(passages), "\n\n")
	for n, line := range strings.Split(strings.TrimSpace(labelled), "\n") {
		name, prompt, _ := strings.Cut(line, "\t")
		prompt = strings.ReplaceAll(prompt, `\n`, "\n")
		task := index[name]
		out = append(out, taskPrompt{task, prompt, n, true})
		switch classify.Task(name) {
		case classify.Extraction, classify.Classification, classify.Translation, classify.Summary:
			for k := range 2 {
				out = append(out, taskPrompt{task, prompt + "\n\n" + texts[(n+k*7)%len(texts)], n, false})
			}
			out = append(out, taskPrompt{task, texts[(n+3)%len(texts)] + "\n\n" + prompt, n, false},
				taskPrompt{task, strings.Repeat(texts[(n+5)%len(texts)]+" ", 4) + prompt, n, false})
		}
	}
	for i := range examples {
		switch e := &examples[i]; {
		case e.Source == "gsm8k" && i%16 == 0:
			out = append(out, taskPrompt{index["math"], e.Prompt, -1, false})
		case i%60 != 0 || e.Subject == "moral_scenarios":
		case strings.Contains(e.Subject, "math") || e.Subject == "abstract_algebra":
			out = append(out, taskPrompt{index["math"], stem(e.Prompt), -1, false})
		case e.Subject == "formal_logic" || e.Subject == "logical_fallacies":
			out = append(out, taskPrompt{index["reasoning"], stem(e.Prompt), -1, false})
		default:
			out = append(out, taskPrompt{index["qa"], stem(e.Prompt), -1, false})
		}
	}
	return out
}

// How much the tasks' weights may cost: buckets and dense features.
const (
	taskC     = 10
	denseKeep = 4 // dense features count a quarter
)

// learnTasks fits one against the rest for every task.
func learnTasks(w *model.Weights, prompts []taskPrompt) {
	var s feature.Scanner
	docs := make([]document, len(prompts))
	for i := range prompts {
		docs[i] = scan(&s, classify.Ends(prompts[i].text))
	}
	center(w, docs)
	for i, t := range classify.Tasks() {
		w.Tasks = append(w.Tasks, learnTask(w, string(t), docs, func(row int) bool { return prompts[row].task == i }, weigh(prompts)))
	}
}

// weigh makes every task count alike, however many prompts it has.
func weigh(prompts []taskPrompt) []float64 {
	tasks := make([]int, len(classify.Tasks()))
	for _, p := range prompts {
		tasks[p.task]++
	}
	out := make([]float64, len(prompts))
	for i, p := range prompts {
		out[i] = float64(len(prompts)) / float64(len(tasks)*tasks[p.task])
	}
	return out
}

func center(w *model.Weights, docs []document) {
	w.Center, w.Spread = make([]float32, feature.NumDense), make([]float32, feature.NumDense)
	for f := range feature.NumDense {
		sum, square := 0.0, 0.0
		for i := range docs {
			x := float64(docs[i].dense[f])
			sum += x
			square += x * x
		}
		mean := sum / float64(len(docs))
		w.Center[f] = float32(mean)
		w.Spread[f] = float32(math.Sqrt(max(0, square/float64(len(docs))-mean*mean)))
	}
}

// learnTask fits words, letters and dense features together.
func learnTask(w *model.Weights, name string, docs []document, is func(int) bool, weights []float64) model.Task {
	const words, letters = 1 << (feature.WordBits - model.TaskFold), 1 << (feature.LetterBits - model.TaskFold)
	const bias = words + letters + feature.NumDense
	dense := make([][feature.NumDense]float32, len(docs))
	for i := range docs {
		dense[i] = w.Deviations(&docs[i].dense)
	}
	x := minimize(bias+1, 80, func(v, grad []float64) float64 {
		sum := 0.0
		for i := range bias {
			sum += v[i] * v[i] / 2
			grad[i] = v[i]
		}
		grad[bias] = 0
		for i := range docs {
			d := &docs[i]
			nw, nl := 1/math.Sqrt(float64(max(1, len(d.words)))), 1/math.Sqrt(float64(max(1, len(d.letters))))
			m := v[bias]
			for _, b := range d.words {
				m += nw * v[b>>model.TaskFold]
			}
			for _, b := range d.letters {
				m += nl * v[words+b>>model.TaskFold]
			}
			for f, a := range dense[i] {
				m += v[words+letters+f] * float64(a) / denseKeep
			}
			y := float64(count(is(i)))
			sum += taskC * weights[i] * (softplus(m) - y*m)
			g := taskC * weights[i] * (sigmoid(m) - y)
			grad[bias] += g
			for _, b := range d.words {
				grad[b>>model.TaskFold] += g * nw
			}
			for _, b := range d.letters {
				grad[words+b>>model.TaskFold] += g * nl
			}
			for f, a := range dense[i] {
				grad[words+letters+f] += g * float64(a) / denseKeep
			}
		}
		return sum
	})
	t := model.Task{Name: name, Words: model.Quantize(x[:words], x[bias]), Letters: model.Quantize(x[words:words+letters], 0)}
	for f := range feature.NumDense {
		t.Dense = append(t.Dense, float32(x[words+letters+f]/denseKeep))
	}
	return t
}
