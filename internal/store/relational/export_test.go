package relational

import (
	"context"
	"io/fs"
)

// MigrateTo makes the tables as a llmroute made them that knew so many migrations.
func (d *DB) MigrateTo(ctx context.Context, version int) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	return d.migrate(ctx, names[:version])
}

// Exec runs a statement that no llmroute would.
func (d *DB) Exec(ctx context.Context, statement string) error {
	_, err := d.write.ExecContext(ctx, statement)
	return err
}
