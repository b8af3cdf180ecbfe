package replay

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/llmroute/llmroute/extproc"
)

// Calibration finds the complexity above which a given share of a route's requests lies.
type Calibration struct {
	Snapshot *extproc.Snapshot
	Route    string
	Around   extproc.Question // what a plain body lacks
	Seed     uint64

	requests     uint64
	complexities []float64
}

// Add takes in a line. The error is a fault of the line, which then does not count.
func (c *Calibration) Add(text []byte) error {
	r, err := parse(text)
	if err != nil {
		return err
	}
	if r.line != nil && r.line.Usage != nil {
		return nil
	}
	f, d, err := decide(c.Snapshot, r, c.Around, rand.New(rand.NewPCG(c.Seed, c.requests)))
	if err != nil {
		return err
	}
	c.requests++
	if d.Refused == nil && d.Route == c.Route {
		c.complexities = append(c.complexities, f.Complexity())
	}
	return nil
}

// Threshold is a value for strong_above.
type Threshold struct {
	Route       string  `json:"route"`
	StrongAbove float64 `json:"strong_above"`
	Share       float64 `json:"share"`    // of the requests that are at it or above, 0 to 1
	Requests    int     `json:"requests"` // of the route
}

// Threshold sends share, 0 to 1, of the route's requests to the strong model, as nearly as their complexities allow:
// those that are equal go together. !ok: the route had no requests.
func (c *Calibration) Threshold(share float64) (t Threshold, ok bool) {
	n := len(c.complexities)
	if n == 0 {
		return Threshold{Route: c.Route}, false
	}
	slices.Sort(c.complexities)
	weak := n - int(math.Round(share*float64(n)))
	above := 1.0
	switch {
	case weak == 0:
		above = 0
	case weak < n:
		above = between(c.complexities[weak-1], c.complexities[weak])
	case c.complexities[n-1] < 1:
		above = between(c.complexities[n-1], 1)
	}
	first, _ := slices.BinarySearch(c.complexities, above)
	return Threshold{Route: c.Route, StrongAbove: above, Share: float64(n-first) / float64(n), Requests: n}, true
}

// between is a number above low and at most high, with as few digits as that takes.
func between(low, high float64) float64 {
	for digits := 2; digits < 17; digits++ {
		rounded, err := strconv.ParseFloat(strconv.FormatFloat(low+(high-low)/2, 'f', digits, 64), 64)
		if err == nil && rounded > low && rounded <= high {
			return rounded
		}
	}
	return high
}
