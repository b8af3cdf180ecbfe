package policy

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

// maxWord is the longest word, in bytes, that words yields; no longer one tells anything.
const maxWord = 24

// words yields the words of text in lower case: letters, digits and + - ; within a word, as in "c++" and "tl;dr".
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		var buf [maxWord + utf8.UTFMax]byte
		n := 0
		flush := func() bool {
			for n > 0 && (buf[n-1] == ';' || buf[n-1] == '-') {
				n--
			}
			ok := n == 0 || n > maxWord || yield(string(buf[:n]))
			n = 0
			return ok
		}
		for i := 0; i < len(text); {
			c := text[i]
			if c < utf8.RuneSelf {
				i++
				if c >= 'A' && c <= 'Z' {
					c += 'a' - 'A'
				}
				if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || n > 0 && (c == '+' || c == '-' || c == ';') {
					if n <= maxWord {
						buf[n] = c
						n++
					}
					continue
				}
				if !flush() {
					return
				}
				continue
			}
			r, size := utf8.DecodeRuneInString(text[i:])
			i += size
			if !unicode.IsLetter(r) {
				if !flush() {
					return
				}
				continue
			}
			if n <= maxWord {
				n += utf8.EncodeRune(buf[n:], unicode.ToLower(r))
			}
		}
		flush()
	}
}
