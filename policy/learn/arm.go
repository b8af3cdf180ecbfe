package learn

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Arm is what is known of one model at one provider. Methods are safe for concurrent use; those that read take no lock.
type Arm struct {
	mu    sync.Mutex // of own and peers
	own   evidence
	peers evidence // of the other replicas
	seen  atomic.Pointer[evidence]

	busy atomic.Int64 // begun here and not ended
}

// evidence is all that is learned of an arm. Once published it does not change.
type evidence struct {
	First track // seconds to the first byte
	Token track // seconds a token of the answer, after the first byte
	Bands bands
	health
	window

	digest digest // of all above, when published
}

// digest is what reads need, computed once an observation. Times are in seconds.
type digest struct {
	first [bandCount]float64 // to the first byte
	token float64            // 0: not known
}

// Outlook is what an arm is expected to do with a request. Times are in seconds.
type Outlook struct {
	Measured  bool // else the times are not known
	FirstByte float64
	Spread    float64 // standard error of FirstByte's logarithm, larger the longer ago the last observation is
	Rest      float64 // from the first byte to the last
	Idle      float64 // since the last observation of a first byte

	FailChance float64 // 0 to 1
	FailTook   float64 // how long a failure takes

	Busy  int     // attempts that this process began and that have not ended
	Limit float64 // of Busy, beyond which the arm is likely to make them wait; 0: none is known
}

// Seconds is the expected time to the last byte of an answer, failures left aside.
func (o *Outlook) Seconds() float64 { return o.FirstByte + o.Rest }

// Outlook tells what to expect at now of a request of that size.
func (a *Arm) Outlook(now time.Time, inputTokens, outputTokens int) Outlook {
	at := seconds(now)
	out := Outlook{Busy: a.Busy()}
	e := a.seen.Load()
	if e == nil {
		return out
	}
	out.FailChance, out.FailTook = e.chance(at), e.Took
	if e.First.N == 0 {
		return out
	}
	out.Measured = true
	out.Spread = e.First.spread(at)
	out.FirstByte = e.digest.first[bandOf(inputTokens)]
	out.Limit = e.Limit
	out.Idle = max(0, at-e.First.At)
	out.Rest = e.digest.token * float64(outputTokens)
	return out
}

// Health tells whether the arm is down at now, and if so, to which share of requests it may still be given to see
// whether it still is.
func (a *Arm) Health(now time.Time) (down bool, probe float64) {
	e := a.seen.Load()
	if e == nil || !e.Down {
		return false, 0
	}
	switch at := seconds(now); {
	case at > e.Last+forgiven && at >= e.Until:
		return false, 0
	case at < e.Until:
		return true, 0
	}
	return true, e.Share
}

// Busy is how many attempts this process began that have not ended.
func (a *Arm) Busy() int { return int(max(0, a.busy.Load())) }

// Begin counts an attempt that this process starts. It ends with an Observation that is Done and Began.
func (a *Arm) Begin() { a.busy.Add(1) }

func (a *Arm) observe(o *Observation, at float64) {
	if o.Done && o.Began {
		a.busy.Add(-1)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.own.observe(o, at)
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
	for band := range e.digest.first {
		e.digest.first[band] = math.Exp(level + e.Bands.of(band))
	}
	if e.Token.N > 0 {
		e.digest.token = e.Token.value(0)
	}
	a.seen.Store(&e)
}

func (e *evidence) observe(o *Observation, at float64) {
	switch {
	case o.Outcome == Refused:
		return // an error comes sooner than an answer would
	case o.Outcome == Failed || o.Outcome == RateLimited:
		e.failed(at, o.Elapsed.Seconds(), o.RetryAfter.Seconds(), o.Outcome == RateLimited)
		return
	}
	band := bandOf(o.InputTokens)
	switch offset := e.Bands.of(band); {
	case o.FirstByte == 0 && o.Outcome != Answered && o.Elapsed > 0:
		e.First.atLeast(math.Log(o.Elapsed.Seconds())-offset, at)
	case o.FirstByte > 0 && o.FirstByte > o.Told:
		e.firstByte(o, band, at)
	}
	if o.FirstByte > o.Told || o.Outcome == Answered && o.FirstByte == 0 {
		e.answered(at) // once an attempt: as soon as its answer begins
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
