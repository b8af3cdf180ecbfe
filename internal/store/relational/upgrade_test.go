package relational_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/postgrestest"
	"github.com/llmroute/llmroute/internal/store/postgres"
	"github.com/llmroute/llmroute/internal/store/relational"
	"github.com/llmroute/llmroute/internal/store/sqlite"
)

// upgrades begin with tables of an earlier version.
var upgrades = []struct {
	name string
	test func(*testing.T, opener)
}{
	{"A ledger of the first version keeps its rows", aLedgerOfTheFirstVersionKeepsItsRows},
}

func TestUpgradeOfSQLite(t *testing.T) {
	for _, c := range upgrades {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "llmroute.db")
			c.test(t, func(t *testing.T) ledger.Store { return raw(t)(sqlite.Open(path)) })
		})
	}
}

func TestUpgradeOfPostgreSQL(t *testing.T) {
	server := postgrestest.Start(t)
	for _, c := range upgrades {
		t.Run(c.name, func(t *testing.T) {
			dsn := server.Database(t)
			c.test(t, func(t *testing.T) ledger.Store { return raw(t)(postgres.Open(dsn)) })
		})
	}
}

func aLedgerOfTheFirstVersionKeepsItsRows(t *testing.T, open opener) {
	s, rs := open(t), records(200)
	db, ok := s.(*relational.DB)
	if !ok {
		t.Fatalf("%T", s)
	}
	run := func(statement string) {
		t.Helper()
		if err := db.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.MigrateTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	run("CREATE UNIQUE INDEX of_the_test ON llmroute_requests (started, id)") // Write needs the key of today
	write(t, s, rs[:150]...)
	if n, err := s.RollUp(t.Context(), ledger.Expired{Started: rs[40].Started, Stored: time.Now().Add(time.Hour)}, 1000); n != 40 || err != nil {
		t.Fatal(n, err)
	}
	run("DROP INDEX of_the_test")
	q := ledger.Query{By: []ledger.Dim{ledger.Team, ledger.User, ledger.Route, ledger.Model}, Bucket: time.Hour}
	before := byKey(ask(t, s, q))
	var group sync.WaitGroup
	for _, replica := range []ledger.Store{s, open(t), open(t)} {
		group.Go(func() {
			if err := replica.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if diff := cmp.Diff(before, byKey(ask(t, s, q)), cmp.Comparer(decimal.Decimal.Equal)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	write(t, s, rs[40:]...) // of which 110 are there
	same(t, ledger.Total(ask(t, s, ledger.Query{})), expect(rs))
}
