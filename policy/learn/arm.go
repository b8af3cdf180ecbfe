package learn

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Arm is what is known of one model at one provider. Methods are safe for concurrent use; those that read take no lock.
type Arm struct {
	state *State

	mu    sync.Mutex // of own and peers
	own   evidence
	peers evidence // of the other replicas
	seen  atomic.Pointer[evidence]

	busy    atomic.Int64 // begun here and not ended
	claimed atomic.Int64 // until when a probe is under way; Unix nanoseconds
}

// evidence is all that is learned of an arm. Once published it does not change.
type evidence struct {
	digest // of all below, when published

	health
	First track // seconds to the first byte
	Token track // seconds a token of the answer, after the first byte
	Bands bands
	window
}

// digest is what most reads need, computed once an observation and close together in memory: there may be a thousand arms.
// Times are in seconds.
type digest struct {
	mean     [bandCount]float64 // time to the first byte
	seenAt   float64            // First.At
	count    float64            // First.N; 0: the times are not known
	variance float64            // First.Var
	token    float64            // 0: not known
	limit    float64            // window.Limit
	failing  bool               // health.chance may be above 0
}

// Question is what reads of several arms have in common: the moment, and the size of the request.
type Question struct {
	at   float64
	band int
}

// Ask makes the Question of a request at now.
func Ask(now time.Time, inputTokens int) Question { return Question{seconds(now), bandOf(inputTokens)} }

// Outlook is what an arm is expected to do with a request. Times are in seconds.
type Outlook struct {
	Measured  bool // else the times are not known
	FirstByte float64
	Variance  float64 // of one FirstByte's logarithm
	Spread    float64 // standard error of FirstByte's logarithm, larger the longer ago the last observation is
	Rest      float64 // from the first byte to the last
	Idle      float64 // since the last observation of a first byte

	FailChance float64 // 0 to 1
	FailTook   float64 // how long a failure takes

	Busy  int     // attempts that this process began and that have not ended; 0 also where that is not known
	Limit float64 // of Busy, beyond which the arm is likely to make them wait; 0: none is known
}

// Seconds is the expected time to the last byte of an answer, failures left aside.
func (o *Outlook) Seconds() float64 { return o.FirstByte + o.Rest }

// FirstByteAt is the time to the first byte that the share of requests given by its standard normal quantile stays under: 0 for
// half, 1.645 for 95 %. Times are taken to be log-normal, so that [Outlook.FirstByte], their mean, is exp(Mean + Variance/2).
func (o *Outlook) FirstByteAt(quantile float64) float64 {
	return o.FirstByte * math.Exp(quantile*math.Sqrt(o.Variance)-o.Variance/2)
}

// Outlook tells what to expect of a request with that many tokens of output.
func (a *Arm) Outlook(q Question, outputTokens int) Outlook {
	out := Outlook{Busy: a.Busy()}
	e := a.seen.Load()
	if e == nil {
		return out
	}
	if e.failing {
		out.FailChance, out.FailTook = e.chance(q.at), e.Took
	}
	d := &e.digest
	if d.count == 0 {
		return out
	}
	out.Measured = true
	out.Idle = max(0, q.at-d.seenAt)
	out.Spread = d.spread(out.Idle)
	out.FirstByte = d.mean[q.band]
	out.Variance = d.variance
	out.Rest = d.token * float64(outputTokens)
	if d.limit != 0 && !a.state.blind.Load() {
		out.Limit = d.limit
	}
	return out
}

// spread is what track.spread says, pause seconds after the last observation.
func (d *digest) spread(pause float64) float64 {
	const leastWorth = 0.1 // observations, as there
	return math.Sqrt(min(d.variance/d.count*growth(pause/memory)+wanderRate*pause, d.variance/leastWorth))
}

// growth is e to x, for x of 0 or more; up to 1/2, which is usual, it is found without math.Exp, to a thousandth.
func growth(x float64) float64 {
	if x > 0.5 {
		return math.Exp(x)
	}
	return 1 + x*(1+x/2*(1+x/3*(1+x/4)))
}

