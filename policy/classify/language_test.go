package classify

import (
	"os"
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
