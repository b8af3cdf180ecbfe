package policy

import "unicode"

// scripts maps what a script is mostly used for to a language. Latin tells nothing, so it is not here.
// Kana make Han Japanese; see guessLanguage.
var scripts = [...]struct {
	language string
	table    *unicode.RangeTable
}{
	{"zh", unicode.Han}, {"ja", unicode.Hiragana}, {"ja", unicode.Katakana}, {"ko", unicode.Hangul}, {"ru", unicode.Cyrillic},
	{"ar", unicode.Arabic}, {"he", unicode.Hebrew}, {"hi", unicode.Devanagari}, {"th", unicode.Thai}, {"el", unicode.Greek},
}

// languageRunes is how many letters beyond ASCII guessLanguage looks at.
const languageRunes = 256

// guessLanguage tells a language by its script: the commonest of the scripts above, if at least a fifth of the
// letters are of it (prompts mix in code and product names). It cannot tell languages of one script apart: Ukrainian is
// "ru", Persian is "ar", and everything in Latin letters is "".
func guessLanguage(text string) string {
	var counts [len(scripts)]int
	letters, foreign, last := 0, 0, 0
	for _, r := range text {
		if r < 0x370 { // Latin and its accents
			if r|0x20 >= 'a' && r|0x20 <= 'z' {
				letters++
			}
			continue
		}
		if !unicode.Is(scripts[last].table, r) {
			if last = scriptOf(r); last < 0 {
				last = 0
				continue
			}
		}
		counts[last]++
		letters++
		if foreign++; foreign == languageRunes {
			break
		}
	}
	const han, hiragana, katakana = 0, 1, 2
	if kana := counts[hiragana] + counts[katakana]; kana*10 >= counts[han] && kana > 0 {
		counts[hiragana] = kana + counts[han]
		counts[han], counts[katakana] = 0, 0
	}
	best := 0
	for i, n := range counts {
		if n > counts[best] {
			best = i
		}
	}
	if counts[best] == 0 || counts[best]*5 < letters {
		return ""
	}
	return scripts[best].language
}

func scriptOf(r rune) int {
	for i := range scripts {
		if unicode.Is(scripts[i].table, r) {
			return i
		}
	}
	return -1
}
