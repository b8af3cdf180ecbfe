package usage

import (
	"time"

	"github.com/shopspring/decimal"
)

// Record is one request that has ended, whatever became of it.
type Record struct {
	ID          string // by llmroute, unique: the same request has the same, however often Envoy reports it
	RequestID   string // x-request-id
	TraceParent string // the client's, of W3C Trace Context; empty: it sent none

	Started   time.Time
	Elapsed   time.Duration
	FirstByte time.Duration // of the answer, since Started; 0: there was none

	Op, Route, Strategy string
	Team, User, Client  string
	Model, Provider     string // that answered, or was tried last
	Stream              bool

	Status   int    // 0: the client left before there was one
	Code     string // llmroute's refusal; empty: none
	Attempts int
	Failed   []Attempt // what was tried before, in order

	Tokens Tokens
	Source Source // of Tokens

	CostUSD      decimal.Decimal
	Priced       bool   // false: the price was not known
	PriceVersion string // which prices CostUSD was made with
}

// Attempt is a try at a model that failed and used no tokens.
type Attempt struct{ Provider, Model string }

// Tokens counts what a request used. Input has Cached and CacheWrite in it, and Output has Reasoning.
type Tokens struct {
	Input, Cached, CacheWrite, Output, Reasoning int64
}

// Total is what budgets in tokens count.
func (t Tokens) Total() int64 { return t.Input + t.Output }

// Source tells how well Tokens are known.
type Source string

// The sources.
const (
	SourceNone     Source = ""         // nothing was used: no provider answered
	SourceReported Source = "reported" // by the provider
	SourceEstimate Source = "estimate" // from sizes: the client left, or the provider did not say
)

// Answered reports whether a provider began an answer.
func (r *Record) Answered() bool { return r.FirstByte > 0 }
