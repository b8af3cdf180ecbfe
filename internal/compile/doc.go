// Package compile turns a configuration into the immutable snapshot that requests see. It alone knows both
// sides: what operators write (internal/config) and what decides (policy).
//
//	config.File ─▶ expressions compiled, catalog joined, names resolved ─▶ Snapshot
//
// It reads no file, no environment and no clock; the same configuration gives the same snapshot.
package compile
