package tokens

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

const (
	windowBytes = 1024 // of plain text that are looked at together
	lookahead   = 96   // no step looks further
	padding     = 48   // may be read past the end, and is never part of a token
)

// window is plain text on its way through the estimate.
type window [windowBytes + padding]byte

// Estimate is the tokens of raw, a JSON string between its quotes or any other piece of a body, escapes and all. Raw is
// not kept; any bytes will do. It allocates nothing.
func (v *Vocabulary) Estimate(raw []byte) int {
	c := counter{Vocabulary: v}
	for len(raw) > 0 {
		n, used := fill(c.window[c.held:windowBytes], raw)
		raw = raw[used:]
		c.held += n
		c.run(len(raw) == 0)
	}
	return c.total()
}

// fill writes what raw stands for into room, as far as there is some: n bytes of plain, used bytes of raw.
func fill(room, raw []byte) (n, used int) {
	for len(room)-n >= 8+utf8.UTFMax && used < len(raw) {
		if len(raw)-used >= 8 {
			x := binary.LittleEndian.Uint64(raw[used:])
			binary.LittleEndian.PutUint64(room[n:], x)
			plain := before(x, '\\')
			n, used = n+plain, used+plain
			if plain == 8 {
				long := copyPlain(room[n:len(room)-utf8.UTFMax], raw[used:])
				n, used = n+long, used+long
				continue
			}
		}
		if raw[used] != '\\' {
			room[n] = raw[used]
			n, used = n+1, used+1
			continue
		}
		if used+1 < len(raw) && shortEscapes[raw[used+1]] != 0 {
			room[n] = shortEscapes[raw[used+1]]
			n, used = n+1, used+2
			continue
		}
		size, escape := unescape((*[utf8.UTFMax]byte)(room[n:]), raw[used:])
		n, used = n+size, used+escape
	}
	return n, used
}

// copyPlain copies up to the first escape.
func copyPlain(room, raw []byte) int {
	raw = raw[:min(len(raw), len(room))]
	if i := bytes.IndexByte(raw, '\\'); i >= 0 {
		raw = raw[:i]
	}
	return copy(room, raw)
}

// before counts how many of eight bytes stand before the first b, from the lowest on.
func before(x uint64, b byte) int {
	x ^= uint64(b) * eachByte
	return bits.TrailingZeros64((x-eachByte)&^x&topBits) / 8
}

// shortEscapes has what stands behind a backslash and is not \u; RFC 8259, section 7.
var shortEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f'}

// unescape resolves what raw starts with, \uXXXX or a backslash that is none of JSON's: n bytes of plain, used bytes of raw,
// both at least 1.
func unescape(plain *[utf8.UTFMax]byte, raw []byte) (n, used int) {
	r, ok := hex4(raw)
	if !ok {
		plain[0] = '\\'
		return 1, 1
	}
	if r >= 0xD800 && r < 0xDC00 {
		if low, ok := hex4(raw[6:]); ok && low >= 0xDC00 && low < 0xE000 {
			return utf8.EncodeRune(plain[:], 0x10000+(r-0xD800)<<10+(low-0xDC00)), 12
		}
	}
	return utf8.EncodeRune(plain[:], r), 6
}

// hex4 reads \uXXXX.
func hex4(raw []byte) (rune, bool) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0, false
	}
	r := rune(0)
	for _, c := range raw[2:6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
