package recording

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/usage"
	"github.com/llmroute/llmroute/policy"
)

// Bounds on what waits to be written.
const (
	maxJobs   = 4096
	maxQueued = 64 << 20 // bytes of bodies
)

// Recorder writes lines in the background. Until Use gives it settings it records nothing. It is safe for concurrent use.
type Recorder struct {
	log      *slog.Logger
	now      func() time.Time
	settings atomic.Pointer[Settings]
	jobs     chan job
	closed   chan struct{}
	done     sync.WaitGroup

	queued                   atomic.Int64 // bytes of the bodies in jobs
	written, dropped, failed atomic.Int64
}

// Counts are the lines so far.
type Counts struct {
	Written int64
	Dropped int64 // because too much was waiting
	Failed  int64 // because the file could not be written
}

// job is what a line is made of.
type job struct {
	settings *Settings
	line     Line
	features *policy.Features // nil: the line is complete
	named    named            // of features
	body     []byte
}

// Start returns a recorder at work. now is the clock; Close must be called.
func Start(log *slog.Logger, now func() time.Time) *Recorder {
	r := &Recorder{log: log, now: now, jobs: make(chan job, maxJobs), closed: make(chan struct{})}
	r.done.Go(r.run)
	return r
}

// Use makes s what counts from now on; nil stops recording.
func (r *Recorder) Use(s *Settings) { r.settings.Store(s) }

// Counts tells what became of the lines so far.
func (r *Recorder) Counts() Counts {
	return Counts{Written: r.written.Load(), Dropped: r.dropped.Load(), Failed: r.failed.Load()}
}

// Close writes what waits, and ends. Requests that are observed later are dropped.
func (r *Recorder) Close() {
	r.settings.Store(nil)
	close(r.closed)
	r.done.Wait()
	if c := r.Counts(); c.Dropped+c.Failed > 0 {
		r.log.Warn("requests were not recorded", "dropped", c.Dropped, "failed", c.Failed, "written", c.Written)
	}
}

// Observe records a request that was decided on, if it is sampled. It takes what it needs of o, and never waits.
func (r *Recorder) Observe(o *extproc.Outcome) {
	s := r.settings.Load()
	if s == nil || o.Features == nil || !s.sampled(o.ID) {
		return
	}
	j := job{settings: s, line: Line{Recorded: r.now().UTC(), Content: s.Content, ID: o.ID, Config: s.Version, Decision: decisionOf(o)}}
	request, f := o.Request(), *o.Features
	j.body, j.named = request.Body, s.pick(&f)
	if s.Content == ContentFull {
		j.line.Request = &Request{
			Path: request.Path, Route: request.Route, Headers: withoutSecrets(request.Headers), Body: request.Body,
			Team: f.Team, User: f.User, Client: f.Client, Claims: j.named.claims,
		}
		r.enqueue(j)
		return
	}
	f.UserText() // copies the text; the classifier can then wait
	f.Session()
	f.Text, f.Opening, f.Header, f.Claim = nil, nil, nil, nil
	j.features = &f
	r.enqueue(j)
}

// Ended records what a request used, if the request itself was sampled.
func (r *Recorder) Ended(u *usage.Record) {
	s := r.settings.Load()
	if s == nil || !s.sampled(u.ID) {
		return
	}
	line := Line{Recorded: r.now().UTC(), Content: ContentUsage, ID: u.ID, Usage: &Usage{
		Model: u.Model, Provider: u.Provider, Status: u.Status, Attempts: u.Attempts, Stream: u.Stream,
		Elapsed: u.Elapsed, FirstByte: u.FirstByte, Input: u.Tokens.Input, Output: u.Tokens.Output,
	}}
	if u.Priced {
		usd := u.CostUSD.InexactFloat64()
		line.Usage.CostUSD = &usd
	}
	r.enqueue(job{settings: s, line: line})
}

// enqueue hands j to the background, or drops it.
func (r *Recorder) enqueue(j job) {
	size := int64(len(j.body))
	if r.queued.Add(size) > maxQueued {
		r.queued.Add(-size)
		r.dropped.Add(1)
		return
	}
	select {
	case r.jobs <- j:
	default:
		r.queued.Add(-size)
		r.dropped.Add(1)
	}
}

// run writes lines until the recorder is closed and nothing waits.
func (r *Recorder) run() {
	var out file
	defer func() { r.report(&out, out.close()) }()
	for {
		select {
		case j := <-r.jobs:
			r.write(&out, &j)
			continue
		default:
			r.report(&out, out.flush())
		}
		select {
		case j := <-r.jobs:
			r.write(&out, &j)
		case <-r.closed:
			r.rest(&out)
			return
		}
	}
}

// rest writes what was queued before the end.
func (r *Recorder) rest(out *file) {
	for {
		select {
		case j := <-r.jobs:
			r.write(out, &j)
		default:
			return
		}
	}
}

func (r *Recorder) write(out *file, j *job) {
	text, err := j.text()
	r.queued.Add(-int64(len(j.body)))
	if err == nil {
		err = out.append(j.settings.File, j.settings.MaxBytes, text)
	}
	r.written.Add(1)
	if err != nil && out.lost == 0 {
		out.lost = 1 // it never got as far as the file
	}
	r.report(out, err)
}

// report counts what a fault cost, and logs it. A file that cannot be written fails for each line, and the first few
// tell enough.
func (r *Recorder) report(out *file, err error) {
	if err == nil {
		return
	}
	r.written.Add(-out.lost)
	n := r.failed.Add(out.lost)
	out.lost = 0
	if n < 4 || n%10_000 == 0 {
		r.log.Error("recording", "error", err.Error(), "failed", n)
	}
}

// text completes the line and writes it as JSON.
func (j *job) text() ([]byte, error) {
	if j.features != nil {
		sum := sha256.Sum256(j.body)
		j.line.Features = recordFeatures(j.features, j.named, hex.EncodeToString(sum[:]))
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(&j.line); err != nil {
		return nil, fmt.Errorf("a line has no JSON form: %w", err)
	}
	return b.Bytes(), nil
}

func decisionOf(o *extproc.Outcome) *Decision {
	switch {
	case o.Refusal != nil:
		return &Decision{Refused: &Refusal{Code: string(o.Refusal.Code), Policy: o.Refusal.Policy}}
	case o.Err != nil:
		return &Decision{Refused: &Refusal{Code: o.Err.Code}}
	case o.Decision == nil:
		return nil
	}
	return DecisionOf(o.Decision)
}

// DecisionOf is a decision with a plan, as it stands in a recording.
func DecisionOf(d *policy.Decision) *Decision {
	out := &Decision{Route: d.Route, Strategy: d.Strategy, Policies: d.Policies}
	for i, e := range d.Plan {
		if i > 0 {
			out.Fallbacks = append(out.Fallbacks, e.Model+" at "+e.Provider)
			continue
		}
		out.Model, out.Provider = e.Model, e.Provider
		if usd := e.ExpectedUSD; usd >= 0 {
			out.ExpectedUSD = &usd
		}
	}
	return out
}

func withoutSecrets(headers [][2]string) [][2]string {
	var kept [][2]string
	for _, h := range headers {
		if !secret(h[0]) && !internal(h[0]) {
			kept = append(kept, h)
		}
	}
	return kept
}
