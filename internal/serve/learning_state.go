package serve

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/llmroute/llmroute/policy/learn"
)

// Memory says where what is learned is kept beyond this process. The zero value keeps it nowhere.
type Memory struct {
	// File holds it over a restart; nil: nothing does.
	File interface {
		Load() (*learn.Snapshot, error) // nil without an error: nothing was kept yet
		Save(*learn.Snapshot) error
	}
	// Store shares it with other replicas, of which this one is Replica; nil: nothing does.
	Store   learn.Store
	Replica string
}

const (
	saveEvery  = 10 * time.Second
	shareEvery = 5 * time.Second
	shareLimit = 4 * time.Second // for one round
	sweepEvery = 30 * time.Second
)

// recall takes in what was kept. Whatever is wrong with it, it is learned again within minutes.
func (m *Memory) recall(state *learn.State, log *slog.Logger) {
	if m.File == nil {
		return
	}
	s, err := m.File.Load()
	if err == nil && s != nil {
		err = state.Import(s)
	}
	if err != nil {
		log.Warn("what was learned before cannot be read; starting anew", "error", err.Error())
	}
}

// keep saves and shares until ctx ends, and then saves once more. Nothing of it is ever waited for by a request.
func (m *Memory) keep(ctx context.Context, state *learn.State, sweep func(time.Time), log *slog.Logger) {
	var group sync.WaitGroup
	every := func(period time.Duration, do func()) {
		group.Go(func() {
			tick := time.NewTicker(period)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					do()
				}
			}
		})
	}
	every(sweepEvery, func() { sweep(time.Now()) })
	save := func() {}
	if m.File != nil {
		report := changes{log: log, bad: "what is learned cannot be saved", good: "what is learned is saved again"}
		save = func() { report.tell(m.File.Save(state.Export())) }
		every(saveEvery, save)
	}
	if m.Store != nil {
		report := changes{log: log, bad: "what is learned cannot be shared with other replicas", good: "what is learned is shared again"}
		every(shareEvery, func() {
			round, cancel := context.WithTimeout(ctx, shareLimit)
			defer cancel()
			if err := state.Share(round, m.Store, m.Replica); ctx.Err() == nil {
				report.tell(err)
			}
		})
	}
	group.Wait()
	save()
}

// changes logs when something stops to work, and when it works again, and not each time in between.
type changes struct {
	log       *slog.Logger
	bad, good string
	failing   bool
}

func (c *changes) tell(err error) {
	switch {
	case err != nil && !c.failing:
		c.log.Warn(c.bad, "error", err.Error())
	case err == nil && c.failing:
		c.log.Info(c.good)
	}
	c.failing = err != nil
}
