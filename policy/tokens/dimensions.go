package tokens

import (
	"bytes"
	"encoding/base64"
)

// Dimensions reads an image's width and height in pixels off its first bytes. Data is base64, or a data URL of it, as it
// stands in a body, escapes and all; no more than some hundred bytes of it are decoded, wherever in the file they are. PNG, JPEG, GIF and
// WebP are known; !ok means anything else, or damaged.
func Dimensions(data []byte) (width, height int, ok bool) {
	if bytes.IndexByte(data[:min(len(data), toldByBytes)], '\\') >= 0 { // some clients write \/ for /
		data = bytes.ReplaceAll(data[:min(len(data), maxEscaped)], []byte(`\/`), []byte("/"))
	}
	if bytes.HasPrefix(data, []byte("data:")) {
		_, data, ok = bytes.Cut(data, []byte(","))
		if !ok {
			return 0, 0, false
		}
	}
	f := file{data}
	switch {
	case f.is(0, "\x89PNG\r\n\x1a\n") && f.is(12, "IHDR"):
		width, height = f.big(16, 4), f.big(20, 4)
	case f.is(0, "GIF8"):
		width, height = f.little(6, 2), f.little(8, 2)
	case f.is(0, "RIFF") && f.is(8, "WEBP"):
		width, height = f.webp()
	case f.is(0, "\xff\xd8"):
		width, height = f.jpeg()
	}
	return width, height, width > 0 && height > 0
}

// Whether slashes are escaped is told by so many bytes, and so many are read if they are.
const (
	toldByBytes = 4 << 10
	maxEscaped  = 256 << 10
)

// file reads bytes of a base64 text in any order.
type file struct{ text []byte }

// at is byte i of the file, or -1.
func (f file) at(i int) int {
	group := i / 3 * 4
	if i < 0 || group >= len(f.text) {
		return -1
	}
	var out [3]byte
	n, err := base64.StdEncoding.Decode(out[:], f.text[group:min(group+4, len(f.text))])
	if err != nil || i%3 >= n {
		return -1
	}
	return int(out[i%3])
}

func (f file) is(from int, want string) bool {
	for i := range len(want) {
		if f.at(from+i) != int(want[i]) {
			return false
		}
	}
	return true
}

// big and little are numbers of n bytes at i, or -1.
func (f file) big(i, n int) int {
	x := 0
	for k := range n {
		b := f.at(i + k)
		if b < 0 {
			return -1
		}
		x = x<<8 | b
	}
	return x
}

func (f file) little(i, n int) int {
	x := 0
	for k := n - 1; k >= 0; k-- {
		b := f.at(i + k)
		if b < 0 {
			return -1
		}
		x = x<<8 | b
	}
	return x
}

// webp reads the three kinds of WebP; see the WebP Container Specification, and RFC 6386 section 9.1 for "VP8 ".
func (f file) webp() (width, height int) {
	switch {
	case f.is(12, "VP8X"):
		return f.little(24, 3) + 1, f.little(27, 3) + 1
	case f.is(12, "VP8L"):
		bits := f.little(21, 4)
		if bits < 0 {
			return 0, 0
		}
		return bits&0x3FFF + 1, bits>>14&0x3FFF + 1
	case f.is(12, "VP8 "):
		w, h := f.little(26, 2), f.little(28, 2)
		if w < 0 || h < 0 {
			return 0, 0
		}
		return w & 0x3FFF, h & 0x3FFF
	default:
		return 0, 0
	}
}

// maxSegments bounds the walk over a JPEG.
const maxSegments = 64

// jpeg walks over the segments to the start of frame, SOF0 to SOF15, that has the size; see ITU T.81, section B.2.2.
func (f file) jpeg() (width, height int) {
	at := 2
	for range maxSegments {
		marker, size := f.at(at+1), f.big(at+2, 2)
		switch {
		case f.at(at) != 0xFF || marker < 0:
			return 0, 0
		case marker == 0xFF: // fill
			at++
			continue
		case marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC:
			return f.big(at+7, 2), f.big(at+5, 2)
		case size < 2:
			return 0, 0
		}
		at += 2 + size
	}
	return 0, 0
}
