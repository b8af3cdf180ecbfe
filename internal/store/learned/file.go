package learned

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/llmroute/llmroute/policy/learn"
)

// File is a snapshot in a file.
type File string

// mostBytes bounds what is read: some ten thousand models.
const mostBytes = 16 << 20

// Load reads the file. nil without an error: there is none yet.
func (f File) Load() (*learn.Snapshot, error) {
	file, err := os.Open(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(file, mostBytes))
	if err != nil {
		return nil, err
	}
	s, err := learn.ParseSnapshot(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", string(f), err)
	}
	return s, nil
}

// Save replaces the file in one step. Only its owner may read it.
func (f File) Save(s *learn.Snapshot) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	next, err := os.CreateTemp(filepath.Dir(string(f)), filepath.Base(string(f))+".*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(next.Name()) }() // of no use after a failure; gone after the rename
	if _, err = next.Write(text); err == nil {
		err = next.Sync()
	}
	if err = errors.Join(err, next.Close()); err != nil {
		return err
	}
	return os.Rename(next.Name(), string(f))
}
