package relational

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/internal/usage"
)

// row is a record as it is stored.
type row struct {
	*usage.Record
	stored time.Time
}

// column is one of llmroute_requests: either text or a number.
type column struct {
	name   string
	text   func(row) string
	number func(row) int64
}

// columns are in the order of the migrations.
var columns = [...]column{
	{name: "id", text: func(r row) string { return r.ID }},
	{name: "request_id", text: func(r row) string { return r.RequestID }},
	{name: "started", number: func(r row) int64 { return micros(r.Started) }},
	{name: "stored", number: func(r row) int64 { return micros(r.stored) }},
	{name: "elapsed", number: func(r row) int64 { return r.Elapsed.Microseconds() }},
	{name: "first_byte", number: func(r row) int64 { return r.FirstByte.Microseconds() }},
	{name: "op", text: func(r row) string { return r.Op }},
	{name: "route", text: func(r row) string { return r.Route }},
	{name: "strategy", text: func(r row) string { return r.Strategy }},
	{name: "team", text: func(r row) string { return r.Team }},
	{name: "user_name", text: func(r row) string { return r.User }},
	{name: "client", text: func(r row) string { return r.Client }},
	{name: "model", text: func(r row) string { return r.Model }},
	{name: "provider", text: func(r row) string { return r.Provider }},
	{name: "stream", number: func(r row) int64 { return flag(r.Stream) }},
	{name: "status", number: func(r row) int64 { return int64(r.Status) }},
	{name: "code", text: func(r row) string { return r.Code }},
	{name: "attempts", number: func(r row) int64 { return int64(r.Attempts) }},
	{name: "failed", text: failed},
	{name: "input", number: func(r row) int64 { return r.Tokens.Input }},
	{name: "cached", number: func(r row) int64 { return r.Tokens.Cached }},
	{name: "cache_write", number: func(r row) int64 { return r.Tokens.CacheWrite }},
	{name: "output", number: func(r row) int64 { return r.Tokens.Output }},
	{name: "reasoning", number: func(r row) int64 { return r.Tokens.Reasoning }},
	{name: "source", text: func(r row) string { return string(r.Source) }},
	{name: "cost_pico", number: func(r row) int64 { return pico(r.CostUSD) }},
	{name: "priced", number: func(r row) int64 { return flag(r.Priced) }},
	{name: "price_version", text: func(r row) string { return r.PriceVersion }},
}

// insertSQL writes a row, or in a columnar dialect a batch of them. What ledger.Better says stands in its WHERE.
func insertSQL(d Dialect) string {
	var names, values, updates []string
	for i, c := range columns {
		value := d.parameter(i + 1)
		switch {
		case d.Columnar && c.text != nil:
			value += "::text[]"
		case d.Columnar:
			value += "::bigint[]"
		}
		names, values = append(names, c.name), append(values, value)
		if c.name != "id" && c.name != "started" {
			updates = append(updates, c.name+" = excluded."+c.name)
		}
	}
	source := "VALUES (" + strings.Join(values, ", ") + ")"
	if d.Columnar {
		source = "SELECT * FROM unnest(" + strings.Join(values, ", ") + ")"
	}
	return "INSERT INTO llmroute_requests (" + strings.Join(names, ", ") + ") " + source +
		" ON CONFLICT (started, id) DO UPDATE SET " + strings.Join(updates, ", ") +
		" WHERE (excluded.source, excluded.input + excluded.output, excluded.cost_pico) >" +
		" (llmroute_requests.source, llmroute_requests.input + llmroute_requests.output, llmroute_requests.cost_pico)"
}

// maxText bounds every text, in bytes. Identities come from headers, which may be longer.
const maxText = 512

// clean makes text what both databases take: UTF-8 without NUL.
func clean(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
		for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
		if r, size := utf8.DecodeLastRuneInString(s); r == utf8.RuneError && size <= 1 {
			s = s[:max(0, len(s)-1)]
		}
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	return s
}

// failed lists what was tried before: "alpha/small beta/large".
func failed(r row) string {
	if len(r.Failed) == 0 {
		return ""
	}
	names := make([]string, len(r.Failed))
	for i, a := range r.Failed {
		names[i] = a.Provider + "/" + a.Model
	}
	return strings.Join(names, " ")
}

// micros are since the Unix epoch, and never before it.
func micros(t time.Time) int64 { return max(t.UnixMicro(), 0) }

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// maxCost is the highest cost of one request that a BIGINT of picodollars holds, a little above 9.2 million USD. What is above it,
// which only a mistaken price can be, is stored as that.
var maxCost = decimal.New(1<<63-1, -usage.Places)

func pico(usd decimal.Decimal) int64 {
	const digits = 18 // that an int64 holds, whichever they are
	if usd.Exponent() == -usage.Places && usd.Sign() > 0 && usd.NumDigits() <= digits {
		return usd.CoefficientInt64() // as usage.Price.Cost makes them: there is no need of arithmetic in big integers
	}
	switch {
	case usd.Sign() <= 0:
		return 0
	case usd.GreaterThan(maxCost):
		usd = maxCost
	}
	return usd.Shift(usage.Places).Round(0).IntPart()
}
