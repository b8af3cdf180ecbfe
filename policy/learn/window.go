package learn

import "math"

// window bounds what one process has under way at an arm whose answers slow down as it is given more, as those of a
// provider with limited capacity do. It works as TCP Vegas does (Brakmo and Peterson, 1995): what is above the usual time
// to the first byte is taken for waiting in line, which the process causes itself, so it sends less until the line is
// gone, and then slowly more. A bound on what is under way acts at once, where a measured latency acts seconds late; that
// is what keeps several processes, which know nothing of each other, from swinging between providers.
//
// A provider that just became slower stays slow when less is sent. Then what it does now is the new usual.
type window struct {
	Limit float64 // attempts under way; 0: no bound
	Usual float64 // logarithm of the time to the first byte without waiting
	Seen  float64 // when; seconds; 0: never
	Known bool    // Usual is; until then it is what is seen
	Next  float64 // when Limit may change again: not before what it did can be seen
	Line  float64 // what was under way when a line was last seen; 0: none was
	Cuts  int     // in a row
}

const (
	unsure  = 0.13 // standard error above which the usual is not known yet
	waiting = 0.25 // above the usual, in natural log, plus twice the standard error: there is a line
	broken  = 1.4  // above the usual: another provider than it was

	cutMost    = 0.6 // of the limit stays
	least      = 1.0
	cutPause   = 3.0 // seconds until a cut can have been felt
	cutsInVain = 3

	growPause = 3.0
	growSlow  = 0.05 // of the limit
	growFast  = 0.5  // of the limit, far below what last made a line
	nearLine  = 0.7  // of what last made a line

	usualRise   = 25.0 // seconds in which the usual follows
	usualFall   = 5.0
	usualInLine = 200.0
)

// see takes in the level of the time to the first byte, a logarithm with its standard error, at busy attempts under way.
func (w *window) see(level, spread, busy, at float64) {
	w.Known = w.Known || spread <= unsure
	if w.Seen == 0 || !w.Known {
		w.Usual, w.Seen = level, at
		return
	}
	pause := at - w.Seen
	w.Seen = at
	above := level - w.Usual
	follow := func(time float64) { w.Usual += (1 - math.Exp(-pause/time)) * above }
	switch {
	case above > broken:
		w.shrink(level, above, busy, at)
		w.anew(level)
	case above > waiting+2*spread:
		follow(usualInLine)
		w.shrink(level, above, busy, at)
	case above < 0:
		follow(usualFall)
		w.grow(busy, at)
	default:
		follow(usualRise)
		w.grow(busy, at)
	}
}

func (w *window) shrink(level, above, busy, at float64) {
	if at < w.Next || busy < 1 {
		return
	}
	if w.Cuts++; w.Cuts > cutsInVain {
		w.anew(level)
		return
	}
	if w.Limit == 0 || w.Limit > busy {
		w.Limit = busy
	}
	w.Limit = math.Max(least, w.Limit*math.Max(cutMost, math.Exp(-above/2)))
	w.Line = math.Max(w.Limit, busy)
	w.Next = at + cutPause
}

func (w *window) grow(busy, at float64) {
	if w.Limit == 0 || at < w.Next {
		return
	}
	w.Cuts = 0
	if busy+1 > w.Limit {
		step := growSlow
		if w.Limit < nearLine*w.Line || w.Line == 0 {
			step = growFast
		}
		w.Limit += step * w.Limit
		w.Next = at + growPause
	}
}

// anew takes what is for what will be.
func (w *window) anew(level float64) {
	w.Usual, w.Cuts, w.Line = level, 0, 0
}

// level is the logarithm to expect: within its window, an arm has no long line.
func (w *window) level(measured, spread float64) float64 {
	if w.Limit == 0 {
		return measured
	}
	return math.Min(measured, w.Usual+waiting+spread)
}
