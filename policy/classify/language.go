package classify

import (
	"unicode"
	"unicode/utf8"
)

// languageBytes is how much of a text's start Language reads; it is enough.
const languageBytes = 1 << 10

// Language tells the language of text by its ISO 639-1 code, or "" if nothing decides: too few words, or numbers.
//
// Scripts decide first, if a fifth of the letters are of one (prompts mix in code and product names): its letters tell
// Ukrainian from Russian and Persian from Arabic. Languages in Latin letters are told by their small words and accents.
func Language(text string) string {
	if len(text) > languageBytes {
		text = text[:languageBytes]
	}
	v := vote{}
	v.read(text)
	if code := v.byScript(); code != "" {
		return code
	}
	return v.byWords()
}

// vote counts what speaks for each language.
type vote struct {
	letters int // of any script
	scripts [numScripts]int
	marks   [numMarks]int // letters that one language of a script has and another lacks
	points  [numLatin]int32
	word    wordBuffer
	n       int
}

func (v *vote) read(text string) {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c >= 'a' && c <= 'z':
				v.letter(c)
			case c >= 'A' && c <= 'Z':
				v.letter(c + 'a' - 'A')
			default:
				v.flush()
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		if r < 0x250 || r >= 0x1E00 && r < 0x1F00 { // Latin with accents
			if unicode.IsLetter(r) {
				v.accented(unicode.ToLower(r))
			} else {
				v.flush()
			}
			continue
		}
		v.flush()
		if s := scriptOf(r); s >= 0 {
			v.letters++
			v.scripts[s]++
			if m := markOf(r); m >= 0 {
				v.marks[m]++
			}
		}
	}
	v.flush()
}

func (v *vote) letter(c byte) {
	v.letters++
	if v.n < longestWord {
		v.word[v.n] = c
	}
	v.n++
}

func (v *vote) accented(r rune) {
	v.letters++
	v.share(accentPoints, accents[r])
	if v.n+utf8.UTFMax <= longestWord {
		v.n += utf8.EncodeRune(v.word[v.n:], r)
		return
	}
	v.n = longestWord + 1
}

// flush ends a word and counts it for the languages that have it as a small word.
func (v *vote) flush() {
	n := v.n
	if n == 0 {
		return
	}
	v.n = 0
	if n > longestWord {
		return
	}
	for size := 2; size <= 4 && size+2 <= n; size++ {
		for _, l := range wordEndings.find(&v.word, n-size, size) {
			v.points[l] += endingPoints
		}
	}
	v.share(wordPoints, smallWords.find(&v.word, 0, n))
}

// share gives each of the languages its part of the points.
func (v *vote) share(points int, languages []uint8) {
	if len(languages) == 0 {
		return
	}
	part := int32(points / len(languages)) //nolint:gosec // small
	for _, l := range languages {
		v.points[l] += part
	}
}

// A small word counts the more, the fewer languages have it; an accent less than a word of one language.
const (
	wordPoints   = 60
	accentPoints = 40
	endingPoints = 30
)

// byWords is the best of the Latin languages, the one listed earlier on a tie, or "" if none has enough points.
func (v *vote) byWords() string {
	best := 0
	for l, points := range v.points {
		if points > v.points[best] {
			best = l
		}
	}
	if v.points[best] < wordPoints/3 {
		return ""
	}
	return latin[best].code
}

// byScript is the language of the commonest script beyond Latin, if a fifth of the letters are of it.
func (v *vote) byScript() string {
	if kana := v.scripts[kana]; kana*10 >= v.scripts[han] && kana > 0 {
		v.scripts[kanaScript], v.scripts[han] = kana+v.scripts[han], 0
	}
	best := 0
	for s, n := range v.scripts {
		if n > v.scripts[best] {
			best = s
		}
	}
	if v.scripts[best] == 0 || v.scripts[best]*5 < v.letters {
		return ""
	}
	return v.within(best)
}
