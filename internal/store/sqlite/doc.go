// Package sqlite keeps the ledger in a SQLite file, in pure Go.
//
// The file is in WAL mode, so that it can be read while llmroute writes, by other processes too. Every commit is synced to the disk
// before it counts (synchronous=FULL): what was committed survives the loss of the process and of the machine's power.
package sqlite
