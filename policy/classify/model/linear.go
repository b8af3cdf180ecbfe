package model

import "math"

// Rarity is the inverse document frequency of each bucket of a hashed space, as the training texts had it, in
// sixteenths; 0 is for a bucket that they lacked.
type Rarity []uint8

// raritySteps is how many steps make 1.
const raritySteps = 16

// NewRarity computes it from the number of documents that have each bucket: 1 + ln((1+n)/(1+df)).
func NewRarity(df []int, n int) Rarity {
	r := make(Rarity, len(df))
	for b, d := range df {
		if d > 0 {
			r[b] = uint8(math.Min(255, math.Round(raritySteps*(1+math.Log(float64(1+n)/float64(1+d))))))
		}
	}
	return r
}

// Of is the rarity of a bucket.
func (r Rarity) Of(b uint32) float32 { return float32(r[b]) / raritySteps }

// Norm is the length of the vector of these buckets, which scores are divided by; never 0.
func (r Rarity) Norm(buckets []uint32) float32 {
	sum := 0
	for _, b := range buckets {
		sum += int(r[b]) * int(r[b])
	}
	if sum == 0 {
		return 1
	}
	return float32(math.Sqrt(float64(sum))) / raritySteps
}

// Linear are weights over the buckets of one hashed space.
type Linear struct {
	Bias, Scale float32 // weight = Scale × W
	W           []int8
}

// Quantize rounds weights to 8 bits.
func Quantize(w []float64, bias float64) Linear {
	most := 0.0
	for _, x := range w {
		most = math.Max(most, math.Abs(x))
	}
	l := Linear{Bias: float32(bias), W: make([]int8, len(w))}
	if most == 0 {
		return l
	}
	l.Scale = float32(most / 127)
	for i, x := range w {
		l.W[i] = int8(math.Round(x / most * 127))
	}
	return l
}

// Score is the margin of a prompt with these buckets; norm is r.Norm of them.
func (l *Linear) Score(r Rarity, buckets []uint32, norm float32) float32 {
	sum := int32(0)
	for _, b := range buckets {
		sum += int32(l.W[b]) * int32(r[b])
	}
	return l.Bias + l.Scale*float32(sum)/raritySteps/norm
}
