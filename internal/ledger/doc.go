// Package ledger keeps what every request used and cost: a row a request, and daily sums for good.
//
//	Add ─▶ queue ─▶ writer ─▶ Store (SQLite or PostgreSQL), a batch a transaction
//	         │         │ the database is locked or down
//	         │ full    ▼
//	         └──────▶ spill file ─▶ replayed into the Store when it is back
//
// Rows are keyed by the record's time and ID, so a record that comes twice counts once, and a batch whose fate is not known is simply
// written again. Adding never waits: what neither the queue nor the file can take is dropped and counted.
//
// The package knows no SQL; see internal/store.
package ledger
