package classify

import "unicode"

// The scripts that tell a language, Latin aside.
const (
	han = iota
	kana
	hangul
	cyrillic
	arabic
	hebrew
	devanagari
	bengali
	tamil
	telugu
	thai
	greek
	gujarati
	georgian
	armenian
	numScripts

	kanaScript = kana
)

// scripts gives each script's range and the language that it is most used for.
var scripts = [numScripts]struct {
	code     string
	low, top rune
}{
	han: {"zh", 0x3400, 0x9FFF}, kana: {"ja", 0x3040, 0x30FF}, hangul: {"ko", 0xAC00, 0xD7A3}, cyrillic: {"ru", 0x0400, 0x052F},
	arabic: {"ar", 0x0600, 0x077F}, hebrew: {"he", 0x0590, 0x05FF}, devanagari: {"hi", 0x0900, 0x097F}, bengali: {"bn", 0x0980, 0x09FF},
	tamil: {"ta", 0x0B80, 0x0BFF}, telugu: {"te", 0x0C00, 0x0C7F}, thai: {"th", 0x0E00, 0x0E7F}, greek: {"el", 0x0370, 0x03FF},
	gujarati: {"gu", 0x0A80, 0x0AFF}, georgian: {"ka", 0x10A0, 0x10FF}, armenian: {"hy", 0x0530, 0x058F},
}

// scriptOf is a letter's script, or -1.
func scriptOf(r rune) int {
	for s := range scripts {
		if r >= scripts[s].low && r <= scripts[s].top {
			if !unicode.IsLetter(r) && !unicode.IsMark(r) {
				return -1
			}
			return s
		}
	}
	return -1
}

// Letters that one language of a script has and others lack.
const (
	ukrainian = iota
	serbian
	russian // and not Ukrainian, Serbian or Bulgarian: ы э ё
	bulgar  // ъ, which Bulgarian has often and Russian rarely
	persian // and Urdu
	urdu
	marathi
	numMarks
)

var markLetters = [numMarks]string{
	ukrainian: "іїєґІЇЄҐ", serbian: "ђјљњћџЂЈЉЊЋЏ", russian: "ыэёЫЭЁ", bulgar: "ъЪ", persian: "پچژگکی", urdu: "ٹڈڑںےہھ", marathi: "ळ",
}

// marks finds the mark of a letter. It is not changed once built.
var marks = indexMarks()

func indexMarks() map[rune]int8 {
	m := map[rune]int8{}
	for mark, letters := range markLetters {
		for _, r := range letters {
			m[r] = int8(mark) //nolint:gosec // a handful
		}
	}
	return m
}

func markOf(r rune) int {
	if m, ok := marks[r]; ok {
		return int(m)
	}
	return -1
}

// within tells the languages of one script apart, of which v has most.
func (v *vote) within(script int) string {
	switch m := &v.marks; script {
	case cyrillic:
		switch {
		case m[serbian] > m[russian] && m[serbian] > m[ukrainian]:
			return "sr"
		case m[ukrainian] > m[russian]:
			return "uk"
		case m[russian] == 0 && m[bulgar]*60 > v.scripts[cyrillic]:
			return "bg"
		}
	case arabic:
		switch {
		case m[urdu]*20 > v.scripts[arabic]:
			return "ur"
		case (m[persian]+m[urdu])*25 > v.scripts[arabic]:
			return "fa"
		}
	case devanagari:
		if m[marathi]*40 > v.scripts[devanagari] {
			return "mr"
		}
	}
	return scripts[script].code
}
