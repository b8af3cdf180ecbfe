package tokens

import (
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscapesCountAsWhatTheyStandFor(t *testing.T) {
	for text, want := range map[string]int{ // as the tokenizer counts them
		"a\nb\tc": 4, `say "hi" bye`: 5, "Grüße, мир, 你好": 8, "🎉 done": 3,
	} {
		marshaled, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range []string{string(marshaled), strings.ReplaceAll(strconv.QuoteToASCII(text), `\U0001f389`, `\ud83c\udf89`)} {
			if got := O200K().Estimate([]byte(raw[1 : len(raw)-1])); got != want {
				t.Errorf("%s: %d, want %d", raw, got, want)
			}
		}
	}
}

// TestWhereAWindowEndsDoesNotMatter shifts text against the windows in which it is looked at.
func TestWhereAWindowEndsDoesNotMatter(t *testing.T) {
	for _, file := range []string{"prose.txt", "code.txt"} {
		text, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		text = text[:4*windowBytes]
		whole := O200K().Estimate(text)
		for n := range 2 * lookahead {
			shifted := append(bytes.Repeat([]byte("a\n"), n), text...)
			if got := O200K().Estimate(shifted); got < whole+2*n-2 || got > whole+2*n+2 {
				t.Fatalf("%s: %d tokens behind %d lines, %d without", file, got, n, whole)
			}
		}
	}
}

// TestPiecesAddUpToTheWhole cuts texts in two at every byte.
func TestPiecesAddUpToTheWhole(t *testing.T) {
	for _, file := range []string{"short.txt", "code.txt"} {
		b, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		text := b[:3000]
		whole := O200K().Estimate(text)
		for i := range text {
			parts := O200K().Estimate(text[:i]) + O200K().Estimate(text[i:])
			if off := parts - whole; off > whole/25+4 || off < -whole/25-4 {
				t.Fatalf("%s: %d in two parts at %d, %d as a whole", file, parts, i, whole)
			}
		}
	}
}

func TestAnEstimateAllocatesNothing(t *testing.T) {
	raw := []byte(strings.Repeat(`He said \"no\", 他说不, \u00e9t\u00e9. `, 200))
	if n := testing.AllocsPerRun(10, func() { O200K().Estimate(raw) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzEstimate(f *testing.F) {
	for _, s := range []string{
		"", `\`, `\u`, `\ud83c`, `\ud83c\u0041`, "\xff\xfe", `a\nb`, "日本", "don't", "\x00", "\xe9\x9c", "\xf0\x9f", "HTTPServer's",
		strings.Repeat("漢", 400), strings.Repeat(" ", 1100), strings.Repeat("-", 1100) + `\`, strings.Repeat("é'", 600), strings.Repeat("x", 3000),
	} {
		f.Add([]byte(s), uint16(len(s)/2))
	}
	f.Fuzz(func(t *testing.T, raw []byte, cut uint16) {
		for _, v := range []*Vocabulary{O200K(), CL100K()} {
			n := v.Estimate(raw)
			if n < 0 || n > len(raw) || n == 0 && len(raw) > 0 {
				t.Errorf("%d tokens of %d bytes", n, len(raw))
			}
			at := min(int(cut), len(raw))
			text := utf8.Valid(raw[:at]) && utf8.Valid(raw[at:]) // no request has other bytes
			if parts := v.Estimate(raw[:at]) + v.Estimate(raw[at:]); text && len(raw) < 200 && (parts > n+n/2+8 || parts < n-n/2-8) {
				t.Errorf("%d tokens in two parts, %d as a whole", parts, n)
			}
			if utf8.Valid(raw) && bytes.IndexByte(raw, '\\') < 0 && len(raw) < 200 {
				quoted := []byte(strings.ReplaceAll(strings.ReplaceAll(string(raw), `"`, `\"`), "\n", `\n`))
				if got := v.Estimate(quoted); got != n {
					t.Errorf("%d tokens escaped, %d plain", got, n)
				}
			}
		}
	})
}
