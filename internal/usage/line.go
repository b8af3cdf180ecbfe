package usage

// line is the straight line that fits what was seen best, y = frame + slope · x, kept as sums. Of an answer, x is its
// tokens and y its bytes.
type line struct {
	answers, x, y float64
	xx, xy        float64
}

// Two points stand for what is taken to begin with: a short answer and a long one.
const (
	shortX, longX = 10, 200
	leastSlope    = 0.25
	mostSlope     = 5000
)

// and is the line with one more point, of some weight.
func (l line) and(x, y, weight float64) line {
	l.answers += weight
	l.x += weight * x
	l.y += weight * y
	l.xx += weight * x * x
	l.xy += weight * x * y
	return l
}

// with is the line with what is taken to begin with.
func (l line) with(frame, slope, weight float64) line {
	for _, x := range [...]float64{shortX, longX} {
		l = l.and(x, frame+slope*x, weight/2)
	}
	return l
}

// times is the line with points that count less.
func (l line) times(weight float64) line {
	return line{l.answers * weight, l.x * weight, l.y * weight, l.xx * weight, l.xy * weight}
}

// slope is within reason. It needs two points that differ in x, which with adds.
func (l line) slope() float64 {
	return min(max((l.answers*l.xy-l.x*l.y)/(l.answers*l.xx-l.x*l.x), leastSlope), mostSlope)
}

// frame is y at 0.
func (l line) frame() float64 { return (l.y - l.slope()*l.x) / l.answers }
