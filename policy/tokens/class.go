package tokens

// class is what a character is to a tokenizer's pattern.
type class uint8

// The classes, one bit each.
const (
	lower class = 1 << iota // a to z
	upper                   // A to Z
	other                   // a letter beyond ASCII, whose case is not looked at
	mark                    // that combines with a letter
	digit
	blank
	newline // \r or \n
	symbol
	beyond class = 0 // beyond ASCII: see runeClass
)

const letters = lower | upper | other

// asciiClass has the class of each byte; beyond above 7F.
var asciiClass = buildASCII()

func buildASCII() (t [256]class) {
	for b := range 0x80 {
		t[b] = symbol
		switch {
		case b >= 'a' && b <= 'z':
			t[b] = lower
		case b >= 'A' && b <= 'Z':
			t[b] = upper
		case b >= '0' && b <= '9':
			t[b] = digit
		case b == '\n' || b == '\r':
			t[b] = newline
		case b == ' ' || b >= '\t' && b <= '\f':
			t[b] = blank
		}
	}
	return t
}

// Blocks of 64 characters of the Basic Multilingual Plane: a block is all of one class, or has a table of its own.
const (
	blockBits  = 6
	blockCount = 0x10000 >> blockBits
)

// classOf is the class of the character at i, and how many bytes it has.
func classOf(w *window, i int) (class, int) {
	b := w[i]
	if b < 0x80 {
		return asciiClass[b], 1
	}
	return runeClass(w, i)
}

// runeClass is classOf beyond ASCII. What is not UTF-8 is a symbol of one byte.
func runeClass(w *window, i int) (class, int) {
	b := uint32(w[i])
	switch {
	case b < 0xC2:
		return symbol, 1
	case b < 0xE0:
		return blockClass(b&0x1F, w[i+1]), 2
	case b < 0xF0:
		return blockClass(b&0x0F<<6|uint32(w[i+1]&0x3F), w[i+2]), 3
	case b == 0xF0 && w[i+1] < 0xA0: // emoji, mostly
		return symbol, 4
	case b < 0xF5: // rare Han characters
		return other, 4
	}
	return symbol, 1
}

// blockClass is the class of the character in a block that has this last byte.
func blockClass(block uint32, last byte) class {
	c := blocks[block*2]
	if c == 0 {
		c = blocks[blockCount*2+uint32(blocks[block*2+1])<<blockBits+uint32(last&0x3F)]
	}
	return class(c)
}
