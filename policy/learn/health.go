package learn

import "math"

// health follows failures and rate limits of an arm. Times are in seconds.
type health struct {
	Fails, Limits, All float64 // faded counts of attempts that failed, that were rate-limited, and all
	At                 float64
	Strikes            int     // failures and rate limits in a row
	Took               float64 // seconds that a failure takes, roughly

	Down  bool
	Until float64 // until then nothing is sent; after it, a Share of requests
	Share float64
	Wait  float64 // the next pause
	Last  float64 // the last failure
}

const (
	healthMemory = 30.0 // seconds after which a result counts for 1/e
	strikesOut   = 3
	firstWait    = 1.0
	longestWait  = 15.0
	firstShare   = 0.02
	leastShare   = 0.004
	upShare      = 0.3    // once a share above this has answered, the arm is up
	forgiven     = 600.0  // seconds after the last failure after which an arm is given a new start
	longestAsked = 3600.0 // of a provider's retry-after
)

func (h *health) fade(now float64) {
	k := math.Exp(-math.Max(0, now-h.At) / healthMemory)
	h.Fails, h.Limits, h.All, h.At = h.Fails*k, h.Limits*k, h.All*k, now
}

// answered notes a success. One of a probe lets more probes follow, and soon all requests.
func (h *health) answered(now float64) {
	h.fade(now)
	h.All++
	h.Strikes = 0
	if !h.Down || now < h.Until {
		return
	}
	h.Share *= 4
	if h.Share > upShare {
		h.Down, h.Wait = false, 0
		h.Fails, h.Limits = 0, 0
	}
}

// failed notes a failure, or a rate limit, after took seconds. asked is the provider's retry-after.
func (h *health) failed(now, took, asked float64, limit bool) {
	h.fade(now)
	h.All++
	h.Last = now
	h.Strikes++
	if limit {
		h.Limits++
	} else {
		h.Fails++
	}
	if h.Took == 0 {
		h.Took = took
	}
	h.Took += 0.3 * (took - h.Took)
	asked = math.Min(asked, longestAsked)
	bad := h.Fails + h.Limits
	switch {
	case h.Down && now >= h.Until: // a probe
		h.Share = math.Max(h.Share/4, leastShare)
		h.pause(now, asked)
	case h.Down:
		h.Until = math.Max(h.Until, now+asked)
	case asked > 0 || h.Strikes >= strikesOut || bad >= 4 && bad > h.All/2:
		h.Down, h.Share, h.Wait = true, firstShare, firstWait
		h.pause(now, asked)
	}
}

func (h *health) pause(now, asked float64) {
	h.Until = now + math.Max(h.Wait, asked)
	h.Wait = math.Min(2*math.Max(h.Wait, firstWait), longestWait)
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
