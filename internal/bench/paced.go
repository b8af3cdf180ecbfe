package main

import (
	"context"
	"errors"
	"sync"
	"time"
)

// paced sends perSecond requests, whatever the answers take: each connection has its times. A request that could not leave at its
// time, because the answer before it was late, counts from its time on.
func paced(ctx context.Context, clients []*client, request []byte, perSecond int, d time.Duration, read func() usage) (*taken, error) {
	results := make([]taken, len(clients))
	errs := make([]error, len(clients))
	step := time.Second * time.Duration(len(clients)) / time.Duration(perSecond)
	start := time.Now()
	counts, ends := start.Add(d*settle/100), start.Add(d*settle/100+d)
	var group sync.WaitGroup
	for i, c := range clients {
		first := start.Add(step * time.Duration(i) / time.Duration(len(clients)))
		group.Go(func() { errs[i] = results[i].keepPace(ctx, c, request, first, step, counts, ends) })
	}
	pause(ctx, time.Until(counts))
	before, began := read(), time.Now()
	pause(ctx, time.Until(ends))
	sum := &taken{window: time.Since(began), cpu: read().minus(before)}
	group.Wait()
	for i := range results {
		r := &results[i]
		sum.requests, sum.all = sum.requests+r.requests, sum.all+r.all
		sum.whole, sum.first = append(sum.whole, r.whole...), append(sum.first, r.first...)
	}
	return sum, errors.Join(errors.Join(errs...), ctx.Err())
}

// keepPace is one connection's part.
func (t *taken) keepPace(ctx context.Context, c *client, request []byte, due time.Time, step time.Duration, counts, ends time.Time) error {
	for ; due.Before(ends); due = due.Add(step) {
		late := max(0, time.Since(due))
		if late == 0 {
			pause(ctx, time.Until(due)) // what the timer is late by is not the answer's fault
		}
		if ctx.Err() != nil {
			return nil
		}
		a, err := c.do(request, nil)
		if err != nil {
			return err
		}
		t.all++
		if due.Before(counts) {
			continue
		}
		t.requests++
		t.whole, t.first = append(t.whole, late+a.whole), append(t.first, late+a.first)
	}
	return nil
}
