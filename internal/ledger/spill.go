package ledger

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/llmroute/llmroute/internal/usage"
)

// spill is a file of records that the database could not take, a line each. It is appended to, synced, and when the database is
// back renamed to .replay, read, and removed. Safe for concurrent use.
//
//	{"price":{"version":"0a1b2c3d4e5f","text":"{\"catalog\":…}"}}
//	{"record":{"ID":"…","Started":"2026-11-24T12:00:00Z",…}}
//
// A crash while it is read means that it is read again from its beginning, which the database does not mind.
type spill struct {
	path string // empty: there is none

	mu      sync.Mutex
	file    *os.File // nil: not open
	size    int64
	torn    bool // the last write did not end; the next begins on a new line
	failing bool

	replaying *os.File // nil: none
	reader    *bufio.Reader
	unlock    func()
}

// maxSpillBytes bounds the file: about two million records.
const maxSpillBytes = 1 << 30

// maxLineBytes bounds what is read as a line; longer ones are none of ours.
const maxLineBytes = 1 << 20

var (
	errNoSpill   = errors.New("there is none")
	errSpillFull = fmt.Errorf("it has reached %d MiB", maxSpillBytes>>20)
)

// spillLine is one line: one of the two is set.
type spillLine struct {
	Price  *spilledPrice `json:"price,omitempty"`
	Record *usage.Record `json:"record,omitempty"`
}

type spilledPrice struct {
	Version string `json:"version"`
	Text    string `json:"text"`
}

// leftover is what was read of the spill file.
type leftover struct {
	records []*usage.Record
	prices  []usage.Price
}

func (l leftover) empty() bool { return len(l.records) == 0 && len(l.prices) == 0 }

// newSpill uses the file at path. If another process does so already, this one's file has a number after its name.
func newSpill(path string) *spill {
	if path == "" {
		return &spill{unlock: func() {}}
	}
	const processes = 64
	for n := 1; n <= processes; n++ {
		name := path
		if n > 1 {
			name = fmt.Sprintf("%s.%d", path, n)
		}
		unlock, taken := lockFile(name + ".lock")
		if !taken {
			return &spill{path: name, unlock: unlock, torn: true}
		}
	}
	return &spill{unlock: func() {}}
}

// append writes records and the prices they need, all or none. changed says that it is the first failure, or the first success
// after one.
func (s *spill) append(records []*usage.Record, prices []usage.Price) (changed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err = s.write(records, prices)
	changed = s.failing != (err != nil)
	s.failing = err != nil
	return changed, err
}

func (s *spill) write(records []*usage.Record, prices []usage.Price) error {
	if s.path == "" {
		return errNoSpill
	}
	text, err := spillText(records, prices)
	if err != nil {
		return err
	}
	if err := s.open(); err != nil {
		return err
	}
	if s.size+int64(len(text)) > maxSpillBytes {
		return errSpillFull
	}
	if s.torn {
		text = append([]byte{'\n'}, text...)
	}
	n, err := s.file.Write(text)
	s.size += int64(n)
	if err == nil {
		err = s.file.Sync()
	}
	s.torn = err != nil
	return err
}

func spillText(records []*usage.Record, prices []usage.Price) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, p := range prices {
		text, err := p.Text()
		if err != nil {
			return nil, err
		}
		if err := enc.Encode(spillLine{Price: &spilledPrice{p.Version, text}}); err != nil {
			return nil, err
		}
	}
	for _, r := range records {
		if err := enc.Encode(spillLine{Record: r}); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func (s *spill) open() error {
	if s.file != nil {
		return nil
	}
	f, err := os.OpenFile(s.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return err
	}
	// What an earlier process left may end in the middle of a line.
	s.file, s.size, s.torn = f, info.Size(), info.Size() > 0
	return nil
}

// next returns up to limit further records, and how many lines were no records. Nothing at all means that all that was spilled has been
// returned, and that what the caller got before may be forgotten: it must be in the database by then.
func (s *spill) next(limit int) (out leftover, skipped int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.path == "" {
		return out, 0, nil
	}
	if s.replaying == nil {
		if err := s.beginReplay(); err != nil || s.replaying == nil {
			return out, 0, err
		}
	}
	for len(out.records) < limit {
		line, err := s.line()
		switch {
		case errors.Is(err, io.EOF) && out.empty():
			return out, skipped, s.endReplay()
		case errors.Is(err, io.EOF):
			return out, skipped, nil
		case err != nil:
			return out, skipped, err
		case len(line) == 0:
		case !out.add(line):
			skipped++
		}
	}
	return out, skipped, nil
}

// beginReplay opens what is to be replayed: first what an earlier process did not finish.
func (s *spill) beginReplay() error {
	name := s.path + ".replay"
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		info, err := os.Stat(s.path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			return nil
		}
		if s.file != nil {
			_ = s.file.Close() // every write was synced
			s.file = nil
		}
		if err := os.Rename(s.path, name); err != nil {
			return err
		}
		f, err = os.Open(name)
		if err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	s.replaying, s.reader = f, bufio.NewReaderSize(f, maxLineBytes)
	return nil
}

func (s *spill) endReplay() error {
	_ = s.replaying.Close() // it was only read
	s.replaying, s.reader = nil, nil
	return os.Remove(s.path + ".replay")
}

// line returns the next line without its end. One that is too long is returned in pieces, none of which is a record.
func (s *spill) line() ([]byte, error) {
	line, err := s.reader.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || errors.Is(err, io.EOF) && len(line) > 0 {
		err = nil
	}
	return bytes.TrimRight(line, "\r\n"), err
}

// add takes a line in, and reports whether it was one of ours.
func (l *leftover) add(line []byte) bool {
	var in spillLine
	if err := json.Unmarshal(line, &in); err != nil {
		return false
	}
	switch {
	case in.Record != nil && in.Record.ID != "":
		l.records = append(l.records, in.Record)
		return true
	case in.Price != nil:
		p, err := usage.ParsePrice(in.Price.Version, in.Price.Text)
		if err == nil {
			l.prices = append(l.prices, p)
		}
		return err == nil
	}
	return false
}

// close gives the file up. An empty one that this process made is left for the next.
func (s *spill) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		_ = s.file.Close() // every write was synced
		s.file = nil
	}
	if s.replaying != nil {
		_ = s.replaying.Close() // it is read again from its beginning
		s.replaying = nil
	}
	s.unlock()
}
