// Package postgres keeps the ledger in a PostgreSQL database, which any number of llmroutes may share.
package postgres
