package tokens

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// longestRun is how much of a run of letters, marks or spaces is looked at: more than the longest token.
const longestRun = 48

// piece takes the piece of text at i, as the tokenizer's pattern cuts it, and tells where it ends. A piece that is too
// long is taken in part; the rest goes on as a piece of its own.
func (c *counter) piece(i int) (next int) {
	kind := asciiClass[c.window[i]]
	first, following := i, kind
	if kind&(blank|symbol) != 0 { // one space or symbol goes with the word after it
		first++
		following = asciiClass[c.window[first]]
	}
	switch {
	case following&(lower|upper) != 0:
		return c.plainWord(i, first)
	case following == beyond:
		return c.anyPiece(i)
	case kind == digit:
		return c.digits(i, 1)
	case kind == newline:
		return c.blanks(i)
	case kind == symbol, following == symbol && c.window[i] == ' ':
		return c.symbols(i)
	case following == digit:
		c.tokens++
		return i + 1
	}
	return c.blanks(i)
}

// plainWord is word for what most words are: at most one capital, and up to seven small letters.
func (c *counter) plainWord(i, first int) (next int) {
	at := first
	if asciiClass[c.window[at]] == upper {
		at++
	}
	if n := lowers(binary.LittleEndian.Uint64(c.window[at:])); n > 0 && n < 8 {
		at += n
		if after := c.window[at]; asciiClass[after]&c.endsWord != 0 && after != '\'' {
			return c.take(i, at)
		}
	}
	return c.word(i, first)
}

// anyPiece is piece for whatever may come.
func (c *counter) anyPiece(i int) (next int) {
	kind, size := classOf(&c.window, i)
	switch {
	case kind&c.inWord != 0:
		return c.word(i, i)
	case kind == digit:
		return c.digits(i, size)
	case kind == newline:
		return c.blanks(i)
	}
	if i+size >= c.held {
		return c.take(i, c.held)
	}
	following, _ := classOf(&c.window, i+size)
	switch {
	case following&c.inWord != 0:
		return c.word(i, i+size)
	case kind != blank, following == symbol && c.window[i] == ' ':
		return c.symbols(i)
	case following == digit:
		return c.take(i, i+size)
	}
	return c.blanks(i)
}

// word takes letters from first on, with what stands before them from i on.
func (c *counter) word(i, first int) (next int) {
	at := c.letters(&c.window, first, min(c.held, first+longestRun))
	if c.window[at] == '\'' && at < c.held {
		at += c.contraction(at)
	}
	if at-first < longestRun {
		return c.take(i, at)
	}
	return c.parts(i, at, longestToken)
}

// letters finds where a run of letters that starts at i ends.
func (v *Vocabulary) letters(w *window, i, end int) int {
	fold := uint64(caseBits)
	if v.splitsCase {
		fold = 0
		for i < end {
			c, size := classOf(w, i)
			if c&(v.inWord&^lower) == 0 {
				break
			}
			i += size
		}
	}
	for i < end {
		if n := lowers(binary.LittleEndian.Uint64(w[i:]) | fold); n > 0 {
			i += n
			continue
		}
		if w[i] < utf8.RuneSelf {
			break
		}
		c, size := runeClass(w, i)
		if c&v.inWord == 0 {
			break
		}
		i += size
	}
	return min(i, end)
}

// Eight bytes in one word.
const (
	eachByte = 0x0101010101010101
	topBits  = 0x80 * eachByte
	caseBits = 0x20 * eachByte // make small letters of capitals
)

// lowers counts how many of the next eight bytes are a to z, from the first on.
func lowers(x uint64) int {
	ascii := x &^ topBits
	notLower := ^(ascii + (0x80-'a')*eachByte) | (ascii + (0x7F-'z')*eachByte) | x
	return bits.TrailingZeros64(notLower&topBits) / 8
}

// contraction is the length of 's, 't, 're, 've, 'm, 'd or 'll at i, else 0.
func (c *counter) contraction(i int) int {
	w := &c.window
	if !c.splitsCase { // cl100k_base makes it a piece of its own, which counts alike
		return 0
	}
	switch w[i+1] | 0x20 {
	case 's', 't', 'm', 'd':
		return 2
	case 'l':
		if w[i+2]|0x20 == 'l' {
			return 3
		}
	case 'r', 'v':
		if w[i+2]|0x20 == 'e' {
			return 3
		}
	}
	return 0
}

// digits takes up to three; each number of three digits is a token.
func (c *counter) digits(i, size int) (next int) {
	c.tokens += max(1, size-1) // beyond ASCII most digits are two
	next = i + size
	for n := 1; n < 3 && next < c.held && asciiClass[c.window[next]] == digit; n++ {
		next++
	}
	return next
}

// symbols takes a run of them, with a space before and the lines' ends after.
func (c *counter) symbols(i int) (next int) {
	w, end := &c.window, min(c.held, i+longestRun)
	at := i
	if w[at] == ' ' {
		at++
	}
	for at < end {
		kind, size := asciiClass[w[at]], 1
		if kind == beyond {
			kind, size = runeClass(w, at)
		}
		if kind&c.asSymbol == 0 {
			break
		}
		at += size
	}
	for at < end && (asciiClass[w[at]] == newline || c.splitsCase && w[at] == '/') {
		at++
	}
	return c.take(i, at)
}

// blanks takes white space: up to the last line's end, or else all but what goes with the word after it.
func (c *counter) blanks(i int) (next int) {
	at, broken, before := i, i, i
	for at < min(c.held, i+longestRun) {
		kind, size := asciiClass[c.window[at]], 1
		if kind == beyond {
			kind, size = runeClass(&c.window, at)
		}
		if kind == newline {
			broken = at + 1
		} else if kind != blank {
			break
		}
		before, at = at, at+size
	}
	switch {
	case broken > i:
		at = broken
	case at < c.held && before > i:
		at = before
	}
	return c.take(i, at)
}
