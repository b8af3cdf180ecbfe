package relational_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/postgrestest"
	"github.com/llmroute/llmroute/internal/store/postgres"
	"github.com/llmroute/llmroute/internal/store/sqlite"
	"github.com/llmroute/llmroute/internal/usage"
	"github.com/llmroute/llmroute/policy/catalog"
)

// opener makes a further handle of one and the same ledger.
type opener func(t *testing.T) ledger.Store

// suite is what every kind of database must do.
var suite = []struct {
	name string
	test func(*testing.T, opener)
}{
	{"Sums are exact by several dimensions and filters", sumsAreExactBySeveralDimensionsAndFilters},
	{"The beginning is included and the end is not", theBeginningIsIncludedAndTheEndIsNot},
	{"Any order and duplication of records gives the same sums", anyOrderAndDuplicationOfRecordsGivesTheSameSums},
	{"Rolling up changes no sum of whole days", rollingUpChangesNoSumOfWholeDays},
	{"Rows that were just written are not rolled up", rowsThatWereJustWrittenAreNotRolledUp},
	{"Two replicas that write and roll up the same rows count them once", twoReplicasThatWriteAndRollUpTheSameRowsCountThemOnce},
	{"Text that no database takes is made fit", textThatNoDatabaseTakesIsMadeFit},
	{"Costs that outgrow 64 bits of picodollars are still exact", costsThatOutgrow64BitsOfPicodollarsAreStillExact},
	{"A row can be costed again from the stored price", aRowCanBeCostedAgainFromTheStoredPrice},
	{"Many processes migrate at once", manyProcessesMigrateAtOnce},
}

func TestSQLite(t *testing.T) {
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a folder?", "100%.db")
			if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			c.test(t, func(t *testing.T) ledger.Store { return opened(t)(sqlite.Open(path)) })
		})
	}
}

func TestPostgreSQL(t *testing.T) {
	server := postgrestest.Start(t)
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) {
			dsn := server.Database(t)
			c.test(t, func(t *testing.T) ledger.Store { return opened(t)(postgres.Open(dsn)) })
		})
	}
}

func opened(t *testing.T) func(ledger.Store, error) ledger.Store {
	return func(s ledger.Store, err error) ledger.Store {
		t.Helper()
		s = raw(t)(s, err)
		if err := s.Migrate(t.Context()); err != nil {
			t.Error(err) // not Fatal: some tests open from goroutines
		}
		return s
	}
}

