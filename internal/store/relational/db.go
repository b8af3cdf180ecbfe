package relational

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/llmroute/llmroute/internal/ledger"
)

// Dialect is what the databases do not share.
type Dialect struct {
	// Lock is run at the beginning of what only one process may do at a time: migrating, rolling up. It holds until its transaction
	// ends. Empty: transactions that write exclude each other anyway.
	Lock string
	// Columnar says that a batch goes in as one statement, with an array for each column.
	Columnar bool
	// Anonymous says that parameters are written "?". SQLite takes "$1", too, but as a name, which it then looks for in the list of all
	// names each time a value is bound.
	Anonymous bool
	// ForUpdate ends a SELECT whose rows the transaction is about to delete, so that two processes choose different ones.
	ForUpdate string
	// Refuses reports whether an error is the fault of what was written, and not of the database's state.
	Refuses func(error) bool
}

// parameter is the n-th of a statement, from 1. Each is to stand in it once, in order.
func (d Dialect) parameter(n int) string {
	if d.Anonymous {
		return "?"
	}
	return fmt.Sprintf("$%d", n)
}

// DB is a ledger in a database. Make it with New.
type DB struct {
	write, read *sql.DB
	dialect     Dialect
	insert      string
}

var _ ledger.Store = (*DB)(nil)

// New keeps the ledger in the database that write and read are handles of, which may be the same. Close closes them. With a nil
// write it only reads.
func New(write, read *sql.DB, d Dialect) *DB {
	return &DB{write: write, read: read, dialect: d, insert: insertSQL(d)}
}

// Close closes the handles.
func (d *DB) Close() error {
	if d.write == nil || d.write == d.read {
		return d.read.Close()
	}
	return errors.Join(d.read.Close(), d.write.Close())
}

func (d *DB) lock(ctx context.Context, tx *sql.Tx) error {
	if d.dialect.Lock == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, d.dialect.Lock)
	return err
}

// transaction runs do in one, on the handle for writing.
func (d *DB) transaction(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	err = do(tx)
	if err == nil {
		err = tx.Commit()
	}
	if err == nil {
		return nil
	}
	_ = tx.Rollback() // of one that has ended it does nothing
	if d.dialect.Refuses(err) {
		return fmt.Errorf("%w: %w", ledger.ErrRefused, err)
	}
	return err
}
