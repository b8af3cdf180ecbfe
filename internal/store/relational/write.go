package relational

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/llmroute/llmroute/internal/usage"
)

// Write puts a batch in. No ID may stand in it twice.
func (d *DB) Write(ctx context.Context, records []*usage.Record, prices []usage.Price) error {
	rows := make([]row, len(records))
	now := time.Now()
	for i, r := range records {
		rows[i] = row{r, now}
	}
	// Two processes that write the same rows lock them in the same order. It is that of the key, so that neighbours go to one page.
	slices.SortFunc(rows, func(a, b row) int { return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID)) })
	return d.transaction(ctx, func(tx *sql.Tx) error {
		if err := writePrices(ctx, tx, prices); err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		if d.dialect.Columnar {
			_, err := tx.ExecContext(ctx, d.insert, byColumn(rows)...)
			return err
		}
		return d.writeEach(ctx, tx, rows)
	})
}

func writePrices(ctx context.Context, tx *sql.Tx, prices []usage.Price) error {
	for _, p := range prices {
		text, err := p.Text()
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO llmroute_prices (version, price) VALUES ($1, $2) ON CONFLICT (version) DO NOTHING`, p.Version, text)
		if err != nil {
			return err
		}
	}
	return nil
}

// A batch takes some 20 ms of a processor that requests need, too. So it is written in stretches of about a millisecond, between
// which they have it.
const (
	stretch = 100 // rows
	breath  = time.Millisecond
)

func (d *DB) writeEach(ctx context.Context, tx *sql.Tx, rows []row) error {
	statement, err := tx.PrepareContext(ctx, d.insert)
	if err != nil {
		return err
	}
	defer statement.Close()
	// The driver starts a goroutine for each call whose context can end.
	calm := context.WithoutCancel(ctx)
	args := make([]any, len(columns))
	for n, r := range rows {
		if n%stretch == stretch-1 {
			time.Sleep(breath)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		for i, c := range columns {
			if c.text != nil {
				args[i] = clean(c.text(r))
			} else {
				args[i] = c.number(r)
			}
		}
		if _, err := statement.ExecContext(calm, args...); err != nil {
			return err
		}
	}
	return nil
}

// byColumn turns rows into an array a column.
func byColumn(rows []row) []any {
	args := make([]any, len(columns))
	for i, c := range columns {
		if c.text != nil {
			texts := make([]string, len(rows))
			for j, r := range rows {
				texts[j] = clean(c.text(r))
			}
			args[i] = texts
			continue
		}
		numbers := make([]int64, len(rows))
		for j, r := range rows {
			numbers[j] = c.number(r)
		}
		args[i] = numbers
	}
	return args
}
