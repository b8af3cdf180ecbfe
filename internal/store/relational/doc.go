// Package relational keeps the ledger in SQL that SQLite and PostgreSQL both understand: one schema, one set of migrations,
// one set of questions. What the two do not share is a [Dialect], which internal/store/sqlite and internal/store/postgres
// fill in. So whatever reads one ledger's tables reads the other's.
package relational
