package tokens

// counter adds up the tokens of one text.
type counter struct {
	*Vocabulary
	window
	held   int // bytes of plain text in window
	tokens int
	misses [missKinds]misses
}

// misses are the pieces of one kind that are no token. The first are measured, and after them some, drawn by lot; the
// others count as those do.
type misses struct {
	seen       uint32
	measured   int // bytes
	parts      int // tokens of measured
	unmeasured int // bytes
}

// missKinds is how many kinds of misses there are, with little in common: words beyond ASCII, words, and symbols.
const missKinds = 3

// The tokens after which less is measured, and of how many eighths of the misses.
const (
	measuredFully  = 64
	measuredOften  = 512
	oftenEighths   = 2
	seldomEighths  = 1
	spreadByGolden = 0x9E3779B1 // its multiples fall evenly, and in step with nothing that texts repeat
)

// draw tells whether the next miss is measured.
func (m *misses) draw() bool {
	m.seen++
	lot := m.seen * spreadByGolden >> 29
	switch {
	case m.parts < measuredFully:
		return true
	case m.parts < measuredOften:
		return lot < oftenEighths
	}
	return lot < seldomEighths
}

// total is the tokens of all that was seen.
func (c *counter) total() int {
	n := c.tokens
	for _, m := range c.misses {
		n += m.parts
		if m.unmeasured > 0 {
			n += (m.unmeasured*m.parts + m.measured/2) / m.measured
		}
	}
	return n
}

// run takes pieces off the window. Unless they are the last, it stops where it would have to look further, and keeps the rest.
func (c *counter) run(last bool) {
	end := c.held
	if !last {
		end -= lookahead
	}
	clear(c.window[c.held:min(c.held+padding, len(c.window))])
	at := 0
	for at < end {
		at = c.piece(at)
	}
	c.held = copy(c.window[:], c.window[min(at, c.held):c.held])
}

// take counts the piece from i to end: one token if it is in the vocabulary, else its parts.
func (c *counter) take(i, end int) (next int) {
	end = min(end, c.held)
	n := end - i
	if n == 1 || n <= longestToken && c.digest.has(&c.window, i, n) {
		c.tokens++
		return end
	}
	return c.parts(i, end, 0)
}

// parts counts the longest token at i, and so on, until no more than leave bytes are left before the end.
func (c *counter) parts(i, end, leave int) (next int) {
	m := &c.misses[missKind(c.window[end-1])]
	if !m.draw() {
		for next = end - leave; leave > 0 && c.window[next]&0xC0 == 0x80; {
			next--
		}
		m.unmeasured += next - i
		return next
	}
	from := i
	for i < end-leave {
		i += c.digest.longest(&c.window, i, end-i)
		m.parts++
	}
	m.measured += i - from
	return i
}

// missKind tells the kind of a piece by its last byte.
func missKind(last byte) int {
	switch kind := asciiClass[last]; {
	case kind == beyond:
		return 0
	case kind&(lower|upper) != 0:
		return 1
	}
	return 2
}
