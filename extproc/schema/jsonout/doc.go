// Package jsonout writes JSON front to back into one buffer. It places commas and colons, nothing more: what is
// opened must be closed. It keeps translated bodies free of reflection and of copies of large strings.
package jsonout
