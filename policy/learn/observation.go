package learn

import "time"

// Observation is what one attempt at a provider has shown so far. Each attempt ends with one that is Done. There may
// be others before, while it is under way: they tell of a slow provider long before its answers end.
type Observation struct {
	Provider, Model string
	Route           string // for the length of answers; empty: not told

	Outcome Outcome
	Done    bool
	// Began says that this process counted the attempt by Begin, and it now ends.
	Began bool

	// Elapsed is the attempt's age, and Told how much of it earlier observations of the same attempt covered: a
	// first byte before Told has been counted.
	Elapsed, Told time.Duration
	// FirstByte is from the attempt's start to the first byte of the answer; 0: there was none yet.
	FirstByte time.Duration
	// Stream tells answers that come as they are made from those whose first byte comes when they are complete.
	Stream bool

	// InputTokens may be an estimate; 0: unknown, as OutputTokens, which includes reasoning.
	InputTokens, OutputTokens int

	RetryAfter time.Duration // as the provider asked; 0: it did not
	// Known says that this failure was observed before, and only RetryAfter is news.
	Known bool
}

// Outcome is how an attempt ended.
type Outcome uint8

// The outcomes. Pending is that of an attempt under way.
const (
	Pending     Outcome = iota
	Answered            // with 2xx
	Failed              // no connection, no answer in time, 5xx; and 401, 402, 403: the key is ours, not the client's
	RateLimited         // 429, or 529 and 503 with retry-after
	Refused             // any other 4xx: the request's fault, which says nothing of the provider
	Left                // the client left before the end, which says nothing but how long it waited
)

// OutcomeOf reads an HTTP status; 0 is none.
func OutcomeOf(status int, retryAfter time.Duration, clientLeft bool) Outcome {
	const overloaded = 529 // Anthropic's, "Errors" in its API reference
	switch {
	case clientLeft:
		return Left
	case status == 429 || status == overloaded || status == 503 && retryAfter > 0:
		return RateLimited
	case status >= 200 && status < 400:
		return Answered
	case status >= 401 && status <= 403 || status == 408 || status >= 500 || status < 200:
		return Failed
	}
	return Refused
}
