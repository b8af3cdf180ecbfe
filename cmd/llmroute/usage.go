package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/ledger"
)

// usageCmd reads the ledger.
type usageCmd struct {
	By     []string          `default:"model" help:"What to sum by: day, hour, team, user, client, route, model, provider, several with commas, or nothing."`
	Since  string            `default:"7d" help:"From when on: 30m, 24h, 7d, 2w ago; a day, 2026-11-01, or a time, 2026-11-01T08:00:00Z. Days begin in UTC."`
	Until  string            `help:"Up to when; written like --since. Default: now."`
	Where  map[string]string `mapsep:"," placeholder:"KEY=VALUE" help:"Only requests with this team, user, client, route, model or provider; may be repeated."`
	Format string            `enum:"table,csv,json" default:"table" help:"table, csv or json."`
	Limit  int               `help:"How many rows to print; the total is of all."`
}

// usageTimeout bounds the question.
const usageTimeout = 5 * time.Minute

// Run prints sums of the ledger. llmroute serve may be running.
func (c *usageCmd) Run(e *env) error {
	q, err := c.query(time.Now())
	if err != nil {
		return err
	}
	file, faults := config.LoadFile(e.Config)
	if len(faults) > 0 {
		report(e.Stderr, faults, "")
		return errFaults
	}
	ctx, cancel := context.WithTimeout(context.Background(), usageTimeout)
	defer cancel()
	reader, err := readLedger(ctx, file)
	if err != nil {
		return err
	}
	defer reader.Close()
	sums, err := reader.Usage(ctx, q)
	if err != nil {
		return err
	}
	sortSums(sums)
	t := usageTable{columns: c.By, sums: sums, total: ledger.Total(sums)}
	if c.Limit > 0 && len(sums) > c.Limit {
		t.sums = sums[:c.Limit]
		fmt.Fprintf(e.Stderr, "%d of %d rows; --limit %d shows all\n", c.Limit, len(sums), len(sums))
	}
	switch c.Format {
	case "csv":
		return t.csv(e.Stdout)
	case "json":
		return t.json(e.Stdout)
	}
	return t.text(e.Stdout)
}

func (c *usageCmd) query(now time.Time) (ledger.Query, error) {
	var q ledger.Query
	c.By = slices.DeleteFunc(c.By, func(s string) bool { return s == "" })
	for _, by := range c.By {
		bucket := map[string]time.Duration{"day": 24 * time.Hour, "hour": time.Hour}[by]
		switch {
		case bucket == 0 && !slices.Contains(ledger.Dims(), ledger.Dim(by)):
			return q, wrongUse("--by: there is no %q to sum by; there are day, hour, %s", by, dims())
		case bucket == 0:
			q.By = append(q.By, ledger.Dim(by))
		case q.Bucket != 0:
			return q, wrongUse("--by: day and hour exclude each other, and stand once")
		default:
			q.Bucket = bucket
		}
	}
	var err error
	if q.Since, err = parseWhen(c.Since, now); err != nil {
		return q, wrongUse("--since: %w", err)
	}
	if c.Until != "" {
		if q.Until, err = parseWhen(c.Until, now); err != nil {
			return q, wrongUse("--until: %w", err)
		}
	}
	q.Where = make(map[ledger.Dim]string, len(c.Where))
	for key, value := range c.Where {
		if !slices.Contains(ledger.Dims(), ledger.Dim(key)) {
			return q, wrongUse("--where: there is no %q; there are %s", key, dims())
		}
		q.Where[ledger.Dim(key)] = value
	}
	if err := q.Check(); err != nil {
		return q, useError{err}
	}
	return q, nil
}

func dims() string {
	names := make([]string, 0, len(ledger.Dims()))
	for _, d := range ledger.Dims() {
		names = append(names, string(d))
	}
	return strings.Join(names, ", ")
}

// maxAgo is more than any ledger goes back, and less than a time.Duration holds.
const maxAgo = 100 * 365 * 24 * time.Hour

// parseWhen reads a time, or how long ago it is.
func parseWhen(s string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	wrong := fmt.Errorf("%q is neither a time ago, such as 30m, 24h, 7d or 2w, nor a day such as 2026-11-01", s)
	if s == "" {
		return now, wrong
	}
	unit := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[s[len(s)-1]]
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 31)
	if unit == 0 || err != nil || time.Duration(n) > maxAgo/unit {
		return now, wrong
	}
	return now.Add(-time.Duration(n) * unit), nil
}

// sortSums puts time first, then the dearest.
func sortSums(sums []ledger.Sum) {
	slices.SortFunc(sums, func(a, b ledger.Sum) int {
		return cmp.Or(a.At.Compare(b.At), b.CostUSD.Cmp(a.CostUSD), cmp.Compare(b.Tokens.Total(), a.Tokens.Total()),
			cmp.Compare(b.Requests, a.Requests), slices.Compare(a.By, b.By))
	})
}

// usageTable is what is printed.
type usageTable struct {
	columns []string // as asked for
	sums    []ledger.Sum
	total   ledger.Sum
}

