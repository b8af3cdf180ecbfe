package feature

import "strings"

// choices finds the lettered answers at the end of the text, "A. one\nB. two", and returns where they start, or the
// length of the text. It fills what Dense says of them.
func (s *Scanner) choices(text string) int {
	start, next, size, shortest, longest, numeric, paired := len(text), byte('a'), 0, 0, 0, 0, 0
	for at := 0; at < len(text); {
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			end = len(text)
		} else {
			end += at
		}
		if answer, ok := lettered(text[at:end], next); ok {
			if next == 'a' {
				start, shortest = at, len(answer)
			}
			next++
			size += len(answer)
			shortest, longest = min(shortest, len(answer)), max(longest, len(answer))
			if answer != "" && (answer[0] >= '0' && answer[0] <= '9' || answer[0] == '-' || answer[0] == '$') {
				numeric++
			}
			if len(answer) < 32 && strings.IndexByte(answer, ',') > 0 {
				paired++
			}
		}
		at = end + 1
	}
	n := int(next - 'a')
	if n < 2 {
		return len(text)
	}
	d := &s.p.Dense
	s.p.Choices = n
	d[Choices] = float32(n)
	d[ChoiceSize], d[ChoiceSpread] = ln(size/n), ln(longest-shortest)
	d[NumericChoices], d[Paired] = float32(numeric)/float32(n), float32(paired)/float32(n)
	return start
}

// lettered tells whether line offers the answer of that letter: "A. one", "a) one", "(A) one".
func lettered(line string, letter byte) (string, bool) {
	line = strings.TrimLeft(line, " (")
	if len(line) < 2 || line[0]|0x20 != letter || letter > 'j' || line[1] != '.' && line[1] != ')' && line[1] != ':' {
		return "", false
	}
	return strings.TrimSpace(line[2:]), true
}

// tells has the bytes that measure counts; letters, digits and spaces, which most are, it passes over.
var tells = buildTells()

func buildTells() (t [256]bool) {
	for b := range t {
		t[b] = b >= 0x80
	}
	for _, b := range []byte("+-*/=<>^(){}[];.\"?\n") {
		t[b] = true
	}
	return t
}

// measure fills Dense from the counts of the walk and from the bytes of the text.
func (s *Scanner) measure(text string, stem int) {
	d := &s.p.Dense
	operators, brackets, foreign, code, sentences, quotes, lines, marks, list := 0, 0, 0, 0, 0, 0, 0, 0, 0
	for i := range len(text) {
		c := text[i]
		if !tells[c] {
			continue
		}
		if c >= 0x80 {
			foreign++
			continue
		}
		switch c {
		case '+', '-', '*', '/', '=', '<', '>', '^':
			operators++
		case '(', ')':
			brackets++
		case '{', '}', '[', ']':
			code++
		case ';':
			code++
			if i < stem {
				sentences++
			}
		case '.':
			if i < stem {
				sentences++
			}
		case '"':
			if i < stem {
				quotes++
			}
		case '?':
			if i < stem {
				marks++
			}
		case '\n':
			if i < stem {
				lines++
			}
			if i+2 < len(text) && (text[i+1] == '-' || text[i+1] == '*' || text[i+1] >= '1' && text[i+1] <= '9' && (text[i+2] == '.' || text[i+2] == ')')) {
				list++
			}
		}
	}
	bytes, words := float32(max(1, len(text))), float32(max(1, s.total))
	d[Size], d[StemSize] = ln(len(text)), ln(stem)
	d[Numbers], d[NumberShare] = ln(s.numbers), float32(s.figures)/words
	d[OperatorShare], d[BracketShare] = float32(operators)/bytes*100, float32(brackets)/bytes*100
	d[WordLength], d[LongWordShare] = float32(s.bytes)/words, float32(s.long)/words
	d[VeryLongShare], d[CommonShare] = float32(s.veryLong)/words, float32(s.counts[common])/words
	d[Sentences], d[Variety] = ln(sentences), float32(s.distinct)/words
	d[Quotes], d[Lines], d[ForeignShare] = ln(quotes), ln(lines), float32(foreign)/bytes*100
	d[Codelike], d[List], d[QuestionMarks] = float32(code)/bytes*100, ln(list), ln(marks)
	d[AsksDirectly] = flag(marks > 0)
	d[Blank] = flag(strings.Contains(text, "__"))
	d[Fence] = flag(strings.Contains(text, "```"))
	d[Formula] = flag(strings.Contains(text, "$$") || strings.Contains(text, `\frac`) || strings.Contains(text, "^2") || strings.Contains(text, "²") ||
		strings.Contains(text, `\(`) || strings.Contains(text, "√") || strings.Contains(text, "∫"))
	d[OpenEnd] = flag(openEnd(text[:stem]))
	for c := noCue + 1; c < cues; c++ {
		d[cueBase+int(c)-1] = ln(s.counts[c])
	}
	for k := noKind + 1; k < kinds; k++ {
		d[kindBase+int(k)-1] = ln(s.kinds[k])
	}
}

// openEnd tells a sentence to be completed: it ends in a colon or without any mark.
func openEnd(stem string) bool {
	stem = strings.TrimRight(stem, " \n")
	if stem == "" {
		return false
	}
	c := stem[len(stem)-1] | 0x20
	return stem[len(stem)-1] == ':' || c >= 'a' && c <= 'z'
}

func flag(b bool) float32 {
	if b {
		return 1
	}
	return 0
}
