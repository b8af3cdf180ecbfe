package recording

import (
	"bufio"
	"errors"
	"fmt"
	"os"
)

// file is the file that lines go to. The zero value is ready.
type file struct {
	path string
	open *os.File
	w    *bufio.Writer
	size int64 // with what w holds
	held int64 // lines in w, or partly so
	lost int64 // lines that were held and could not be written
}

// bufferBytes is gathered before it is written, while more lines wait.
const bufferBytes = 64 << 10

// append writes a line to the file at path, which is made for its owner alone if it is not there. One that would grow
// beyond most bytes is renamed first.
func (f *file) append(path string, most int64, line []byte) error {
	if f.open != nil && f.path != path {
		if err := f.close(); err != nil {
			return err
		}
	}
	if f.open == nil {
		if err := f.begin(path); err != nil {
			return err
		}
	}
	if f.size > 0 && f.size+int64(len(line)) > most {
		if err := f.rotate(); err != nil {
			return err
		}
	}
	n, err := f.w.Write(line)
	f.size += int64(n)
	f.held++
	if err != nil {
		return f.giveUp(err)
	}
	return nil
}

func (f *file) begin(path string) error {
	open, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := open.Stat()
	if err != nil {
		return errors.Join(err, open.Close())
	}
	*f = file{path: path, open: open, w: bufio.NewWriterSize(open, bufferBytes), size: info.Size(), lost: f.lost}
	return nil
}

// rotate keeps what is there as path.1, in place of an older one, and begins anew.
func (f *file) rotate() error {
	path := f.path
	if err := f.close(); err != nil {
		return err
	}
	if err := os.Rename(path, path+".1"); err != nil {
		return fmt.Errorf("it has reached its largest size: %w", err)
	}
	return f.begin(path)
}

// flush hands everything to the operating system.
func (f *file) flush() error {
	if f.open == nil || f.w.Buffered() == 0 {
		return nil
	}
	if err := f.w.Flush(); err != nil {
		return f.giveUp(err)
	}
	f.held = 0
	return nil
}

func (f *file) close() error {
	if f.open == nil {
		return nil
	}
	if err := f.flush(); err != nil {
		return err
	}
	err := f.open.Close()
	*f = file{}
	return err
}

// giveUp closes the file after a fault, so that the next line opens it anew: a writer that has failed goes on failing.
func (f *file) giveUp(err error) error {
	err = errors.Join(err, f.open.Close())
	*f = file{lost: f.held}
	return err
}
