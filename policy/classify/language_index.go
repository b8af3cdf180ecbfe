package classify

import "encoding/binary"

// index finds the languages that a short word speaks for. It takes a third of a map's time, which is most of what telling a
// language costs. It is not changed once built.
type index struct {
	hashes    []uint32 // 0: free; a power of two of them, at most a quarter taken
	words     []string
	languages [][]uint8
}

func newIndex(of map[string][]uint8) *index {
	size := 1
	for size < 4*len(of) {
		size *= 2
	}
	x := &index{make([]uint32, size), make([]string, size), make([][]uint8, size)}
	for word, languages := range of {
		var w wordBuffer
		n := copy(w[:], word)
		h := w.hash(0, n)
		at := x.place(h)
		for x.hashes[at] != 0 {
			at = x.after(at)
		}
		x.hashes[at], x.words[at], x.languages[at] = h, word, languages
	}
	return x
}

func (x *index) place(h uint32) uint32  { return h & uint32(len(x.hashes)-1) }
func (x *index) after(at uint32) uint32 { return x.place(at + 1) }

// find returns the languages of the n bytes at i; nil: none.
func (x *index) find(w *wordBuffer, i, n int) []uint8 {
	h := w.hash(i, n)
	for at := x.place(h); x.hashes[at] != 0; at = x.after(at) {
		if x.hashes[at] == h && x.words[at] == string(w[i:i+n]) {
			return x.languages[at]
		}
	}
	return nil
}

// longestWord is the most bytes of a word that is looked up.
const longestWord = 24

// wordBuffer holds a word, and room to read eight bytes at any place of it.
type wordBuffer [longestWord + 8]byte

// hash is never 0. It looks at the first 16 bytes.
func (w *wordBuffer) hash(i, n int) uint32 {
	h := w.bytes(i, n) * 0x9E3779B97F4A7C15
	if n > 8 {
		h ^= w.bytes(i+8, n-8) * 0xD6E8FEB86659FD93
	}
	return uint32(h>>32) ^ uint32(n) | 1<<31
}

// bytes are the first n bytes at i, at most eight.
func (w *wordBuffer) bytes(i, n int) uint64 {
	return binary.LittleEndian.Uint64(w[i:]) & (^uint64(0) >> (64 - 8*min(n, 8)))
}
