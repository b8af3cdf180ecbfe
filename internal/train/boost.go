package main

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/llmroute/llmroute/policy/classify/feature"
	"github.com/llmroute/llmroute/policy/classify/model"
)

// The shape of the forest: small steps, half the documents a tree, a third of the features a question.
const (
	trees     = 300
	shrinkage = 0.015
	leafMin   = 40
	bins      = 32
)

// booster grows a forest by Newton steps on the log-loss.
type booster struct {
	cuts   [feature.NumDense][]float32 // ascending; bin k is what is above k of them
	bin    [][feature.NumDense]uint8
	labels []bool
	margin []float64
	g, h   []float64
	rnd    *rand.Rand
}

func boost(docs []document, labels []bool, seed uint64) model.Forest {
	b := &booster{
		labels: labels, bin: make([][feature.NumDense]uint8, len(docs)),
		margin: make([]float64, len(docs)), g: make([]float64, len(docs)), h: make([]float64, len(docs)),
		rnd: rand.New(rand.NewPCG(seed, 1)), //nolint:gosec // chance that must repeat
	}
	for f := range feature.NumDense {
		b.cut(docs, f)
	}
	yes := 0
	for _, y := range labels {
		yes += count(y)
	}
	bias := math.Log(float64(yes+1) / float64(len(labels)-yes+1))
	for i := range b.margin {
		b.margin[i] = bias
	}
	forest := model.Forest{Bias: float32(bias)}
	for range trees {
		forest.Trees = append(forest.Trees, b.tree())
	}
	return forest
}

// cut sets the borders of feature f between bins of about equal count, and bins every document.
func (b *booster) cut(docs []document, f int) {
	values := make([]float32, len(docs))
	for i := range docs {
		values[i] = docs[i].dense[f]
	}
	slices.Sort(values)
	for k := 1; k < bins; k++ {
		v := values[k*(len(values)-1)/bins]
		if n := len(b.cuts[f]); (n == 0 || v > b.cuts[f][n-1]) && v < values[len(values)-1] {
			b.cuts[f] = append(b.cuts[f], v)
		}
	}
	for i := range docs {
		n, _ := slices.BinarySearchFunc(b.cuts[f], docs[i].dense[f], func(cut, v float32) int {
			if v > cut {
				return -1
			}
			return 1
		})
		b.bin[i][f] = uint8(n)
	}
}

func (b *booster) tree() model.Tree {
	rows := make([]int32, 0, len(b.labels))
	for i := range b.labels {
		p := sigmoid(b.margin[i])
		b.g[i], b.h[i] = p-float64(count(b.labels[i])), p*(1-p)
		if b.rnd.IntN(2) == 0 {
			rows = append(rows, int32(i)) //nolint:gosec // thousands
		}
	}
	var t model.Tree
	var at [1<<model.Depth - 1]uint8 // the bin of each cut
	b.grow(&t, &at, 0, rows)
	for i := range b.margin {
		node := 0
		for node < len(at) {
			next := 2*node + 1
			if b.bin[i][t.Feature[node]] > at[node] {
				next++
			}
			node = next
		}
		b.margin[i] += float64(t.Leaf[node-len(at)])
	}
	return t
}

// grow fills the subtree at node. A node that no question improves passes everything to the left.
func (b *booster) grow(t *model.Tree, at *[1<<model.Depth - 1]uint8, node int, rows []int32) {
	if node >= len(at) {
		g, h := 0.0, 1.0
		for _, r := range rows {
			g += b.g[r]
			h += b.h[r]
		}
		t.Leaf[node-len(at)] = float32(-shrinkage * g / h)
		return
	}
	f, k := b.best(rows)
	t.Above[node], at[node] = float32(math.MaxFloat32), bins
	if k >= 0 {
		t.Feature[node], t.Above[node], at[node] = uint8(f), b.cuts[f][k], uint8(k) //nolint:gosec // small
	}
	var left, right []int32
	for _, r := range rows {
		if b.bin[r][t.Feature[node]] > at[node] {
			right = append(right, r)
		} else {
			left = append(left, r)
		}
	}
	b.grow(t, at, 2*node+1, left)
	b.grow(t, at, 2*node+2, right)
}

// best finds the feature and cut that lower the loss most, among a random third of the features; k < 0: none.
func (b *booster) best(rows []int32) (feat, k int) {
	k = -1
	most := 1e-6
	for range (feature.NumDense + 2) / 3 {
		f := b.rnd.IntN(feature.NumDense)
		var g, h [bins + 1]float64
		var n [bins + 1]int
		var gAll, hAll float64
		for _, r := range rows {
			c := b.bin[r][f]
			g[c] += b.g[r]
			h[c] += b.h[r]
			n[c]++
			gAll += b.g[r]
			hAll += b.h[r]
		}
		gl, hl, nl := 0.0, 0.0, 0
		for c := range b.cuts[f] {
			gl, hl, nl = gl+g[c], hl+h[c], nl+n[c]
			if nl < leafMin || len(rows)-nl < leafMin {
				continue
			}
			gr, hr := gAll-gl, hAll-hl
			if gain := gl*gl/(hl+1) + gr*gr/(hr+1) - gAll*gAll/(hAll+1); gain > most {
				most, feat, k = gain, f, c
			}
		}
	}
	return feat, k
}
