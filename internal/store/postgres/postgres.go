package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/store/relational"
)

// connections is how many one llmroute holds at most: the writer's, and those of questions.
const connections = 4

// connectTimeout bounds the making of a connection where the connection string does not.
const connectTimeout = 5 * time.Second

// Open makes a ledger of the database that dsn names, as `postgres://…` or as `key=value …`. It does not connect; whatever is done
// first does. The error, of a string that cannot be read, does not have the string in it.
func Open(dsn string) (ledger.Store, error) { return open(dsn) }

func open(dsn string) (*relational.DB, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("the connection string cannot be read; it has the form postgres://user:password@host:5432/database")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "llmroute"
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxIdleTime(time.Minute)
	return relational.New(db, db, dialect), nil
}

// Read opens the ledger for questions only, and checks that it is there.
func Read(ctx context.Context, dsn string) (ledger.Reader, error) {
	db, err := open(dsn)
	if err != nil {
		return nil, err
	}
	if err := db.Ready(ctx); err != nil {
		_ = db.Close()
		return nil, explained(err)
	}
	return db, nil
}

// explained names the remedy where the cause is a common one.
func explained(err error) error {
	const undefinedTable = "42P01"
	var e *pgconn.PgError
	if errors.As(err, &e) && e.Code == undefinedTable {
		return fmt.Errorf("there is no ledger in this database yet; llmroute serve makes it")
	}
	return err
}

// lock is the key of an advisory lock that is llmroute's alone: its name in ASCII.
const lock = 0x6c6c6d726f757465

var dialect = relational.Dialect{
	Lock:     fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", int64(lock)),
	Columnar: true, ForUpdate: " FOR UPDATE SKIP LOCKED",
	// The classes are those of data exceptions and of integrity constraint violations, in "PostgreSQL Error Codes".
	Refuses: func(err error) bool {
		var e *pgconn.PgError
		return errors.As(err, &e) && (strings.HasPrefix(e.Code, "22") || strings.HasPrefix(e.Code, "23"))
	},
}
