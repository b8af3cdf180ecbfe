package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds one line of input, in bytes.
const maxLine = 64 << 20

// lines reads text line by line. One that is too long is a fault of its own; those behind it are read all the same.
type lines struct {
	r      *bufio.Reader
	most   int
	number int // of the line that next returned last, from 1
	line   []byte
}

// errLongLine is what next says of a line above the bound.
var errLongLine = errors.New("the line is too long")

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReaderSize(r, 64<<10), most: maxLine} }

// next returns the next line that is not blank, without the space around it; it is valid until the next call. At the end
// the error is io.EOF. After an errLongLine there may be more.
func (l *lines) next() ([]byte, error) {
	for {
		text, err := l.read()
		if err != nil {
			return nil, err
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			return text, nil
		}
	}
}

func (l *lines) read() ([]byte, error) {
	l.line = l.line[:0]
	long, some := false, false
	for {
		piece, err := l.r.ReadSlice('\n')
		some = some || len(piece) > 0
		if long = long || len(l.line)+len(piece) > l.most; !long {
			l.line = append(l.line, piece...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && (!errors.Is(err, io.EOF) || !some) {
			return nil, err
		}
		l.number++
		if long {
			return nil, fmt.Errorf("%w: it has more than %d bytes", errLongLine, l.most)
		}
		return l.line, nil
	}
}

// waiting reports whether no whole line is at hand, so that next would wait for whoever writes them: they may be waiting
// for an answer.
func (l *lines) waiting() bool {
	held, _ := l.r.Peek(l.r.Buffered()) // what is buffered is there
	return bytes.IndexByte(held, '\n') < 0
}
