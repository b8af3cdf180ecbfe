package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// measure lets everything take its turns.
func measure(ctx context.Context, s *stack, o options, r *report, progress io.Writer) error {
	r.Envoy = version(s.envoy)
	deadline := time.Now().Add(o.budget)
	for _, sc := range scenarios() {
		if !o.only.MatchString(sc.name) {
			continue
		}
		b, err := newBench(ctx, s, sc, o.duration)
		if err != nil {
			return err
		}
		if b == nil {
			r.Skipped = append(r.Skipped, sc.name)
			continue
		}
		defer b.close()
		r.benches = append(r.benches, b)
	}
	longest := time.Duration(0)
	for r.Rounds = 0; r.Rounds < o.rounds && time.Until(deadline) > longest; r.Rounds++ {
		began := time.Now()
		for _, b := range r.benches {
			fmt.Fprintf(progress, "\r\x1b[Kround %d of %d: %s", r.Rounds+1, o.rounds, b.scenario.name)
			if err := b.round(ctx, r.Rounds); err != nil {
				fmt.Fprintln(progress)
				return fmt.Errorf("%s: %w", b.scenario.name, err)
			}
		}
		longest = max(longest, time.Since(began))
	}
	fmt.Fprint(progress, "\r\x1b[K")
	for _, p := range s.processes {
		if !p.alive() {
			return p.failed("has ended during the run")
		}
	}
	r.finish(s)
	return nil
}

// bencher is a scenario with its connections to each target and what has been measured so far.
type bencher struct {
	scenario scenario
	duration time.Duration
	stack    *stack
	lanes    []*lane
}

// lane is one target's part.
type lane struct {
	name    string
	target  *target
	request []byte
	clients []*client
	turns   []point
	open    []float64 // ext_proc streams open in mid-turn, beyond those of the access logs
}

// newBench connects and tries each target once. It returns nil if llmroute does not have the translation.
func newBench(ctx context.Context, s *stack, sc scenario, d time.Duration) (*bencher, error) {
	b := &bencher{scenario: sc, duration: d, stack: s}
	for _, l := range lanesOf(s, sc) {
		b.lanes = append(b.lanes, l)
		for range sc.conns {
			c, err := dial(ctx, l.target.addr)
			if err != nil {
				b.close()
				return nil, err
			}
			l.clients = append(l.clients, c)
		}
		err := l.try(sc)
		if err != nil && sc.translated && l.name == targetLLMRoute {
			b.close()
			return nil, nil //nolint:nilnil // a schema that is not wired is no fault
		}
		if err != nil {
			b.close()
			return nil, fmt.Errorf("%s through %s: %w", sc.name, l.name, err)
		}
	}
	return b, nil
}

// lanesOf are those who take part, and with which request.
func lanesOf(s *stack, sc scenario) []*lane {
	request := sc.request(sc.provider)
	var lanes []*lane
	for _, t := range s.targets {
		l := &lane{name: t.name, target: t, request: request}
		if !sc.translated {
			lanes = append(lanes, l)
			continue
		}
		same := sc // with a provider of the client's schema
		same.provider, same.model, same.translated = clientProvider, "auto", false
		switch {
		case t.name == targetFloor && !sc.often:
		case t.name == targetFloor:
			lanes = append(lanes, &lane{name: t.name, target: t, request: same.request(clientProvider)})
		case t.name == targetAlone && sc.often:
			lanes = append(lanes, l, &lane{name: targetScale, target: t, request: same.request(clientProvider)})
		default:
			lanes = append(lanes, l)
		}
	}
	return lanes
}

func (b *bencher) close() {
	for _, l := range b.lanes {
		for _, c := range l.clients {
			c.close()
		}
	}
}

