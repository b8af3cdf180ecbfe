package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/ledger"
	budgetstore "github.com/llmroute/llmroute/internal/store/budget"
	"github.com/llmroute/llmroute/internal/store/postgres"
	"github.com/llmroute/llmroute/internal/store/sqlite"
	"github.com/llmroute/llmroute/internal/telemetry"
	"github.com/llmroute/llmroute/internal/usage"
)

// noLedger, as ledger.sqlite, says that there is none.
const noLedger = "none"

// keptLedger is the ledger that the configuration asks for, or none.
type keptLedger struct{ *ledger.Ledger }

// openLedger opens the ledger for writing. The SQLite file that nobody named may fail: llmroute then goes on without.
func openLedger(ctx context.Context, file *config.File, prices *usage.Prices, log *slog.Logger) (keptLedger, error) {
	c := file.Config.Ledger
	o := ledger.Options{Spill: beside(file, c.Spill), Retention: c.Retention, Price: prices.Version, Log: log}
	var err error
	switch dsn := c.Postgres.Reveal(); {
	case dsn != "":
		o.Patient = true
		if o.Store, err = postgres.Open(dsn); err != nil {
			return keptLedger{}, fmt.Errorf("ledger.postgres: %w", err)
		}
	case c.SQLite == noLedger:
		return keptLedger{}, nil
	default:
		o.Store, err = sqlite.Open(beside(file, c.SQLite))
	}
	var opened *ledger.Ledger
	if err == nil {
		if opened, err = ledger.Open(ctx, o); err != nil {
			_ = o.Store.Close()
		}
	}
	switch {
	case err == nil:
		return keptLedger{opened}, nil
	case o.Patient:
		return keptLedger{}, fmt.Errorf("ledger.postgres: %w", err)
	case !file.Says("ledger.sqlite"):
		log.Warn("there is no ledger: usage is not kept; name a file with ledger.sqlite, or say none", "error", err.Error())
		return keptLedger{}, nil
	}
	return keptLedger{}, fmt.Errorf("ledger.sqlite: %w; name a file that can be written, or none", err)
}

// beside starts a relative path at the folder of the configuration.
func beside(file *config.File, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file.Name), path)
}

func (k keptLedger) add(r *usage.Record) {
	if k.Ledger != nil {
		k.Add(r)
	}
}

// history is what budgets learn at the start. Nil: there is no ledger.
func (k keptLedger) history() budgetstore.History {
	if k.Ledger == nil {
		return nil
	}
	return budgetstore.Ledger{Reader: k.Ledger}
}

// state is what metrics tell of the ledger. Nil: there is none.
func (k keptLedger) state() func() telemetry.LedgerState {
	if k.Ledger == nil {
		return nil
	}
	return func() telemetry.LedgerState {
		s := k.Stats()
		return telemetry.LedgerState{
			Written: int64(s.Written), Spilled: int64(s.Spilled), Replayed: int64(s.Replayed), Dropped: int64(s.Dropped + s.Refused), Queued: int64(s.Queued),
		}
	}
}

func (k keptLedger) close(log *slog.Logger) {
	if k.Ledger == nil {
		return
	}
	if err := k.Close(); err != nil {
		log.Error("the ledger was not closed in order", "error", err.Error())
	}
}

// readLedger opens the ledger for questions.
func readLedger(ctx context.Context, file *config.File) (ledger.Reader, error) {
	c := file.Config.Ledger
	if dsn := c.Postgres.Reveal(); dsn != "" {
		r, err := postgres.Read(ctx, dsn)
		if err != nil {
			err = fmt.Errorf("ledger.postgres: %w", err)
		}
		return r, err
	}
	if c.SQLite == noLedger {
		return nil, errors.New("ledger.sqlite is none: there is no ledger to read")
	}
	return sqlite.Read(ctx, beside(file, c.SQLite))
}
