// Package learned keeps what policy/learn knows beyond one process: in a file, so that it survives a restart, and in a Redis or
// Valkey, so that replicas share it. It never stands on the way of a request.
package learned
