package relational

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/llmroute/llmroute/internal/ledger"
)

// dayMicros is a day in the unit of started.
const dayMicros = 24 * 60 * 60 * 1_000_000

// keys are the columns that make a daily sum, beside the day.
const keys = "team, user_name, client, route, model, provider"

// measures are the columns that are summed: in llmroute_daily by their names, of llmroute_requests by these expressions. A
// picodollar sum could overflow; microdollars and what is left over do not.
var measures = [...]struct{ name, of string }{
	{"requests", "1"},
	{"failed", failedOf},
	{"estimated", "CASE WHEN source = 'estimate' THEN 1 ELSE 0 END"},
	{"unpriced", "CASE WHEN source <> '' AND priced = 0 THEN 1 ELSE 0 END"},
	{"input", "input"},
	{"cached", "cached"},
	{"cache_write", "cache_write"},
	{"output", "output"},
	{"reasoning", "reasoning"},
	{"cost_micro", "cost_pico / 1000000"},
	{"cost_rest", "cost_pico % 1000000"},
}

const failedOf = "CASE WHEN status = 0 OR status >= 400 THEN 1 ELSE 0 END"

// RollUp moves rows into the daily sums, all or none: a row is in one of the two at any time, to every reader.
func (d *DB) RollUp(ctx context.Context, e ledger.Expired, limit int) (int, error) {
	moved := 0
	err := d.transaction(ctx, func(tx *sql.Tx) error {
		// Two that add to the same sums in different orders would wait for each other.
		if err := d.lock(ctx, tx); err != nil {
			return err
		}
		found, err := d.expired(ctx, tx, e, limit)
		if err != nil || len(found) == 0 {
			return err
		}
		chosen := "(started, id) IN (VALUES " + d.pairs(len(found)/2) + ")"
		if _, err := tx.ExecContext(ctx, addSQL(chosen), found...); err != nil {
			return err
		}
		remove := "DELETE FROM llmroute_requests WHERE " + chosen //nolint:gosec // constants and placeholders
		if _, err := tx.ExecContext(ctx, remove, found...); err != nil {
			return err
		}
		moved = len(found) / 2
		return nil
	})
	if err != nil {
		return 0, err
	}
	return moved, nil
}

// expired returns the keys of rows: a time, an ID, a time, an ID, …
func (d *DB) expired(ctx context.Context, tx *sql.Tx, e ledger.Expired, limit int) ([]any, error) {
	choose := "SELECT started, id FROM llmroute_requests WHERE started < $1 AND stored < $2 ORDER BY started LIMIT $3" + d.dialect.ForUpdate //nolint:gosec // a constant
	found, err := tx.QueryContext(ctx, choose, micros(e.Started), micros(e.Stored), limit)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var keys []any
	for found.Next() {
		var started int64
		var id string
		if err := found.Scan(&started, &id); err != nil {
			return nil, err
		}
		keys = append(keys, started, id)
	}
	return keys, found.Err()
}

// addSQL adds chosen rows to the daily sums.
func addSQL(chosen string) string {
	var names, sums, updates []string
	for _, m := range measures {
		names = append(names, m.name)
		sums = append(sums, "SUM("+m.of+")")
		updates = append(updates, fmt.Sprintf("%s = llmroute_daily.%s + excluded.%s", m.name, m.name, m.name))
	}
	day := fmt.Sprintf("started / %d", int64(dayMicros))
	return "INSERT INTO llmroute_daily (day, " + keys + ", " + strings.Join(names, ", ") + ")" +
		" SELECT " + day + ", " + keys + ", " + strings.Join(sums, ", ") + " FROM llmroute_requests WHERE " + chosen +
		" GROUP BY " + day + ", " + keys +
		" ON CONFLICT (day, " + keys + ") DO UPDATE SET " + strings.Join(updates, ", ")
}

// pairs are the parameters of n keys. The casts tell PostgreSQL their types.
func (d *DB) pairs(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "(CAST(%s AS BIGINT), CAST(%s AS TEXT))", d.dialect.parameter(2*i+1), d.dialect.parameter(2*i+2))
	}
	return b.String()
}
