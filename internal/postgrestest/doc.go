// Package postgrestest runs a real PostgreSQL in tests: on a free port of the loopback interface, gone when the test ends.
package postgrestest
