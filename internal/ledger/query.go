package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/internal/usage"
)

// Dim is something that usage can be summed by and filtered by.
type Dim string

// The dimensions. They hold for single rows and for daily sums alike.
const (
	Team     Dim = "team"
	User     Dim = "user"
	Client   Dim = "client"
	Route    Dim = "route"
	Model    Dim = "model"
	Provider Dim = "provider"
)

// Dims lists the dimensions.
func Dims() []Dim { return []Dim{Team, User, Client, Route, Model, Provider} }

// Query asks for sums. Requests count at the time when they began.
type Query struct {
	By []Dim
	// Bucket splits time too, in steps from the Unix epoch: time.Minute, time.Hour, 24*time.Hour for days in UTC. 0 does not.
	// At most 24 hours. What is left of requests whose rows are gone stands at the beginning of its day.
	Bucket time.Duration
	// Since is included, Until is not. The zero Until has no end. Of days whose rows are gone only the whole is known: they count
	// whole if any of them is asked for.
	Since, Until time.Time
	Where        map[Dim]string // equality; an empty string is a request without that dimension
}

// Sum adds up requests.
type Sum struct {
	At         time.Time // the beginning of the bucket, in UTC; zero without Query.Bucket
	By         []string  // in the order of Query.By
	Requests   int64
	Failed     int64 // ended with a status of 400 or more, or with none
	Estimated, // had tokens that are an estimate
	Unpriced int64 // used tokens whose price was not known, so that CostUSD lacks them
	Tokens  usage.Tokens
	CostUSD decimal.Decimal // exact
}

// Check tells what is wrong with a query.
func (q Query) Check() error {
	for i, d := range q.By {
		if err := d.check(); err != nil {
			return err
		}
		if slices.Contains(q.By[:i], d) {
			return fmt.Errorf("%q stands twice", d)
		}
	}
	for d := range q.Where {
		if err := d.check(); err != nil {
			return err
		}
	}
	switch {
	case q.Bucket < 0 || q.Bucket > 24*time.Hour || q.Bucket%time.Second != 0:
		return fmt.Errorf("a bucket of %s: it must be whole seconds, up to 24h", q.Bucket)
	case !q.Until.IsZero() && !q.Until.After(q.Since):
		return fmt.Errorf("the end, %s, is not after the beginning, %s", q.Until.UTC().Format(time.RFC3339), q.Since.UTC().Format(time.RFC3339))
	}
	return nil
}

func (d Dim) check() error {
	if slices.Contains(Dims(), d) {
		return nil
	}
	names := make([]string, 0, len(Dims()))
	for _, n := range Dims() {
		names = append(names, string(n))
	}
	return fmt.Errorf("there is no %q to sum by; there are %s", d, strings.Join(names, ", "))
}

// Total adds sums up.
func Total(sums []Sum) Sum {
	var t Sum
	for i := range sums {
		t.Add(&sums[i])
	}
	return t
}

// Add adds another sum's numbers.
func (s *Sum) Add(o *Sum) {
	s.Requests += o.Requests
	s.Failed += o.Failed
	s.Estimated += o.Estimated
	s.Unpriced += o.Unpriced
	s.Tokens.Input += o.Tokens.Input
	s.Tokens.Cached += o.Tokens.Cached
	s.Tokens.CacheWrite += o.Tokens.CacheWrite
	s.Tokens.Output += o.Tokens.Output
	s.Tokens.Reasoning += o.Tokens.Reasoning
	s.CostUSD = s.CostUSD.Add(o.CostUSD)
}
