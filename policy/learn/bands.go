package learn

// Prompts of different sizes take different times to the first byte. The level of an arm is learned from all of them, and
// beside it, slowly, how far each size is from that level: what slows one size usually slows all.
var bandEnds = [...]int{512, 2048, 8192, 32_768} // input tokens, inclusive

const bandCount = len(bandEnds) + 1

func bandOf(inputTokens int) int {
	for i, end := range bandEnds {
		if inputTokens <= end {
			return i
		}
	}
	return bandCount - 1
}

// bands are offsets to the logarithm of the time to the first byte.
type bands struct {
	Offset, N [bandCount]float64
}

const (
	bandMost  = 200.0
	bandPrior = 5.0 // observations' worth of believing that size does not matter
)

// add takes in how far an observation was from what was expected of its band.
func (b *bands) add(band int, residual float64) {
	b.N[band] = min(b.N[band]+1, bandMost)
	b.Offset[band] += residual / (b.N[band] + bandPrior)
}

// of is the offset of a band; of one never seen, that of the nearest that was.
func (b *bands) of(band int) float64 {
	for d := range bandCount {
		for _, i := range [...]int{band - d, band + d} {
			if i >= 0 && i < bandCount && b.N[i] > 0 {
				return b.Offset[i]
			}
		}
	}
	return 0
}
