package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// client is one keep-alive connection over HTTP/1.1. It knows just enough of it to cost little: its requests are made
// beforehand, and it looks at nothing of an answer but its framing and, if asked, the stamps in a stream's chunks.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	keep *bytes.Buffer // if set, takes the body of the next answer
	head bytes.Buffer  // of the last answer
}

func dial(ctx context.Context, addr string) (*client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

func (c *client) close() { _ = c.conn.Close() }

// patience bounds one answer.
const patience = 30 * time.Second

// answer is what a request took.
type answer struct {
	first, whole time.Duration   // to the first byte of the body, and to the last
	chunks       []time.Duration // from each chunk's stamp to its arrival
}

// do sends a request and reads its answer. stamps is room for answer.chunks; nil: none wanted.
func (c *client) do(request []byte, stamps []time.Duration) (a answer, err error) {
	began := time.Now()
	if err := c.conn.SetDeadline(began.Add(patience)); err != nil {
		return a, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return a, err
	}
	status, length, err := c.header()
	if err != nil {
		return a, err
	}
	if length >= 0 {
		a.first = time.Since(began)
		err = c.skip(length)
	} else {
		a.first, a.chunks, err = c.stream(began, stamps)
	}
	a.whole = time.Since(began)
	if err == nil && status != 200 {
		err = fmt.Errorf("status %d\n%s", status, c.head.Bytes())
	}
	return a, err
}

// header reads to the empty line. length -1: chunked.
func (c *client) header() (status, length int, err error) {
	length = -1
	c.head.Reset()
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, 0, err
		}
		if len(line) <= 2 {
			return status, length, nil
		}
		c.head.Write(line)
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case status == 0:
			if len(line) < 12 {
				return 0, 0, errors.New("no status line")
			}
			if status, err = strconv.Atoi(string(line[9:12])); err != nil {
				return 0, 0, err
			}
		case string(name) == "content-length": // Envoy writes names in lower case
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, 0, err
			}
		}
	}
}

func (c *client) skip(n int) error {
	if c.keep != nil {
		_, err := io.CopyN(c.keep, c.in, int64(n))
		return err
	}
	_, err := c.in.Discard(n)
	return err
}

// stream reads a chunked body (RFC 9112, section 7.1).
func (c *client) stream(began time.Time, stamps []time.Duration) (first time.Duration, chunks []time.Duration, err error) {
	chunks = stamps
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		arrived := time.Now()
		if first == 0 {
			first = arrived.Sub(began)
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return 0, nil, err
		}
		if n == 0 {
			_, err = c.in.Discard(2)
			return first, chunks, err
		}
		if stamps != nil {
			part, err := c.in.Peek(min(int(n), c.in.Size()))
			if err != nil {
				return 0, nil, err
			}
			for at := range allStamps(part) {
				chunks = append(chunks, arrived.Sub(at))
			}
		}
		if err := c.skip(int(n)); err != nil {
			return 0, nil, err
		}
		if _, err := c.in.Discard(2); err != nil {
			return 0, nil, err
		}
	}
}

// allStamps are the times at which the provider sent what is in text: each is a number of 19 digits, nanoseconds
// since 1970.
func allStamps(text []byte) func(func(time.Time) bool) {
	return func(yield func(time.Time) bool) {
		const digits = 19
		run := 0
		for i, b := range text {
			if b < '0' || b > '9' {
				run = 0
				continue
			}
			if run++; run != digits {
				continue
			}
			n, err := strconv.ParseInt(string(text[i+1-digits:i+1]), 10, 64)
			if err == nil && !yield(time.Unix(0, n)) {
				return
			}
		}
	}
}
