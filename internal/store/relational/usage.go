package relational

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/usage"
)

// columnOf is where each dimension stands, in both tables.
var columnOf = map[ledger.Dim]string{
	ledger.Team: "team", ledger.User: "user_name", ledger.Client: "client",
	ledger.Route: "route", ledger.Model: "model", ledger.Provider: "provider",
}

// Usage sums rows and daily sums in one statement, so that what moves from the one to the other meanwhile counts once.
func (d *DB) Usage(ctx context.Context, q ledger.Query) ([]ledger.Sum, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	statement, args := usageSQL(q)
	found, err := d.read.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var sums []ledger.Sum
	for found.Next() {
		s, err := scan(found, q)
		if err != nil {
			return nil, err
		}
		if s.Requests > 0 { // the sum of nothing, without a GROUP BY, is a row too
			sums = append(sums, s)
		}
	}
	return sums, found.Err()
}

// usageSQL begins each row of its answer with the bucket, then the dimensions, then the measures.
func usageSQL(q ledger.Query) (string, []any) {
	var a arguments
	rows := []string{bucketOf(q.Bucket, "started")}
	days := []string{bucketOf(q.Bucket, fmt.Sprintf("day * %d", int64(dayMicros)))}
	outer, groups := []string{"at"}, []string{"at"}
	for _, dim := range q.By {
		c := columnOf[dim]
		rows, days, outer, groups = append(rows, c), append(days, c), append(outer, c), append(groups, c)
	}
	for _, m := range measures {
		rows, days = append(rows, m.of+" AS "+m.name), append(days, m.name)
		outer = append(outer, "CAST(COALESCE(SUM("+m.name+"), 0) AS BIGINT)")
	}
	since := micros(q.Since)
	rowsWhere := []string{"started >= " + a.add(since)}
	daysWhere := []string{"day >= " + a.add(since/dayMicros)}
	if !q.Until.IsZero() {
		until := micros(q.Until)
		rowsWhere = append(rowsWhere, "started < "+a.add(until))
		daysWhere = append(daysWhere, "day < "+a.add((until+dayMicros-1)/dayMicros))
	}
	for _, dim := range ledger.Dims() {
		value, ok := q.Where[dim]
		if !ok {
			continue
		}
		equal := columnOf[dim] + " = " + a.add(clean(value))
		rowsWhere, daysWhere = append(rowsWhere, equal), append(daysWhere, equal)
	}
	return "SELECT " + strings.Join(outer, ", ") +
		" FROM (SELECT " + strings.Join(rows, ", ") + " FROM llmroute_requests WHERE " + strings.Join(rowsWhere, " AND ") +
		" UNION ALL SELECT " + strings.Join(days, ", ") + " FROM llmroute_daily WHERE " + strings.Join(daysWhere, " AND ") +
		") AS spent GROUP BY " + strings.Join(groups, ", "), a
}

// arguments are those of a statement.
type arguments []any

// add returns the placeholder of a further argument.
func (a *arguments) add(value any) string {
	*a = append(*a, value)
	return fmt.Sprintf("$%d", len(*a))
}

// bucketOf is the beginning of the bucket that a time in microseconds falls into.
func bucketOf(bucket time.Duration, at string) string {
	if bucket == 0 {
		return "0 AS at"
	}
	b := bucket.Microseconds()
	return fmt.Sprintf("(%s) / %d * %d AS at", at, b, b)
}

func scan(found *sql.Rows, q ledger.Query) (ledger.Sum, error) {
	s := ledger.Sum{By: make([]string, len(q.By))}
	var at, costMicro, costRest int64
	into := make([]any, 0, 1+len(q.By)+len(measures))
	into = append(into, &at)
	for i := range s.By {
		into = append(into, &s.By[i])
	}
	t := &s.Tokens
	into = append(into, &s.Requests, &s.Failed, &s.Estimated, &s.Unpriced, &t.Input, &t.Cached, &t.CacheWrite, &t.Output, &t.Reasoning, &costMicro, &costRest)
	if err := found.Scan(into...); err != nil {
		return s, err
	}
	if q.Bucket > 0 {
		s.At = time.UnixMicro(at).UTC()
	}
	s.CostUSD = decimal.New(costMicro, -6).Add(decimal.New(costRest, -usage.Places))
	return s, nil
}

// Price returns the price of a version.
func (d *DB) Price(ctx context.Context, version string) (usage.Price, bool, error) {
	var text string
	err := d.read.QueryRowContext(ctx, `SELECT price FROM llmroute_prices WHERE version = $1`, version).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return usage.Price{}, false, nil
	}
	if err != nil {
		return usage.Price{}, false, err
	}
	p, err := usage.ParsePrice(version, text)
	return p, err == nil, err
}
