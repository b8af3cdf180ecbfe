package feature

// FNV-1a, 32 bits.
const (
	offset uint32 = 2166136261
	prime  uint32 = 16777619
)

func hash[T string | []byte](w T) uint32 {
	h := offset
	for i := range len(w) {
		h = (h ^ uint32(w[i])) * prime
	}
	return h
}

// mix spreads h over its high bits, where buckets are taken from.
func mix(h uint32) uint32 {
	h ^= h >> 15
	h *= 0x2C1B3C6D
	h ^= h >> 13
	return h * 0x297A2D39
}

// seen is a set of buckets.
type seen []uint64

func (s *seen) grow(bits int) {
	if *s == nil {
		*s = make(seen, 1<<bits/64)
	}
}

// forget empties the set of what is in list.
func (s *seen) forget(list []uint32) {
	for _, b := range list {
		(*s)[b/64] = 0
	}
}

// add appends b to list if it is new.
func (s seen) add(list []uint32, b uint32) []uint32 {
	if bit := uint64(1) << (b % 64); s[b/64]&bit == 0 {
		s[b/64] |= bit
		return append(list, b)
	}
	return list
}