// measured are the columns after those that were asked for.
var measured = [...]struct {
	name string
	of   func(*ledger.Sum) string
}{
	{"requests", func(s *ledger.Sum) string { return strconv.FormatInt(s.Requests, 10) }},
	{"failed", func(s *ledger.Sum) string { return strconv.FormatInt(s.Failed, 10) }},
	{"estimated", func(s *ledger.Sum) string { return strconv.FormatInt(s.Estimated, 10) }},
	{"unpriced", func(s *ledger.Sum) string { return strconv.FormatInt(s.Unpriced, 10) }},
	{"input", func(s *ledger.Sum) string { return strconv.FormatInt(s.Tokens.Input, 10) }},
	{"cached", func(s *ledger.Sum) string { return strconv.FormatInt(s.Tokens.Cached, 10) }},
	{"cache_write", func(s *ledger.Sum) string { return strconv.FormatInt(s.Tokens.CacheWrite, 10) }},
	{"output", func(s *ledger.Sum) string { return strconv.FormatInt(s.Tokens.Output, 10) }},
	{"reasoning", func(s *ledger.Sum) string { return strconv.FormatInt(s.Tokens.Reasoning, 10) }},
	{"cost_usd", func(s *ledger.Sum) string { return s.CostUSD.String() }},
}

// keys are the cells of the columns that were asked for.
func (t *usageTable) keys(s *ledger.Sum) []string {
	cells := make([]string, 0, len(t.columns)+len(measured))
	by := s.By
	for _, c := range t.columns {
		switch c {
		case "day":
			cells = append(cells, s.At.Format(time.DateOnly))
		case "hour":
			cells = append(cells, s.At.Format("2006-01-02T15:04Z"))
		default:
			cells = append(cells, by[0])
			by = by[1:]
		}
	}
	return cells
}

func (t *usageTable) csv(out io.Writer) error {
	w := csv.NewWriter(out)
	header := slices.Clone(t.columns)
	for _, m := range measured {
		header = append(header, m.name)
	}
	rows := [][]string{header}
	for i := range t.sums {
		row := t.keys(&t.sums[i])
		for _, m := range measured {
			row = append(row, m.of(&t.sums[i]))
		}
		rows = append(rows, row)
	}
	return w.WriteAll(rows)
}

// json writes {"rows":[{"team":"red","requests":2,…,"cost_usd":0.0012}],"total":{…}}. Costs are JSON numbers with all their digits.
func (t *usageTable) json(out io.Writer) error {
	object := func(keys []string, s *ledger.Sum) map[string]any {
		o := make(map[string]any, len(keys)+len(measured))
		for i, k := range keys {
			o[t.columns[i]] = k
		}
		for _, m := range measured {
			o[m.name] = json.Number(m.of(s))
		}
		return o
	}
	rows := make([]map[string]any, 0, len(t.sums))
	for i := range t.sums {
		rows = append(rows, object(t.keys(&t.sums[i]), &t.sums[i]))
	}
	return printJSON(out, map[string]any{"rows": rows, "total": object(nil, &t.total)})
}

// text aligns the columns. A column of rare things is left out where it holds nothing.
func (t *usageTable) text(out io.Writer) error {
	if t.total.Requests == 0 {
		_, err := fmt.Fprintln(out, "no requests")
		return err
	}
	var shown []int
	for i, m := range measured {
		if always := m.name == "requests" || m.name == "input" || m.name == "output" || m.name == "cost_usd"; always || m.of(&t.total) != "0" {
			shown = append(shown, i)
		}
	}
	line := func(keys []string, s *ledger.Sum) []string {
		for _, i := range shown {
			keys = append(keys, money(measured[i].name, s, measured[i].of))
		}
		return keys
	}
	var header, last []string
	for _, c := range t.columns {
		header, last = append(header, strings.ToUpper(c)), append(last, "")
	}
	for _, i := range shown {
		header = append(header, strings.ToUpper(strings.TrimPrefix(measured[i].name, "cost_")))
	}
	rows := [][]string{header}
	for i := range t.sums {
		keys := t.keys(&t.sums[i])
		for k := range keys {
			keys[k] = printable(keys[k])
		}
		rows = append(rows, line(keys, &t.sums[i]))
	}
	if len(last) > 0 {
		last[0] = "total"
	}
	return writeAligned(out, append(rows, line(last, &t.total)), len(t.columns))
}

// money rounds costs for the eye, and leaves other measures alone.
func money(name string, s *ledger.Sum, of func(*ledger.Sum) string) string {
	if name == "cost_usd" {
		return s.CostUSD.StringFixed(6)
	}
	return of(s)
}

// printable keeps what a client called itself from writing to the terminal.
func printable(s string) string {
	if s == "" {
		return "-"
	}
	return strings.Trim(strconv.QuoteToGraphic(s), `"`)
}

// writeAligned puts the first columns to the left and the others to the right.
func writeAligned(out io.Writer, rows [][]string, left int) error {
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, cell := range r {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		for i, cell := range r {
			width := widths[i]
			if i < left {
				width = -width
			}
			if i > 0 {
				b.WriteString("  ")
			}
			fmt.Fprintf(&b, "%*s", width, cell)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(out, b.String())
	return err
}
