package feature

import (
	"slices"
	"strings"
	"testing"
)

func TestChoicesAreFound(t *testing.T) {
	for text, want := range map[string]int{
		"Why?\nA. one\nB. two\nC. three\nAnswer:": 3, "Why?\n(a) one\n(b) two": 2, "Why?\na) one\r\nb) two\r\nc) three": 3,
		"Why?": 0, "A. one": 0, "B. one\nC. two": 0, "Dear A.\nB. is late": 0,
	} {
		var s Scanner
		if got := s.Scan(text).Choices; got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestScansDoNotMix(t *testing.T) {
	var used, fresh Scanner
	used.Scan(strings.Repeat("Other words, 12 of them\nA. x\nB. y\nC. z\n", 20))
	a, b := used.Scan("What is the time?"), fresh.Scan("What is the time?")
	if !slices.Equal(a.Words, b.Words) || !slices.Equal(a.Letters, b.Letters) || a.Dense != b.Dense || a.Choices != b.Choices {
		t.Errorf("%+v\n%+v", a, b)
	}
}

func TestNumbersOfOneLengthAreOneWord(t *testing.T) {
	var a, b Scanner
	if x, y := a.Scan("Add 12 and 345"), b.Scan("Add 98 and 765"); !slices.Equal(x.Words, y.Words) {
		t.Errorf("%v\n%v", x.Words, y.Words)
	}
}

func TestCluesAreCounted(t *testing.T) {
	var s Scanner
	d := s.Scan("Prove it, then compare both. You must not use induction: 请翻译").Dense
	if d[Thinking] == 0 || d[Constraint] == 0 || d[kindBase+int(ofTranslation)-1] == 0 {
		t.Errorf("%v", d)
	}
}

func FuzzScan(f *testing.F) {
	f.Add("A. x\nB. y\nC. z")
	f.Add("\xff日本\x80 12ab")
	f.Fuzz(func(t *testing.T, text string) {
		var s Scanner
		p := s.Scan(text)
		for _, b := range p.Words {
			if b >= 1<<WordBits {
				t.Errorf("word bucket %d", b)
			}
		}
		for _, b := range p.Letters {
			if b >= 1<<LetterBits {
				t.Errorf("letter bucket %d", b)
			}
		}
		for i, x := range p.Dense {
			if x != x || x < 0 || x > 1e6 {
				t.Errorf("dense %d is %v", i, x)
			}
		}
	})
}
