package feature

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxBytes bounds what a scan reads: half from the start and half from the end of a longer text.
const MaxBytes = 4 << 10

// maxWord is the most bytes of a word that its letter groups are taken from.
const maxWord = 32

// recentWords is a power of two.
const recentWords = 256

// A Scanner reads prompts. The zero value works; it is for one goroutine at a time.
type Scanner struct {
	p         Prompt
	words     seen
	letters   seen
	word      [maxWord + 8]byte   // the word being read, in lower case, after a leading space
	n         int                 // its bytes, the space not counted
	digits    bool                // nothing but digits so far
	last      uint32              // the word before; 0 at the start
	recent    [recentWords]uint32 // hashes of words whose letter groups are noted, each at one place; half of a text's words come again
	counts    [cues]int
	kinds     [kinds]int
	total     int // words
	distinct  int
	bytes     int // of words
	long      int
	veryLong  int
	figures   int  // numbers
	numbers   int  // in the stem
	stemWords bool // still in the stem: cues and numbers count
}

// Scan reads text. It ignores case, leading and trailing space. Any bytes will do.
func (s *Scanner) Scan(text string) *Prompt {
	text = strings.TrimSpace(text)
	if len(text) > MaxBytes {
		half := MaxBytes / 2
		s.reset()
		head, tail := trimRune(text[:half]), text[len(text)-half:]
		s.read(head, len(head))
		s.read(tail, len(tail))
		s.measure(head, len(head))
		s.p.Dense[Size] = ln(len(text))
		s.p.Dense[StemSize] = s.p.Dense[Size]
		return &s.p
	}
	s.reset()
	stem := s.choices(text)
	s.read(text[:stem], stem)
	s.read(text[stem:], 0)
	s.measure(text, stem)
	return &s.p
}

func trimRune(s string) string {
	for i := 0; i < utf8.UTFMax && len(s) > 0 && !utf8.RuneStart(s[len(s)-1]); i++ {
		s = s[:len(s)-1]
	}
	return s
}

func (s *Scanner) reset() {
	s.words.forget(s.p.Words)
	s.letters.forget(s.p.Letters)
	*s = Scanner{
		p: Prompt{Words: s.p.Words[:0], Letters: s.p.Letters[:0]}, words: s.words, letters: s.letters,
	}
	s.words.grow(WordBits)
	s.letters.grow(LetterBits)
}

// read walks over the words of a part of the text; the first stem bytes are the stem.
func (s *Scanner) read(text string, stem int) {
	s.stemWords = stem > 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c >= 'a' && c <= 'z':
				s.letter(c)
			case c >= 'A' && c <= 'Z':
				s.letter(c + 'a' - 'A')
			case c >= '0' && c <= '9':
				s.digit()
			case c == '\'' && s.n > 0 && !s.digits:
			default:
				s.flush()
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		switch {
		case r >= 0x2E80 && alone(r):
			s.flush()
			s.rune(r)
			s.flush()
		case unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Mc, r):
			s.rune(unicode.ToLower(r))
		case r == '’' && s.n > 0:
		default:
			s.flush()
		}
	}
	s.flush()
}

// alone tells runes that are words by themselves, since their scripts do not part words: Han, kana.
func alone(r rune) bool { return r < 0xAC00 || r > 0xD7A3 }

func (s *Scanner) letter(c byte) {
	if s.digits && s.n > 0 { // 3x is a number and a word
		s.flush()
	}
	s.digits = false
	if s.n < maxWord {
		s.n++
		s.word[s.n] = c
	}
}

// digit writes every digit as 0, so that numbers of one length are one word.
func (s *Scanner) digit() {
	if s.n == 0 {
		s.digits = true
	}
	if s.n < maxWord {
		s.n++
		s.word[s.n] = '0'
	}
}

func (s *Scanner) rune(r rune) {
	if s.digits && s.n > 0 {
		s.flush()
	}
	s.digits = false
	if s.n < maxWord {
		s.n += utf8.EncodeRune(s.word[s.n+1:], r)
	}
}

// firstWords is how many words count by place too: an order comes first.
const firstWords = 4

// flush ends a word and notes what it tells.
func (s *Scanner) flush() {
	n := s.n
	if n == 0 {
		return
	}
	s.n = 0
	w := s.word[1 : n+1]
	h := hash(w)
	s.total++
	s.bytes += n
	if n >= 8 {
		s.long++
	}
	if n >= 12 {
		s.veryLong++
	}
	if s.digits {
		s.digits = false
		if s.stemWords {
			s.numbers++
		}
		s.figures++
	} else if c := clues.of(h); s.stemWords || c.cue == common {
		s.counts[c.cue]++
		s.kinds[c.kind]++
	}
	if n > 1 {
		before := len(s.p.Words)
		s.p.Words = s.words.add(s.p.Words, mix(h)>>(32-WordBits))
		s.distinct += len(s.p.Words) - before
		if s.last != 0 {
			both := pair(s.last, h)
			s.p.Words = s.words.add(s.p.Words, mix(both)>>(32-WordBits))
			if w[0] >= 0xE2 { // Chinese and Japanese
				s.kinds[clues.of(both).kind]++
			}
		}
		if s.total <= firstWords {
			s.p.Words = s.words.add(s.p.Words, mix(h^0x9E3779B9)>>(32-WordBits))
		}
		s.last = h
	}
	if known := &s.recent[h%recentWords]; *known != h {
		*known = h
		s.groups(n)
	}
}

// groups notes each group of 3 to 5 bytes of the word with a space on either side.
func (s *Scanner) groups(n int) {
	s.word[0], s.word[n+1] = ' ', ' '
	w := s.word[:n+2]
	for i := 0; i+3 <= len(w); i++ {
		h := (((offset^uint32(w[i]))*prime)^uint32(w[i+1]))*prime ^ uint32(w[i+2])
		for j := i + 3; ; j++ {
			h *= prime
			s.p.Letters = s.letters.add(s.p.Letters, mix(h)>>(32-LetterBits))
			if j == len(w) || j == i+5 {
				break
			}
			h ^= uint32(w[j])
		}
	}
}

// ln is ln(1 + n). A prompt asks for it fifty times, mostly of small counts.
func ln(n int) float32 {
	if n < len(smallLn) {
		return smallLn[n]
	}
	return float32(math.Log1p(float64(n)))
}

var smallLn = buildSmallLn()

func buildSmallLn() (t [64]float32) {
	for n := range t {
		t[n] = float32(math.Log1p(float64(n)))
	}
	return t
}
