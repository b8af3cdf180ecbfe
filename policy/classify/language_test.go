package classify

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The sentences of testdata/languages.tsv are not among the small words' sources; they are there to measure.
func TestLanguagesOfSentencesAreTold(t *testing.T) {
	file, err := os.ReadFile("testdata/languages.tsv")
	if err != nil {
		t.Fatal(err)
	}
	right, all := 0, 0
	for line := range strings.Lines(string(file)) {
		want, text, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			t.Fatalf("no tab in %q", line)
		}
		all++
		if got := Language(text); got == want {
			right++
		} else {
			t.Logf("%q, not %q: %s", got, want, text)
		}
	}
	t.Logf("%d of %d, %.1f %%", right, all, 100*float64(right)/float64(all))
	if right*100 < all*95 {
		t.Errorf("only %d of %d", right, all)
	}
}

func TestLanguageIsUndecidedWithoutWords(t *testing.T) {
	for _, text := range []string{"", "12345", "+-*/", "\xff\xfe", "zzzz qqqq"} {
		if got := Language(text); got != "" {
			t.Errorf("%q is %q", text, got)
		}
	}
}

func TestEachWordAndEndingIsFound(t *testing.T) {
	for l := range latin {
		for word := range strings.FieldsSeq(latin[l].words) {
			var w wordBuffer
			if n := copy(w[:longestWord], word); !slices.Contains(smallWords.find(&w, 0, n), uint8(l)) {
				t.Errorf("%s lacks %q", latin[l].code, word)
			}
		}
	}
	for _, e := range endings {
		for ending := range strings.FieldsSeq(e.endings) {
			var w wordBuffer
			n := copy(w[2:longestWord], ending)
			if of := wordEndings.find(&w, 2, n); !slices.ContainsFunc(of, func(l uint8) bool { return latin[l].code == e.code }) {
				t.Errorf("%s lacks the ending %q", e.code, ending)
			}
			if of := smallWords.find(&w, 2, n+1); of != nil {
				t.Errorf("%q and a byte are a word of %v", ending, of)
			}
		}
	}
}

func BenchmarkLanguage(b *testing.B) {
	text := essay(1024)
	b.ReportAllocs()
	for b.Loop() {
		Language(text)
	}
}
