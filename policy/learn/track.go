package learn

import "math"

// track follows the logarithm of a positive quantity, such as seconds, that is noisy, drifts and jumps.
//
//	outliers  count as at most `reach` standard deviations
//	drift     old observations fade, by their number and by time
//	jumps     a run of observations on one side (CUSUM, Page 1954) lets go of what was before
//
// A logarithm, since times to the first byte spread by factors: their mean is exp(Mean + Var/2).
type track struct {
	Mean, Var float64
	N         float64 // how many observations it is worth; 0: none
	At        float64 // seconds, when N was so

	up, down float64 // sums of the CUSUM, in standard deviations
	recent   float64 // of the last few
}

const (
	most       = 160.0 // observations that a track is worth at most
	memory     = 90.0  // seconds after which an observation counts for 1/e
	reach      = 3.0   // standard deviations
	slack      = 0.7   // standard deviations that do not count as a run
	longAgo    = 5.0   // seconds without an observation after which one that is far off counts as a jump
	alarm      = 6.5   // the sum of a run that counts as a jump
	firstVar   = 0.16  // of one observation, when nothing is known: factors of 1.5
	leastVar   = 0.04  // factors of 1.2
	mostVar    = 1.0   // factors of 2.7
	varGain    = 0.03
	wanderRate = 0.0003 // variance that an unobserved quantity gains a second: a factor of 1.17 in a minute
)

// worth is N as it has faded at now: as memory does, and as the quantity may have wandered since.
func (t *track) worth(now float64) float64 {
	pause := math.Max(0, now-t.At)
	if pause == 0 || t.N == 0 {
		return t.N
	}
	return t.Var / (t.Var/(t.N*math.Exp(-pause/memory)) + wanderRate*pause)
}

// add takes an observation in; weight is 1 for a whole one.
func (t *track) add(x, now, weight float64) {
	if t.N == 0 {
		*t = track{Mean: x, Var: firstVar, N: weight, At: now, recent: x}
		return
	}
	s := math.Sqrt(t.Var)
	z := (x - t.Mean) / s
	if math.Abs(z) > reach && now-t.At > longAgo {
		t.recent = t.Mean + (x-t.Mean)/2
		t.At = now
		t.jump(x)
		return
	}
	z = math.Max(-reach, math.Min(reach, z))
	t.recent += 0.5 * (t.Mean + z*s - t.recent)
	t.up = math.Max(0, t.up+weight*(z-slack))
	t.down = math.Max(0, t.down-weight*(z+slack))
	t.N = math.Min(t.worth(now), most) + weight
	t.At = now
	if t.up > alarm || t.down > alarm {
		t.jump(x)
		return
	}
	gain := weight / t.N
	t.Mean += gain * z * s
	gain = math.Min(gain, varGain)
	t.Var = clamp(t.Var+gain*((z*s)*(z*s)-t.Var), leastVar, mostVar)
}

// jump moves the mean at once, to what the last few and x say, and forgets how sure it was.
func (t *track) jump(x float64) {
	t.Mean = (t.recent + x) / 2
	t.recent = t.Mean
	t.N = 2
	t.up, t.down = 0, 0
}

// atLeast takes in that an observation will be above x. It says nothing unless x is already unusual.
func (t *track) atLeast(x, now float64) {
	if t.N == 0 || x <= t.Mean+math.Sqrt(t.Var) {
		return
	}
	t.add(x, now, 1)
}

// spread is the standard error of Mean at now.
func (t *track) spread(now float64) float64 {
	return math.Sqrt(t.Var / math.Max(t.worth(now), 0.1))
}

// value is the expected quantity itself.
func (t *track) value(offset float64) float64 { return math.Exp(t.Mean + offset + t.Var/2) }

// join is what two independent tracks say together at now.
func join(a, b track, now float64) track {
	na, nb := a.worth(now), b.worth(now)
	switch {
	case nb == 0:
		return a
	case na == 0:
		return b
	}
	n := na + nb
	a.Mean = (a.Mean*na + b.Mean*nb) / n
	a.Var = (a.Var*na + b.Var*nb) / n
	a.N, a.At = math.Min(n, most), now
	return a
}

func clamp(x, low, high float64) float64 { return math.Max(low, math.Min(high, x)) }
