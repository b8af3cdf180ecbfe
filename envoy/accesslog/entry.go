package accesslog

import (
	"strings"
	"time"
)

// Kind tells entries apart by what they are about.
type Kind byte

// The kinds.
const (
	KindRequest Kind = iota
	KindAttempt      // of the router's upstream log
	KindDoor         // an attempt through an adapting door, as that door saw it: ID, Provider, Model, Try, Usage and the sizes
)

// kinds gives each log its kind of entry.
var kinds = map[string]Kind{LogRequests: KindRequest, LogAttempts: KindAttempt, LogDoors: KindDoor}

// Entry is what Envoy tells of one request, or of one attempt.
type Entry struct {
	Kind    Kind
	Attempt bool // Kind is KindAttempt
	// UnderWay: the attempt has not ended. Only attempts' entries tell so, one each second.
	UnderWay bool

	ID                 string // of the request, by llmroute: unique
	RequestID          string // x-request-id
	StreamID           string // of this request in its Envoy, unique
	TraceParent        string // the client's; empty: it sent none
	Team, User, Client string // as route saw them
	Strategy           string

	Op, Route string
	Model     string // that answered, or was tried last; empty in attempts' own entries, which lack the metadata
	Provider  string
	Failed    []Target // what was tried before, in order
	Adapted   bool     // the last attempt went through an adapting door, which has an entry of its own
	Try       int      // a door's: which attempt, from 1
	Stream    bool
	Code      string // llmroute's refusal; empty: none

	Status     int // 0: the client left before there was one
	Attempts   int // of the request so far
	ClientLeft bool
	Broken     bool          // a provider was not reached, did not answer in time, or broke off
	RetryAfter time.Duration // as the provider asked; 0: it did not

	Started             time.Time
	Elapsed             time.Duration // since Started
	FirstByte, LastByte time.Duration // of the answer, since Started; 0: there was none

	RequestBytes, ResponseBytes uint64 // of the bodies

	InputTokens int64  // as route estimated them
	Usage       *Usage // nil: none was found. A request's is what Envoy read of the client's answer, a door's is the provider's own
}

// Target is one entry of a plan.
type Target struct{ Provider, Model string }

// Usage counts tokens. Input has Cached and CacheWrite in it, and Output has Reasoning.
type Usage struct {
	Input, Cached, CacheWrite, Output, Reasoning int64
	// Partial: the answer did not come to its end, or some of its usage could not be read. Output then is too low.
	Partial bool
}

// tried is the model that the last attempt went to, and what came before. plan holds "provider/model" for each entry.
func tried(plan, provider string, attempts int) (model string, failed []Target) {
	entries := strings.Fields(plan)
	if attempts < 1 || len(entries) == 0 {
		return "", nil
	}
	last := min(attempts, len(entries)) - 1 // Envoy repeats the last should attempts outnumber the plan
	for _, entry := range entries[:last] {
		p, m, _ := strings.Cut(entry, "/")
		failed = append(failed, Target{p, m})
	}
	model, ok := strings.CutPrefix(entries[last], provider+"/")
	if !ok { // no provider was reached
		_, model, _ = strings.Cut(entries[last], "/")
	}
	return model, failed
}
