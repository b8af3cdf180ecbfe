package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/store/relational"
)

// busy is how long a transaction waits for one of another process.
const busy = 5 * time.Second

// Open opens the ledger at path and makes the file if there is none; who may read it is up to its owner alone. Its tables are made by
// Migrate.
func Open(path string) (ledger.Store, error) {
	// SQLite would make a file that everyone may read, and report a missing folder as "out of memory".
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	write, err := open(path, "rwc", "immediate")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1) // SQLite has one writer at a time
	if err := awaken(write); err != nil {
		_ = write.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	read, err := open(path, "ro", "deferred")
	if err != nil {
		_ = write.Close()
		return nil, err
	}
	read.SetMaxOpenConns(2)
	return relational.New(write, read, dialect), nil
}

// awaken makes the first connection. A new file's journal changes its mode then, and for that SQLite does not wait while another
// process does the same, whatever its timeout says.
func awaken(db *sql.DB) error {
	for deadline := time.Now().Add(busy); ; time.Sleep(awakenAgain) {
		err := db.Ping()
		if err == nil || !is(err, sqlite3.SQLITE_BUSY) || time.Now().After(deadline) {
			return err
		}
	}
}

const awakenAgain = 5 * time.Millisecond

// Read opens the ledger at path for questions only. It changes nothing and does not disturb a llmroute that writes there.
func Read(ctx context.Context, path string) (ledger.Reader, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no ledger yet; llmroute serve makes it", path)
	} else if err != nil {
		return nil, err
	}
	read, err := open(path, "ro", "deferred")
	if err != nil {
		return nil, err
	}
	db := relational.New(nil, read, dialect)
	if err := db.Ready(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return db, nil
}

// open makes a handle; each of its connections begins with the pragmas.
func open(path, mode, lock string) (*sql.DB, error) {
	q := url.Values{
		"mode": {mode}, "_txlock": {lock},
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds()), // first: the others may have to wait
			"cache_size(-16000)", // KiB
		},
	}
	if mode != "ro" {
		q["_pragma"] = append(q["_pragma"], "journal_mode(WAL)", "synchronous(FULL)", "journal_size_limit(67108864)")
	}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
}

var dialect = relational.Dialect{Anonymous: true, Refuses: func(err error) bool {
	return is(err, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG)
}}

// is reports whether err is SQLite's, of one of these kinds.
func is(err error, kinds ...int) bool {
	const primary = 0xff // the rest of a code says more
	var e *sqlite.Error
	return errors.As(err, &e) && slices.Contains(kinds, e.Code()&primary)
}
