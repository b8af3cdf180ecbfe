package main

import (
	"math"

	"github.com/llmroute/llmroute/policy/classify/feature"
	"github.com/llmroute/llmroute/policy/classify/model"
)

// corpus is what one head learns from.
type corpus struct {
	docs   []document
	labels []bool
}

func (c *corpus) words() [][]uint32 {
	return project(c.docs, func(d *document) []uint32 { return d.words })
}
func (c *corpus) letters() [][]uint32 {
	return project(c.docs, func(d *document) []uint32 { return d.letters })
}

func project(docs []document, f func(*document) []uint32) [][]uint32 {
	out := make([][]uint32, len(docs))
	for i := range docs {
		out[i] = f(&docs[i])
	}
	return out
}

func (c *corpus) only(rows []int) *corpus {
	part := &corpus{}
	for _, r := range rows {
		part.docs = append(part.docs, c.docs[r])
		part.labels = append(part.labels, c.labels[r])
	}
	return part
}

// rarities are shared by the heads of one weights file.
type rarities struct{ words, letters model.Rarity }

func raritiesOf(c *corpus) rarities {
	return rarities{rarityOf(c.words(), 1<<feature.WordBits), rarityOf(c.letters(), 1<<feature.LetterBits)}
}

// learn fits the three parts of a head.
func learn(c *corpus, r rarities) model.Head {
	return model.Head{
		Words:   newLogistic(c.words(), c.labels, r.words, 1).fit(),
		Letters: newLogistic(c.letters(), c.labels, r.letters, 1).fit(),
		Forest:  boost(c.docs, c.labels, 1),
	}
}

// margins are the three parts' words on each document.
type margins [][3]float32

func judge(h *model.Head, r rarities, docs []document) margins {
	out := make(margins, len(docs))
	for i := range docs {
		d := &docs[i]
		out[i] = [3]float32{
			h.Words.Score(r.words, d.words, r.words.Norm(d.words)),
			h.Letters.Score(r.letters, d.letters, r.letters.Norm(d.letters)),
			h.Forest.Score(d.dense[:]),
		}
	}
	return out
}

// align sets the deviations of h from margins on documents that it was not learned from.
func align(h *model.Head, m margins) {
	for part, a := range []*model.Affine{&h.OfWords, &h.OfLetters, &h.OfTree} {
		sum, square := 0.0, 0.0
		for i := range m {
			x := float64(m[i][part])
			sum += x
			square += x * x
		}
		mean := sum / float64(len(m))
		*a = model.Affine{Mean: float32(mean), Deviation: float32(math.Sqrt(square/float64(len(m)) - mean*mean))}
	}
}

// mean is the aligned mean of the parts.
func mean(h *model.Head, m [3]float32) float64 {
	return float64(h.OfWords.Of(m[0])+h.OfLetters.Of(m[1])+h.OfTree.Of(m[2])) / 3
}

// calibrate fits the slope and shift that make probabilities of means.
func calibrate(h *model.Head, m margins, labels []bool) {
	w := minimize(2, 60, func(w, g []float64) float64 {
		sum := 0.0
		g[0], g[1] = 0, 0
		for i := range m {
			x := mean(h, m[i])
			z, y := w[0]*x+w[1], float64(count(labels[i]))
			sum += softplus(z) - y*z
			d := sigmoid(z) - y
			g[0] += d * x
			g[1] += d
		}
		return sum
	})
	h.Slope, h.Shift = float32(w[0]), float32(w[1])
}
