package tokens

import (
	"encoding/binary"
	"math/bits"
)

// The layout of a digest: first the lengths, then the buckets, all little-endian.
const (
	longestToken = 32      // bytes; longer ones, which are runs of spaces and dashes, are left out
	lengthsKeys  = 1 << 13 // by the first three bytes
	lengthsBytes = lengthsKeys * 4
	bucketSlots  = 4
	bucketBytes  = bucketSlots * 2

	bucketsOfLine = 8 // a cache line has 64 bytes
)

// digest tells of byte sequences of 2 to 32 bytes whether they are in a vocabulary. It errs for one in some 5,000 that
// are not, and never for one that is.
type digest struct {
	lengths []byte // 32 bits a key: bit n−1 is set if a token that starts so has n bytes
	buckets []byte // 4 fingerprints of 16 bits each, 0: none; a power of two of them
	mask    uint64 // what is a line's first bucket
}

// openDigest takes what Digest wrote.
func openDigest(data []byte) digest {
	buckets := data[lengthsBytes:]
	return digest{data[:lengthsBytes:lengthsBytes], buckets, uint64(len(buckets)/bucketBytes - bucketsOfLine)}
}

// firstBytes and nextBytes keep, of sixteen bytes in two words, the first n.
var firstBytes, nextBytes = buildMasks()

func buildMasks() (first, next [longestToken + 1]uint64) {
	for n := range first {
		first[n] = 1<<(8*min(n, 8)) - 1
		next[n] = 1<<(8*min(max(n-8, 0), 8)) - 1
	}
	return first, next
}

// Odd numbers with their bits well mixed.
const (
	mix1 = 0x9E3779B97F4A7C15
	mix2 = 0xD6E8FEB86659FD93
	mix3 = 0xA0761D6478BD642F
	mix4 = 0xE7037ED1A0B428DB
)

// hash mixes the n bytes at i, n from 2 to 32.
func hash(w *window, i, n int) uint64 {
	if n <= 16 {
		return hash16(w[i:], n)
	}
	s := w[i : i+longestToken]
	h := hash16(s, 16)
	n -= 16
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(s[16:])&firstBytes[n]^h^mix3, binary.LittleEndian.Uint64(s[24:])&nextBytes[n]^uint64(n)^mix4)
	return hi ^ lo
}

// hash16 is hash of up to 16 bytes.
func hash16(s []byte, n int) uint64 {
	s, n = s[:16], n&(longestToken-1)
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(s)&firstBytes[n]^mix1, binary.LittleEndian.Uint64(s[8:])&nextBytes[n]^mix2+uint64(n)<<1)
	return hi ^ lo
}

// fingerprint is never 0.
func fingerprint(h uint64) uint64 { return h>>48 | 1 }

// places are the two buckets that may hold what hashes to h, in one cache line.
func (d *digest) places(h uint64) (first, second uint64) {
	line := h & d.mask
	return line | h>>40&7, line | h>>43&7
}

// has tells whether the n bytes at i are a token, n from 2 to 32.
func (d *digest) has(w *window, i, n int) bool {
	const ones, tops = 0x0001000100010001, 0x8000800080008000
	h := hash(w, i, n)
	first, second := d.places(h)
	sought := fingerprint(h) * ones
	a := binary.LittleEndian.Uint64(d.buckets[first*bucketBytes:]) ^ sought
	b := binary.LittleEndian.Uint64(d.buckets[second*bucketBytes:]) ^ sought
	return ((a-ones)&^a|(b-ones)&^b)&tops != 0
}

// lengthsKey finds the lengths of tokens that start with the three bytes at i.
func lengthsKey(w *window, i int) uint32 {
	x := binary.LittleEndian.Uint32(w[i:]) & (1<<24 - 1)
	return x * 0x9E3779B1 >> (32 - 13) // 13 bits: lengthsKeys
}

// longest is the length of the longest token at i that is at most n bytes; 1 if there is no other.
func (d *digest) longest(w *window, i, n int) int {
	if n >= 3 {
		known := binary.LittleEndian.Uint32(d.lengths[lengthsKey(w, i)*4:])
		if n < longestToken {
			known &= 1<<n - 1
		}
		for known > 2 {
			n := bits.Len32(known)
			if d.has(w, i, n) {
				return n
			}
			known &^= 1 << (n - 1)
		}
	}
	if n >= 2 && d.has(w, i, 2) {
		return 2
	}
	return 1
}
