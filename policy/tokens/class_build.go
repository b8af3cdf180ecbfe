package tokens

import "unicode"

// Blocks is what the classes of the Basic Multilingual Plane are read from: two bytes a block, its class, or 0 and the
// number of its table; then the tables. It follows the Unicode version of the Go that runs it.
func Blocks() []byte {
	out := make([]byte, blockCount*2)
	var tables []byte
	for block := range blockCount {
		var table [1 << blockBits]byte
		mixed := false
		for i := range table {
			table[i] = byte(classify(rune(block<<blockBits | i)))
			mixed = mixed || table[i] != table[0]
		}
		if !mixed {
			out[block*2] = table[0]
			continue
		}
		out[block*2+1] = byte(len(tables) >> blockBits)
		tables = append(tables, table[:]...)
	}
	return append(out, tables...)
}

func classify(r rune) class {
	switch {
	case unicode.IsLetter(r):
		return other
	case unicode.IsMark(r):
		return mark
	case unicode.IsNumber(r):
		return digit
	case unicode.IsSpace(r):
		return blank
	}
	return symbol
}
