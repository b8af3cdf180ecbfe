package learn

import (
	"math"
	"time"
)

// health follows failures and rate limits of an arm. Times are in seconds.
//
//	up ──failures──▶ down: nothing is sent until Until, then one probe at a time
//	 ▲                │ a probe fails: twice the pause
//	 └──rampTime──────┴ a probe answers: a rising share of requests
type health struct {
	Fails, Limits, All float64 // faded counts of attempts that failed, that were rate-limited, and all
	At                 float64
	Strikes            int     // failures and rate limits in a row
	Took               float64 // seconds that a failure takes, roughly

	Down  bool
	Until float64 // until then nothing is sent; after it, one probe at a time
	Asked float64 // the provider's own word on Until; 0: it gave none
	Wait  float64 // the next pause
	Last  float64 // the last failure
	Began float64 // the latest start of an attempt that failed
	Back  float64 // when a probe answered last; 0: none did
}

const (
	healthMemory = 30.0 // seconds after which a result counts for 1/e
	strikesOut   = 3
	firstWait    = 1.0
	longestWait  = 15.0
	forgiven     = 600.0  // seconds after the last failure after which an arm is given a new start
	longestAsked = 3600.0 // of a provider's retry-after

	rampTime    = 3.0  // seconds from a probe's answer until an arm gets all requests again
	firstShare  = 0.1  // of requests, at the start of the ramp, so that not all replicas come back at full strength at once
	relapseTime = 30.0 // seconds after Back in which going down again is the same trouble, with longer pauses
	lateness    = 0.6  // seconds that it takes at most until an attempt's end is known here

	shortestClaim = 5.0 // seconds in which a probe should have answered
	longestClaim  = 60.0
)

// Standing is what health makes of an arm.
type Standing uint8

// The standings.
const (
	Up      Standing = iota
	Ramping          // came back just now: for a share of requests only
	Resting          // down: nothing is to be sent
	Due              // down, and a probe would tell whether it still is; see [Arm.Claim]
)

// Standing tells how the arm stands at now, and for Ramping the share of requests, 0 to 1, that it may get.
func (a *Arm) Standing(now time.Time) (Standing, float64) {
	e := a.seen.Load()
	if e == nil || !e.troubled() {
		return Up, 1
	}
	s, share := e.standing(seconds(now))
	if s == Due && a.claimed.Load() > now.UnixNano() {
		return Resting, 0
	}
	return s, share
}

// Claim takes the one probe that a Due arm is given, and reports whether it was to be had: of several decisions at the same moment
// one gets it. A probe that nobody hears of again blocks the next for some seconds only.
func (a *Arm) Claim(now time.Time) bool {
	until := a.claimed.Load()
	if until > now.UnixNano() {
		return false
	}
	claim := shortestClaim
	if e := a.seen.Load(); e != nil {
		claim = clamp(2*e.Took, shortestClaim, longestClaim)
	}
	return a.claimed.CompareAndSwap(until, now.UnixNano()+int64(claim*float64(time.Second)))
}

// troubled reports whether standing could be other than Up; it may be wrong in one direction only.
func (h *health) troubled() bool { return h.Down || h.Back != 0 }

func (h *health) standing(now float64) (Standing, float64) {
	switch {
	case h.Down && now < h.Until:
		return Resting, 0
	case h.Down && now <= h.Last+forgiven:
		return Due, 0
	case !h.Down && h.Back != 0 && now < h.Back+rampTime:
		return Ramping, firstShare + (1-firstShare)*math.Max(0, now-h.Back)/rampTime
	}
	return Up, 1
}

func (h *health) fade(now float64) {
	k := math.Exp(-math.Max(0, now-h.At) / healthMemory)
	h.Fails, h.Limits, h.All, h.At = h.Fails*k, h.Limits*k, h.All*k, now
}

// answered notes a success of an attempt that began age seconds ago. If it began after all that failed, it shows that the
// arm is back, be it a probe or not. A retry-after is the provider's own word and stands all the same.
func (h *health) answered(now, age float64) {
	h.fade(now)
	h.All++
	h.Strikes = 0
	if !h.Down {
		if h.Back != 0 && now > h.Back+relapseTime {
			h.Back, h.Wait = 0, 0
		}
		return
	}
	if now < h.Asked || now-age < h.Began+lateness {
		return
	}
	h.Down, h.Back, h.Asked = false, now, 0
	h.Fails, h.Limits = 0, 0
}

// failed notes a failure, or a rate limit, after took seconds. asked is the provider's retry-after.
func (h *health) failed(now, took, asked float64, limit bool) {
	h.fade(now)
	if h.Took == 0 {
		h.Took = took
	}
	h.Took += 0.3 * (took - h.Took)
	if !h.Down && h.Back != 0 && now-took < h.Back-lateness {
		return // it began before the arm came back, and tells of then
	}
	h.All++
	h.Last, h.Began = now, math.Max(h.Began, now-took)
	h.Strikes++
	if limit {
		h.Limits++
	} else {
		h.Fails++
	}
	asked = math.Min(asked, longestAsked)
	bad := h.Fails + h.Limits
	switch {
	case h.Down && now-took >= h.Until-lateness: // a probe
		h.pause(now, asked)
	case h.Down:
		h.ask(now, asked)
	case h.Back != 0 && now < h.Back+rampTime:
		h.Down = true
		h.pause(now, asked)
	case asked > 0 || h.Strikes >= strikesOut || bad >= 4 && bad > h.All/2:
		if h.Back == 0 || now > h.Back+relapseTime {
			h.Wait = firstWait
		}
		h.Down = true
		h.pause(now, asked)
	}
}

// told takes in that the provider asks to be left alone, of a failure that has been counted.
func (h *health) told(now, asked float64) {
	asked = math.Min(asked, longestAsked)
	if asked > 0 && !h.Down {
		h.Down, h.Wait = true, math.Max(h.Wait, firstWait)
	}
	h.ask(now, asked)
}

func (h *health) pause(now, asked float64) {
	h.Until = now + math.Max(h.Wait, firstWait)
	h.ask(now, asked)
	h.Wait = math.Min(2*math.Max(h.Wait, firstWait), longestWait)
}

func (h *health) ask(now, asked float64) {
	if asked > 0 {
		h.Asked = math.Max(h.Asked, now+asked)
		h.Until = math.Max(h.Until, h.Asked)
	}
}

// chance is the probability that the next attempt fails.
func (h *health) chance(now float64) float64 {
	if h.Fails+h.Limits == 0 && h.Strikes == 0 {
		return 0 // the usual case, and reads are many
	}
	k := math.Exp(-math.Max(0, now-h.At) / healthMemory)
	rate := (h.Fails + h.Limits) * k / (h.All*k + 1)
	return clamp(math.Max(rate, k*0.3*float64(min(h.Strikes, strikesOut))), 0, 0.95)
}
