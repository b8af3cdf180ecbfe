package tokens

import (
	"encoding/binary"
	"slices"
)

// Digest is what a Vocabulary is made from: tokens of 2 to 32 bytes, the most frequent first, in so many buckets, a power
// of two. Tokens that find no room are left out, and counted. The same tokens in the same order give the same bytes.
func Digest(vocabulary []string, buckets int) (data []byte, leftOut int) {
	data = make([]byte, lengthsBytes+buckets*bucketBytes)
	d := openDigest(data)
	held := make([]bucket, buckets)
	for _, token := range vocabulary {
		n := len(token)
		if n < 2 || n > longestToken {
			continue
		}
		var w window
		copy(w[:], token)
		if !d.place(held, hash(&w, 0, n)) {
			leftOut++
			continue
		}
		if n > 2 {
			lengths := d.lengths[lengthsKey(&w, 0)*4:]
			binary.LittleEndian.PutUint32(lengths, binary.LittleEndian.Uint32(lengths)|1<<(n-1))
		}
	}
	for i, b := range held {
		for k, h := range b {
			if h != 0 {
				binary.LittleEndian.PutUint16(d.buckets[i*bucketBytes+2*k:], uint16(fingerprint(h)))
			}
		}
	}
	return data, leftOut
}

// bucket has the hashes behind the fingerprints; 0: none.
type bucket [bucketSlots]uint64

func (b *bucket) put(h uint64) bool {
	free := slices.Index(b[:], 0)
	if free >= 0 {
		b[free] = h
	}
	return free >= 0
}

// place puts h into one of its buckets, or else into the place of another that can move to its own other one.
func (d *digest) place(held []bucket, h uint64) bool {
	first, second := d.places(h)
	if held[first].put(h) || held[second].put(h) {
		return true
	}
	for _, at := range []uint64{first, second} {
		for slot, there := range held[at] {
			a, b := d.places(there)
			if held[a].put(there) || held[b].put(there) {
				held[at][slot] = h
				return true
			}
		}
	}
	return false
}
