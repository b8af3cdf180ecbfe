package relational

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/llmroute/llmroute/internal/ledger"
)

// migrations are applied in the order of their names, each once. They never change after a release; the schema changes
// by a further file. A statement ends with ";" at the end of a line.
//
//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the tables to this version, in one transaction.
func (d *DB) Migrate(ctx context.Context) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	return d.migrate(ctx, names)
}

func (d *DB) migrate(ctx context.Context, names []string) error {
	return d.transaction(ctx, func(tx *sql.Tx) error {
		if err := d.lock(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS llmroute_migrations (version BIGINT PRIMARY KEY, applied BIGINT NOT NULL)`); err != nil {
			return err
		}
		applied, err := version(ctx, tx)
		if err != nil {
			return err
		}
		if applied > len(names) {
			return tooNew(applied, len(names))
		}
		for n := applied; n < len(names); n++ {
			if err := apply(ctx, tx, names[n], n+1); err != nil {
				return fmt.Errorf("%s: %w", names[n], err)
			}
		}
		return nil
	})
}

func apply(ctx context.Context, tx *sql.Tx, name string, number int) error {
	text, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	for statement := range strings.SplitSeq(string(text), ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO llmroute_migrations (version, applied) VALUES ($1, $2)`, number, time.Now().UnixMicro())
	return err
}

// querier is a *sql.DB or a *sql.Tx.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// version returns how many migrations were applied.
func version(ctx context.Context, q querier) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) FROM llmroute_migrations`).Scan(&n)
	return n, err
}

// Ready reports whether the tables can be read as they are, for a reader, which does not migrate.
func (d *DB) Ready(ctx context.Context) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	applied, err := version(ctx, d.read)
	switch {
	case err != nil:
		return err
	case applied > len(names):
		return tooNew(applied, len(names))
	case applied < len(names):
		return fmt.Errorf("the tables are of version %d, and this llmroute needs %d: start llmroute serve once, which brings them up to date", applied, len(names))
	}
	return nil
}

func tooNew(have, known int) error {
	return fmt.Errorf("%w: its tables are of version %d, this one knows %d", ledger.ErrNewer, have, known)
}
