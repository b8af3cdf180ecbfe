package model

// Depth is how many questions a tree asks.
const Depth = 3

// Tree is a full binary tree: node i has the children 2i+1 and 2i+2.
type Tree struct {
	Feature [1<<Depth - 1]uint8
	Above   [1<<Depth - 1]float32 // go right if the feature is above
	Leaf    [1 << Depth]float32
}

// Forest adds up its trees.
type Forest struct {
	Bias  float32
	Trees []Tree
}

// Score is the sum over the trees; x has every feature that they ask for.
func (f *Forest) Score(x []float32) float32 {
	sum := f.Bias
	for i := range f.Trees {
		t := &f.Trees[i]
		node := 0
		for range Depth {
			next := 2*node + 1
			if x[t.Feature[node]] > t.Above[node] {
				next++
			}
			node = next
		}
		sum += t.Leaf[node-(1<<Depth-1)]
	}
	return sum
}

// Affine brings a margin to mean 0 and deviation 1 as the training texts had them.
type Affine struct{ Mean, Deviation float32 }

// Of is x so many deviations from the mean, at most 3 to either side.
func (a Affine) Of(x float32) float32 {
	if a.Deviation == 0 {
		return 0
	}
	return max(-3, min(3, (x-a.Mean)/a.Deviation))
}
