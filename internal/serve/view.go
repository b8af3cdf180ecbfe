package serve

import (
	"context"
	"fmt"
	"time"

	"github.com/llmroute/llmroute/internal/status"
	"github.com/llmroute/llmroute/internal/telemetry"
	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/learn"
)

// view is what the status page shows now.
func (s *server) view() status.View {
	return s.board.View(status.Source{Models: s.models, Budgets: s.budgets, Active: s.extproc.Active})
}

// models are those of the serving configuration, with what the decision thinks of them.
func (s *server) models(now time.Time) []status.Candidate {
	candidates := s.extproc.Snapshot().Router.Candidates()
	out := make([]status.Candidate, len(candidates))
	for i, c := range candidates {
		out[i] = status.Candidate{Provider: c.Provider, Model: c.Model, Health: s.healthOf(c, now)}
	}
	return out
}

func (s *server) healthOf(c *policy.Candidate, now time.Time) status.Health {
	arm := s.Seen.Arm(c.Provider, c.Model)
	h := status.Health{State: "up"}
	if s.Seen.Trusted() {
		h.Busy = arm.Busy()
	}
	switch standing, share := arm.Standing(now); standing {
	case learn.Up:
	case learn.Ramping:
		h.State, h.Reason = "probing", fmt.Sprintf("answers again, and gets %.0f %% of its requests", 100*share)
	case learn.Due:
		h.State, h.Reason = "down", "failed or refused requests; the next one that fits will be a try"
	case learn.Resting:
		h.State, h.Reason = "down", "failed or refused requests; it is left alone for a while"
	}
	return h
}

// gauges are what metrics read when somebody asks.
func (s *server) gauges() telemetry.Source {
	source := telemetry.Source{Active: s.extproc.Active, Ledger: s.Ledger, Budgets: s.budgetStates, Rulings: s.budgetRulings, Recording: s.Recording, Usage: func() telemetry.UsageState {
		u := s.Usage.Stats()
		return telemetry.UsageState{
			Decided: int64(u.Decided), Recorded: int64(u.Recorded), Duplicates: int64(u.Duplicates), Estimated: int64(u.Estimated), Lost: int64(u.Lost),
		}
	}}
	source.Models = func() []telemetry.ModelState {
		var out []telemetry.ModelState
		for _, c := range s.models(time.Now()) {
			out = append(out, telemetry.ModelState{Provider: c.Provider, Model: c.Model, Up: c.Health.State == "up", Busy: c.Health.Busy})
		}
		return out
	}
	return source
}

// pushLast gives the collector a moment for what it has not got yet.
func (s *server) pushLast() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := s.metrics.Close(ctx); err != nil {
		s.Log.Warn("the last metrics or traces were not pushed", "error", err.Error())
	}
}
