package main

import (
	"math"

	"github.com/llmroute/llmroute/policy/classify/model"
)

// logistic fits C × Σ log-loss + ½|w|² over the buckets of docs by L-BFGS; the bias is free.
type logistic struct {
	docs   [][]uint32
	norms  []float32
	labels []bool
	rarity model.Rarity
	c      float64
}

// newLogistic prepares the documents of rows; C 1 was the best of 0.3, 1 and 3.
func newLogistic(docs [][]uint32, labels []bool, rarity model.Rarity, c float64) *logistic {
	l := &logistic{docs: docs, labels: labels, rarity: rarity, c: c, norms: make([]float32, len(docs))}
	for i, d := range docs {
		l.norms[i] = rarity.Norm(d)
	}
	return l
}

func rarityOf(docs [][]uint32, buckets int) model.Rarity {
	df := make([]int, buckets)
	for _, d := range docs {
		for _, b := range d {
			df[b]++
		}
	}
	return model.NewRarity(df, len(docs))
}

// loss is the objective at w, whose last entry is the bias; it fills grad.
func (l *logistic) loss(w, grad []float64) float64 {
	last := len(w) - 1
	sum := 0.0
	for i := range last {
		sum += w[i] * w[i]
		grad[i] = w[i]
	}
	sum /= 2
	grad[last] = 0
	for i, d := range l.docs {
		m, inv := 0.0, 1/float64(l.norms[i])
		for _, b := range d {
			m += w[b] * float64(l.rarity.Of(b))
		}
		m = m*inv + w[last]
		y := float64(count(l.labels[i]))
		p := sigmoid(m)
		sum += l.c * (softplus(m) - y*m)
		g := l.c * (p - y)
		grad[last] += g
		for _, b := range d {
			grad[b] += g * inv * float64(l.rarity.Of(b))
		}
	}
	return sum
}

func (l *logistic) fit() model.Linear {
	w := minimize(len(l.rarity)+1, 40, l.loss)
	return model.Quantize(w[:len(w)-1], w[len(w)-1])
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func softplus(x float64) float64 {
	if x > 30 {
		return x
	}
	return math.Log1p(math.Exp(x))
}