// raw is a store whose tables are as they were found.
func raw(t *testing.T) func(ledger.Store, error) ledger.Store {
	return func(s ledger.Store, err error) ledger.Store {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// record is the n-th of a set in which every field differs somewhere.
func record(n int) *usage.Record {
	r := &usage.Record{
		ID: fmt.Sprintf("id-%06d", n), RequestID: fmt.Sprintf("req-%d", n), Started: noon.Add(time.Duration(n) * time.Minute),
		Elapsed: time.Second, FirstByte: 100 * time.Millisecond, Op: "chat_completions", Route: []string{"default", "code"}[n%2], Strategy: "cost",
		Team: []string{"red", "blue", ""}[n%3], User: fmt.Sprintf("user%d", n%5), Client: "app", Model: []string{"small", "large"}[n%2], Provider: "alpha",
		Stream: n%2 == 0, Status: 200, Attempts: 1 + n%2, Tokens: usage.Tokens{Input: int64(100 + n), Cached: 10, CacheWrite: 5, Output: int64(n), Reasoning: 1},
		Source: usage.SourceReported, CostUSD: decimal.New(int64(n)*1_000_001+7, -12), Priced: true, PriceVersion: "v1",
	}
	switch n % 7 {
	case 1:
		r.Source, r.Status = usage.SourceEstimate, 0
	case 2:
		r.Source, r.Status, r.Code, r.Tokens, r.CostUSD, r.Priced = usage.SourceNone, 429, "budget_exceeded", usage.Tokens{}, decimal.Zero, false
	case 3:
		r.Priced, r.CostUSD = false, decimal.Zero
		r.Failed = []usage.Attempt{{Provider: "beta", Model: "large"}}
	}
	return r
}

func records(n int) []*usage.Record {
	out := make([]*usage.Record, n)
	for i := range out {
		out[i] = record(i)
	}
	return out
}

// expect sums in Go what a store sums in SQL.
func expect(rs []*usage.Record) ledger.Sum {
	var t ledger.Sum
	for _, r := range rs {
		one := ledger.Sum{Requests: 1, Tokens: r.Tokens, CostUSD: r.CostUSD}
		if r.Status == 0 || r.Status >= 400 {
			one.Failed = 1
		}
		if r.Source == usage.SourceEstimate {
			one.Estimated = 1
		}
		if r.Source != usage.SourceNone && !r.Priced {
			one.Unpriced = 1
		}
		t.Add(&one)
	}
	return t
}

func write(t *testing.T, s ledger.Store, rs ...*usage.Record) {
	t.Helper()
	if err := s.Write(t.Context(), rs, nil); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, s ledger.Reader, q ledger.Query) []ledger.Sum {
	t.Helper()
	sums, err := s.Usage(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

func same(t *testing.T, got, want ledger.Sum) {
	t.Helper()
	got.By, got.At = nil, time.Time{}
	if diff := cmp.Diff(want, got, cmp.Comparer(decimal.Decimal.Equal)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func sumsAreExactBySeveralDimensionsAndFilters(t *testing.T, open opener) {
	s, rs := open(t), records(100)
	write(t, s, rs...)
	same(t, ledger.Total(ask(t, s, ledger.Query{})), expect(rs))
	by := ask(t, s, ledger.Query{By: []ledger.Dim{ledger.Team, ledger.Model}})
	if len(by) != 6 {
		t.Errorf("%d sums by team and model, want 6", len(by))
	}
	for _, sum := range by {
		same(t, sum, expect(where(rs, func(r *usage.Record) bool { return r.Team == sum.By[0] && r.Model == sum.By[1] })))
	}
	nobody := ask(t, s, ledger.Query{Where: map[ledger.Dim]string{ledger.Team: "", ledger.User: "user2"}})
	same(t, ledger.Total(nobody), expect(where(rs, func(r *usage.Record) bool { return r.Team == "" && r.User == "user2" })))
}

func theBeginningIsIncludedAndTheEndIsNot(t *testing.T, open opener) {
	s, rs := open(t), records(100)
	write(t, s, rs...)
	sums := ask(t, s, ledger.Query{Bucket: time.Hour, Since: rs[10].Started, Until: rs[70].Started})
	same(t, ledger.Total(sums), expect(rs[10:70]))
	if len(sums) != 2 {
		t.Fatalf("%d buckets, want 12:00 and 13:00: %v", len(sums), sums)
	}
	for _, sum := range sums {
		same(t, sum, expect(where(rs[10:70], func(r *usage.Record) bool { return r.Started.Truncate(time.Hour).Equal(sum.At) })))
	}
}

func anyOrderAndDuplicationOfRecordsGivesTheSameSums(t *testing.T, open opener) {
	rnd := rand.New(rand.NewPCG(1, 2))
	s, rs := open(t), records(60)
	// Worse versions of some, which must not count, whether they come before or after.
	all := append([]*usage.Record(nil), rs...)
	for _, r := range rs[:30] {
		worse := *r
		worse.Tokens.Output -= 1000
		all = append(all, &worse, r, r)
		if r.Source == usage.SourceReported {
			estimate := *r
			estimate.Source, estimate.Tokens.Output = usage.SourceEstimate, 1_000_000
			all = append(all, &estimate)
		}
	}
	rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, r := range all {
		write(t, s, r)
	}
	same(t, ledger.Total(ask(t, s, ledger.Query{})), expect(rs))
}

func rollingUpChangesNoSumOfWholeDays(t *testing.T, open opener) {
	s := open(t)
	rs := records(300)
	for i, r := range rs { // over four days
		r.Started = noon.Add(time.Duration(i) * 17 * time.Minute)
	}
	write(t, s, rs...)
	q := ledger.Query{By: []ledger.Dim{ledger.Team, ledger.User, ledger.Client, ledger.Route, ledger.Model, ledger.Provider}, Bucket: 24 * time.Hour}
	before := byKey(ask(t, s, q))
	expired := ledger.Expired{Started: noon.Add(48 * time.Hour).Truncate(24 * time.Hour), Stored: time.Now().Add(time.Hour)}
	moved := 0
	for {
		n, err := s.RollUp(t.Context(), expired, 37)
		if err != nil {
			t.Fatal(err)
		}
		moved += n
		if diff := cmp.Diff(before, byKey(ask(t, s, q)), cmp.Comparer(decimal.Decimal.Equal)); diff != "" {
			t.Fatalf("after %d rows: want -, got +:\n%s", moved, diff)
		}
		if n == 0 {
			break
		}
	}
	if want := len(where(rs, func(r *usage.Record) bool { return r.Started.Before(expired.Started) })); moved != want || want == 0 {
		t.Errorf("moved %d rows, want %d", moved, want)
	}
	// A day whose rows are gone is known as a whole only.
	partly := ask(t, s, ledger.Query{Since: noon.Add(6 * time.Hour), Until: noon.Add(7 * time.Hour)})
	same(t, ledger.Total(partly), expect(where(rs, func(r *usage.Record) bool { return r.Started.Day() == noon.Day() })))
}

func rowsThatWereJustWrittenAreNotRolledUp(t *testing.T, open opener) {
	s := open(t)
	write(t, s, record(1))
	for _, retention := range []time.Duration{time.Hour, 90 * 24 * time.Hour} {
		n, err := s.RollUp(t.Context(), ledger.ExpiredAt(noon.Add(1000*24*time.Hour), retention), 10)
		if err != nil {
			t.Fatal(err)
		}
		if stored := time.Now().Before(noon.Add(900 * 24 * time.Hour)); n != 1 && stored {
			t.Errorf("an old row was kept: %d", n)
		}
		write(t, s, record(2))
		if n, err := s.RollUp(t.Context(), ledger.ExpiredAt(time.Now(), retention), 10); n != 0 || err != nil {
			t.Errorf("%d rows were rolled up, %v", n, err)
		}
	}
}

func twoReplicasThatWriteAndRollUpTheSameRowsCountThemOnce(t *testing.T, open opener) {
	rs := records(400)
	stores := []ledger.Store{open(t), open(t)}
	var group sync.WaitGroup
	for i, s := range stores {
		group.Go(func() {
			for at := 0; at < len(rs); at += 50 {
				if err := s.Write(context.Background(), rs[at:at+50], nil); err != nil {
					t.Errorf("replica %d: %v", i, err)
				}
			}
		})
	}
	group.Wait()
	same(t, ledger.Total(ask(t, stores[1], ledger.Query{})), expect(rs))
	for _, s := range stores {
		group.Go(func() {
			for range 30 {
				if _, err := s.RollUp(context.Background(), ledger.Expired{Started: noon.AddDate(1, 0, 0), Stored: time.Now().Add(time.Hour)}, 23); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	same(t, ledger.Total(ask(t, stores[0], ledger.Query{})), expect(rs))
}

func textThatNoDatabaseTakesIsMadeFit(t *testing.T, open opener) {
	s, r := open(t), record(0)
	long := make([]byte, 600)
	for i := range long {
		long[i] = "é"[i%2]
	}
	r.Team, r.User, r.Code = "a\x00b", "\xff\xfe", string(long)
	write(t, s, r)
	sums := ask(t, s, ledger.Query{By: []ledger.Dim{ledger.Team, ledger.User}})
	if len(sums) != 1 || sums[0].By[0] != "a\uFFFDb" || sums[0].By[1] != "\uFFFD" {
		t.Errorf("%+v", sums)
	}
}

func costsThatOutgrow64BitsOfPicodollarsAreStillExact(t *testing.T, open opener) {
	s, rs := open(t), records(8)
	for _, r := range rs {
		r.CostUSD = decimal.RequireFromString("9000000.000000000001")
	}
	write(t, s, rs...)
	want := decimal.RequireFromString("72000000.000000000008")
	if got := ledger.Total(ask(t, s, ledger.Query{})).CostUSD; !got.Equal(want) {
		t.Errorf("%s", got)
	}
	if _, err := s.RollUp(t.Context(), ledger.Expired{Started: noon.AddDate(1, 0, 0), Stored: time.Now().Add(time.Hour)}, 100); err != nil {
		t.Fatal(err)
	}
	if got := ledger.Total(ask(t, s, ledger.Query{})).CostUSD; !got.Equal(want) {
		t.Errorf("rolled up: %s", got)
	}
}

func aRowCanBeCostedAgainFromTheStoredPrice(t *testing.T, open opener) {
	s, r := open(t), record(5)
	price := usage.NewPrice(catalog.Price{Input: 1.14285714, Output: 10, CachedInput: 0.1, Tiers: []catalog.Tier{{Above: 200_000, Input: 2}}}, "1.2.3")
	r.CostUSD, r.PriceVersion = price.Cost(r.Tokens), price.Version
	for range 2 {
		if err := s.Write(t.Context(), []*usage.Record{r}, []usage.Price{price}); err != nil {
			t.Fatal(err)
		}
	}
	got, ok, err := s.Price(t.Context(), price.Version)
	if err != nil || !ok || got.Version != price.Version || !got.Cost(r.Tokens).Equal(r.CostUSD) {
		t.Errorf("%+v %v %v", got, ok, err)
	}
	if _, ok, err := s.Price(t.Context(), "another"); ok || err != nil {
		t.Errorf("another: %v %v", ok, err)
	}
}

func manyProcessesMigrateAtOnce(t *testing.T, open opener) {
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() { open(t) })
	}
	group.Wait()
	write(t, open(t), record(1))
}

func where(rs []*usage.Record, keep func(*usage.Record) bool) []*usage.Record {
	var out []*usage.Record
	for _, r := range rs {
		if keep(r) {
			out = append(out, r)
		}
	}
	return out
}

func byKey(sums []ledger.Sum) map[string]ledger.Sum {
	out := map[string]ledger.Sum{}
	for _, s := range sums {
		out[fmt.Sprint(s.At, s.By)] = s
	}
	return out
}
