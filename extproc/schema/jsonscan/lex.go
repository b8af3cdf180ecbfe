package jsonscan

import (
	"encoding/binary"
	"encoding/json"
	"strings"
)

// skipNested reads an object or array; names inside are not checked for duplicates.
func (r *Reader) skipNested(end byte) {
	if !r.enter() {
		return
	}
	for first := true; ; first = false {
		if first && r.peek() == end {
			break
		}
		if end == '}' {
			if r.peek() != '"' {
				r.syntax()
				return
			}
			r.str()
			if r.err != nil {
				return
			}
			if r.peek() != ':' {
				r.syntax()
				return
			}
			r.pos++
		}
		r.Skip()
		if r.err != nil || !r.next(end) {
			break
		}
	}
	r.leave()
}

// peek moves over white space and returns the byte there, 0 at the end.
func (r *Reader) peek() byte {
	for r.pos < len(r.data) {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// name reads a member name and decodes it. A known name costs no copy.
func (r *Reader) name() string {
	start := r.pos + 1
	r.str()
	if r.err != nil {
		return ""
	}
	raw := r.data[start : r.pos-1]
	if known, ok := r.names[string(raw)]; ok {
		return known
	}
	return Unescape(raw)
}

// keyEnd is where the key that begins at start ends; the reader stands after its colon.
func (r *Reader) keyEnd(start int) int {
	end := r.pos - 1 // the colon
	for end > start && r.data[end-1] != '"' {
		end--
	}
	return end
}

// str reads a string. Eight bytes are looked at in one step: prompts and inline images are long.
func (r *Reader) str() {
	i, d := r.pos+1, r.data
	for {
		for i+8 <= len(d) && !hasSpecial(binary.LittleEndian.Uint64(d[i:])) {
			i += 8
		}
		if i >= len(d) {
			r.pos = i
			r.syntax()
			return
		}
		switch c := d[i]; {
		case c == '"':
			r.pos = i + 1
			return
		case c == '\\':
			n := escapeLen(d[i:])
			if n == 0 {
				r.pos = i
				r.syntax()
				return
			}
			i += n
		case c < 0x20:
			r.pos = i
			r.syntax()
			return
		default:
			i++
		}
	}
}

// hasSpecial reports whether one of the eight bytes is a quote, a backslash or a control character.
// Source: "Determine if a word has a byte less than n", Bit Twiddling Hacks, S. E. Anderson.
func hasSpecial(w uint64) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, slash := w^(ones*'"'), w^(ones*'\\')
	return ((w-ones*0x20)&^w|(quote-ones)&^quote|(slash-ones)&^slash)&highs != 0
}

// escapeLen is the length of the escape sequence at the start of d, 0 if it is none.
func escapeLen(d []byte) int {
	if len(d) < 2 {
		return 0
	}
	if d[1] != 'u' {
		if strings.IndexByte(`"\/bfnrt`, d[1]) >= 0 {
			return 2
		}
		return 0
	}
	if len(d) < 6 {
		return 0
	}
	for _, c := range d[2:6] {
		if !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f') {
			return 0
		}
	}
	return 6
}

// number reads a number by the grammar of RFC 8259, section 6.
func (r *Reader) number() {
	d, i := r.data, r.pos
	if d[i] == '-' {
		i++
	}
	whole := digits(d, i)
	ok := whole > i && (d[i] != '0' || whole == i+1)
	i = whole
	if ok && i < len(d) && d[i] == '.' {
		frac := digits(d, i+1)
		ok, i = frac > i+1, frac
	}
	if ok && i < len(d) && d[i]|0x20 == 'e' {
		i++
		if i < len(d) && (d[i] == '+' || d[i] == '-') {
			i++
		}
		exp := digits(d, i)
		ok, i = exp > i, exp
	}
	r.pos = i
	if !ok {
		r.syntax()
	}
}

func digits(d []byte, i int) int {
	for i < len(d) && d[i] >= '0' && d[i] <= '9' {
		i++
	}
	return i
}

func (r *Reader) literal(word string) {
	if !strings.HasPrefix(string(r.data[r.pos:min(r.pos+len(word), len(r.data))]), word) {
		r.syntax()
		return
	}
	r.pos += len(word)
}

// Unescape decodes what stands between the quotes of a valid JSON string.
func Unescape(raw []byte) string {
	for _, c := range raw {
		if c == '\\' {
			quoted := make([]byte, 0, len(raw)+2)
			quoted = append(append(append(quoted, '"'), raw...), '"')
			var s string
			if json.Unmarshal(quoted, &s) != nil {
				return string(raw)
			}
			return s
		}
	}
	return string(raw)
}
