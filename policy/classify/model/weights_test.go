package model

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/llmroute/llmroute/policy/classify/feature"
)

func small() *Weights {
	return &Weights{
		Words: Rarity{1, 2}, Letters: Rarity{3},
		Exam:   Head{Words: Quantize([]float64{1, -2}, 0.5), Forest: Forest{Bias: 1, Trees: []Tree{{Leaf: [8]float32{1}}}}, Slope: 2, Shift: 3},
		Center: []float32{1}, Spread: []float32{2},
		Tasks: []Task{{Name: "code", Words: Quantize([]float64{1}, 0), Dense: []float32{1}}},
	}
}

func TestWeightsSurviveTheirFile(t *testing.T) {
	file := small().Encode()
	back, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(back.Encode(), file) {
		t.Error("read and written again, the file differs")
	}
}

func TestDamagedFilesAreRefused(t *testing.T) {
	file := small().Encode()
	for name, bad := range map[string][]byte{
		"empty": nil, "another version": []byte("llmroute-classify-0\n"), "cut short": file[:len(file)-1], "too long": append(bytes.Clone(file), 0),
	} {
		if _, err := Decode(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(small().Encode())
	f.Fuzz(func(t *testing.T, file []byte) {
		w, err := Decode(file)
		if err == nil && !bytes.Equal(w.Encode(), file) {
			t.Error("read and written again, the file differs")
		}
	})
}

func TestQuantizedScoresAreNearTheTrueOnes(t *testing.T) {
	l := Quantize([]float64{0.5, -1, 0.25, 0}, 0.1)
	r := Rarity{16, 16, 16, 16}
	if got := l.Score(r, []uint32{0, 2}, r.Norm([]uint32{0, 2})); got < 0.62 || got > 0.64 { // 0.1 + 0.75/√2
		t.Errorf("%.4f", got)
	}
}

func TestForestFollowsItsQuestions(t *testing.T) {
	var x [feature.NumDense]float32
	tree := Tree{Leaf: [8]float32{0, 1, 2, 3, 4, 5, 6, 7}}
	for i := range tree.Above {
		tree.Feature[i] = uint8(i) //nolint:gosec // below 7
	}
	f := Forest{Bias: 10, Trees: []Tree{tree}}
	if got := f.Score(x[:]); got != 10 {
		t.Errorf("all to the left: %v", got)
	}
	x[0], x[2], x[6] = 1, 1, 1
	if got := f.Score(x[:]); got != 17 {
		t.Errorf("all to the right: %v", got)
	}
}

func TestAllTasksAtOnceScoreAsOneByOne(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	weights := func() Linear {
		w := make([]int8, 1<<(feature.WordBits-TaskFold))
		for i := range w {
			w[i] = int8(rnd.IntN(256) - 128)
		}
		return Linear{Bias: rnd.Float32(), Scale: rnd.Float32(), W: w}
	}
	tasks := make([]Task, MaxTasks)
	for i := range tasks {
		tasks[i] = Task{Words: weights(), Letters: weights(), Dense: []float32{rnd.Float32()}}
	}
	scorer, out := NewScorer(tasks), make([]float32, MaxTasks)
	for _, size := range []int{0, 1, 256, 257, 258, 3000} {
		p := &feature.Prompt{}
		for range size {
			p.Words = append(p.Words, rnd.Uint32N(1<<feature.WordBits))
			p.Letters = append(p.Letters, rnd.Uint32N(1<<feature.LetterBits))
		}
		norm := (&Weights{}).TaskNorm(p)
		scorer.Scores(p, &norm, out)
		for i := range tasks {
			if want := tasks[i].Score(p, &norm); out[i] != want {
				t.Errorf("%d buckets, task %d: %v, alone %v", size, i, out[i], want)
			}
		}
	}
}