// Busy is how many attempts this process began that have not ended; 0 where that is not known.
func (a *Arm) Busy() int {
	if a.state.blind.Load() {
		return 0
	}
	return int(max(0, a.busy.Load()))
}

// Begin counts an attempt that this process starts. It ends with End, or with an Observation that is Done and Began.
func (a *Arm) Begin() { a.busy.Add(1) }

// End takes back a Begin.
func (a *Arm) End() { a.busy.Add(-1) }

func (a *Arm) observe(o *Observation, at float64) {
	if o.Done && o.Began {
		a.busy.Add(-1)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.own.health
	a.own.observe(o, at)
	if a.own.Down != was.Down || a.own.Until != was.Until {
		a.claimed.Store(0) // the probe under way has been heard of
	}
	if t := &a.own.First; t.N > 0 && t.At == at {
		a.own.see(t.Mean, t.spread(at), float64(a.Busy()), at)
	}
	a.publish(at)
}

// publish makes what is known visible. The caller holds mu.
func (a *Arm) publish(at float64) {
	e := a.own
	e.First = join(a.own.First, a.peers.First, at)
	e.Token = join(a.own.Token, a.peers.Token, at)
	if a.own.First.N == 0 {
		e.Bands = a.peers.Bands
	}
	level := e.level(e.First.Mean, e.First.spread(at)) + e.First.Var/2
	e.digest = digest{
		seenAt: e.First.At, count: e.First.N, variance: e.First.Var, limit: e.Limit,
		failing: e.Fails+e.Limits != 0 || e.Strikes != 0,
	}
	for band := range e.mean {
		e.mean[band] = math.Exp(level + e.Bands.of(band))
	}
	if e.Token.N > 0 {
		e.token = e.Token.value(0)
	}
	before := a.seen.Swap(&e)
	a.state.count(before != nil && before.troubled(), e.troubled())
}

func (e *evidence) observe(o *Observation, at float64) {
	switch {
	case o.Outcome == Refused:
		return // an error comes sooner than an answer would
	case o.Known:
		e.told(at, o.RetryAfter.Seconds())
		return
	case o.Outcome == Failed || o.Outcome == RateLimited:
		e.failed(at, o.Elapsed.Seconds(), o.RetryAfter.Seconds(), o.Outcome == RateLimited)
		return
	}
	band := bandOf(o.InputTokens)
	switch offset := e.Bands.of(band); {
	case o.FirstByte == 0 && o.Outcome != Answered && o.Elapsed > 0 && o.Stream: // else it may be a long answer
		e.First.atLeast(math.Log(o.Elapsed.Seconds())-offset, at)
	case o.FirstByte > 0 && o.FirstByte > o.Told:
		e.firstByte(o, band, at)
	}
	if o.FirstByte > o.Told || o.Outcome == Answered && o.FirstByte == 0 {
		e.answered(at, o.Elapsed.Seconds()) // once an attempt: as soon as its answer begins
	}
	if o.Done && o.Stream && o.OutputTokens >= leastTokens && o.Elapsed > o.FirstByte && o.FirstByte > 0 {
		e.Token.add(math.Log((o.Elapsed-o.FirstByte).Seconds()/float64(o.OutputTokens)), at, 1)
	}
}

// leastTokens is the shortest answer that tells of speed.
const leastTokens = 16

func (e *evidence) firstByte(o *Observation, band int, at float64) {
	first := o.FirstByte.Seconds()
	if !o.Stream { // the first byte comes with the last
		if e.Token.N == 0 || o.OutputTokens == 0 {
			return
		}
		first = math.Max(first/10, first-e.Token.value(0)*float64(o.OutputTokens))
	}
	if first <= 0 {
		return
	}
	x := math.Log(first)
	known := e.First.N > 0
	offset := e.Bands.of(band)
	if known {
		e.Bands.add(band, clamp(x-offset-e.First.Mean, -1, 1))
	}
	if !known {
		e.Bands.N[band] = 1
	}
	e.First.add(x-offset, at, 1)
}

func seconds(t time.Time) float64 { return float64(t.UnixNano()) / float64(time.Second) }
