package config

import (
	"fmt"
	"io"
	"reflect"
)

// Map is a YAML mapping whose order matters.
type Map[T any] []Entry[T]

// Entry is one key of a Map with its value.
type Entry[T any] struct {
	Name  string
	Pos   Pos // of the key
	Value T
}

// Get returns the value of name.
func (m Map[T]) Get(name string) (T, bool) {
	for i := range m {
		if m[i].Name == name {
			return m[i].Value, true
		}
	}
	var zero T
	return zero, false
}

// grow appends an entry and returns a pointer to its value, which is good until the next grow.
func (m *Map[T]) grow(name string, pos Pos) any {
	*m = append(*m, Entry[T]{Name: name, Pos: pos})
	return &(*m)[len(*m)-1].Value
}

func (m *Map[T]) element() reflect.Type { return reflect.TypeFor[T]() }

// ordered is a Map of whatever values.
type ordered interface {
	grow(name string, pos Pos) (value any)
	element() reflect.Type
}

// Pos is a place in a file. Line and Column count from 1; zero means unknown.
type Pos struct{ Line, Column int }

// Secret is a credential. It prints, logs and marshals as dots; only Reveal gives the value.
type Secret struct{ value string }

// NewSecret wraps a credential.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal returns the credential itself. Only what hands it to Envoy may call it.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether there is no credential.
func (s Secret) IsZero() bool { return s.value == "" }

func (s Secret) String() string { return s.mask() }

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return s.mask() }

// MarshalText implements encoding.TextMarshaler, which JSON, YAML and slog use.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.mask()), nil }

// Format implements fmt.Formatter, for the verbs that would look past String, such as %d.
func (s Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, s.mask()) }

// dots stand for what must not be seen.
const dots = "••••"

func (s Secret) mask() string {
	if s.value == "" {
		return ""
	}
	return dots
}

// ByteSize is a number of bytes. In YAML: `1048576`, `512KiB`, `32MiB`, `1GiB`.
type ByteSize int64
