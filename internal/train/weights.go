package main

import (
	"hash/fnv"
	"slices"
	"strings"

	"github.com/llmroute/llmroute/policy/classify/feature"
	"github.com/llmroute/llmroute/policy/classify/model"
)

// corpora are the exam questions as asked, labelled by whether the strong model is needed, and the same as open
// questions, labelled by whether the weak model is not enough. moral_scenarios, a form of its own, teaches nothing about open questions.
func corpora(examples []example) (exam, open *corpus) {
	exam, open = &corpus{}, &corpus{}
	var s feature.Scanner
	for i := range examples {
		e := &examples[i]
		exam.docs = append(exam.docs, scan(&s, e.Prompt))
		exam.labels = append(exam.labels, e.need())
		if e.Subject != "moral_scenarios" {
			open.docs = append(open.docs, scan(&s, stem(e.Prompt)))
			open.labels = append(open.labels, fails(e))
		}
	}
	return exam, open
}

// fails tells that the weak model is not enough: it failed; and where both explain their answers before they give them, as
// in sums, the strong one did not. In exams without explanation the strong model's failures say little of open questions.
func fails(e *example) bool {
	if e.Source == "gsm8k" {
		return e.need()
	}
	return !e.Weak
}

// weights learns everything that is embedded.
func weights(exam, open *corpus, examples []example) (*model.Weights, error) {
	r := raritiesOf(exam)
	fold := splits(examples)[0].fold // at random
	w := &model.Weights{Words: r.words, Letters: r.letters}
	w.Exam = learn(exam, r)
	m := outOfFold(exam, fold, fitHead)
	align(&w.Exam, m)
	calibrate(&w.Exam, m, exam.labels)
	w.Open = learn(open, r)
	m = outOfFold(open, fold[:len(open.docs)], fitHead)
	align(&w.Open, m)
	calibrate(&w.Open, m, open.labels)
	learnTasks(w, taskPrompts(examples))
	return w, nil
}

// plainWords are the hashed words of text in lower case, split at spaces and marks, distinct.
func plainWords(text string) []uint32 {
	var out []uint32
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127)
	}) {
		h := fnv.New32a()
		h.Write([]byte(w)) //nolint:errcheck // cannot fail
		out = append(out, h.Sum32()%(1<<feature.WordBits))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