// try sends one request and looks at the answer: it must be a good one, in the client's schema, and from whom it should be.
func (l *lane) try(sc scenario) error {
	c := l.clients[0]
	c.keep = new(bytes.Buffer)
	_, err := c.do(l.request, nil)
	body, head := c.keep.String(), c.head.String()
	c.keep = nil
	if err != nil {
		return fmt.Errorf("%w\n%s", err, body)
	}
	wanted := sc.provider
	same := !sc.translated || l.name == targetFloor || l.name == targetScale
	if same {
		wanted = clientProvider
	}
	if !strings.Contains(head, "x-llmroute-provider: "+wanted) {
		return fmt.Errorf("the answer is not from %s:\n%s", wanted, head)
	}
	if (same || l.target.server != nil) && !strings.Contains(body, `"choices"`) {
		return fmt.Errorf("the answer is not in the client's schema: %.300q", body)
	}
	return nil
}

// round gives each target its turn, three if the scenario is to be measured often. Who begins changes.
func (b *bencher) round(ctx context.Context, n int) error {
	times := 1
	if b.scenario.often {
		times = 3
	}
	for i := range times {
		for k := range b.lanes {
			if err := b.turn(ctx, b.lanes[(k+n+i)%len(b.lanes)]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bencher) turn(ctx context.Context, l *lane) error {
	allocated := l.target.allocated(ctx)
	between := func() {}
	if b.scenario.pace > 0 && l.target.server != nil {
		idle := l.streams(ctx) // those of the access logs
		between = func() { l.open = append(l.open, l.streams(ctx)-idle) }
	}
	taken, err := load(ctx, l.clients, l.request, b.scenario.pace > 0, b.duration, b.stack.reader(l.target), between)
	if err != nil {
		return fmt.Errorf("%s: %w", l.name, err)
	}
	bytes := max(0, l.target.allocated(ctx)-allocated-l.target.pageCost(ctx))
	l.turns = append(l.turns, newPoint(taken, bytes))
	return nil
}

// allocated is what the server has allocated since its start. Envoy alone has no server.
func (t *target) allocated(ctx context.Context) float64 {
	if t.metrics == "" {
		return 0
	}
	page, err := fetch(ctx, t.metrics)
	if err != nil {
		return 0
	}
	return series(page, allocSeries)
}

// pageCost is what reading the page itself allocates.
func (t *target) pageCost(ctx context.Context) float64 {
	if t.metrics == "" {
		return 0
	}
	first := t.allocated(ctx)
	return t.allocated(ctx) - first
}

// streams is how many gRPC streams Envoy has open to the server.
func (l *lane) streams(ctx context.Context) float64 {
	if l.target.server == nil {
		return 0
	}
	page, err := fetch(ctx, l.target.admin+"/stats?filter=cluster.llmroute.upstream_rq_active$")
	if err != nil {
		return 0
	}
	return series(strings.ReplaceAll(page, ": ", " "), "cluster.llmroute.upstream_rq_active")
}

// point is one turn in figures. Times are in milliseconds, processor times in microseconds a request.
type point struct {
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	First     float64 `json:"first_p50_ms"`
	Rate      float64 `json:"requests_per_second"`
	Requests  int     `json:"requests"`
	Envoy     float64 `json:"envoy_cpu_us"`
	Server    float64 `json:"server_cpu_us"`
	Provider  float64 `json:"provider_cpu_us"`
	Client    float64 `json:"client_cpu_us"`
	Allocated float64 `json:"allocated_bytes"`
	Chunk50   float64 `json:"chunk_p50_ms"`
	Chunk99   float64 `json:"chunk_p99_ms"`
}

func newPoint(t *taken, allocated float64) point {
	n := float64(max(1, t.requests))
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / n }
	for _, times := range [][]time.Duration{t.whole, t.first, t.chunks} {
		slices.Sort(times)
	}
	return point{
		P50: quantile(t.whole, 0.5), P99: quantile(t.whole, 0.99), First: quantile(t.first, 0.5),
		Rate: float64(t.requests) / t.window.Seconds(), Requests: t.requests,
		Envoy: each(t.cpu.envoy), Server: each(t.cpu.server), Provider: each(t.cpu.provider), Client: each(t.cpu.client),
		Allocated: allocated / float64(max(1, t.all)),
		Chunk50:   quantile(t.chunks, 0.5), Chunk99: quantile(t.chunks, 0.99),
	}
}
