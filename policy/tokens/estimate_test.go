package tokens_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tiktoken-go/tokenizer/codec"

	"github.com/llmroute/llmroute/policy/tokens"
)

// piece is a text of a kind.
type piece struct{ kind, text string }

// pieces are texts written for these tests: "# kind" lines part them.
func pieces(t testing.TB, file string) (all []piece) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(string(b), "# "), "\n# ") {
		kind, text, _ := strings.Cut(part, "\n")
		all = append(all, piece{kind, strings.TrimSpace(text)})
	}
	return all
}

// tokenizers are the vocabularies, and what they are held to.
func tokenizers() map[string]tokenizer {
	return map[string]tokenizer{
		"o200k_base": {tokens.O200K(), codec.NewO200kBase()}, "cl100k_base": {tokens.CL100K(), codec.NewCl100kBase()},
	}
}

type tokenizer struct {
	vocabulary *tokens.Vocabulary
	codec      *codec.Codec
}

// off is the relative error of the estimate, with its sign.
func (k tokenizer) off(t *testing.T, text string) float64 {
	t.Helper()
	want, err := k.codec.Count(text)
	if err != nil {
		t.Fatal(err)
	}
	return float64(k.vocabulary.Estimate(escaped(text)))/float64(want) - 1
}

func TestEstimatesAreNearRealTokenizers(t *testing.T) {
	for name, k := range tokenizers() {
		for _, file := range []string{"prose.txt", "short.txt", "code.txt"} {
			t.Run(name+"/"+file, func(t *testing.T) {
				byKind, all := map[string][]float64{}, []float64{}
				for _, p := range pieces(t, file) {
					off := k.off(t, p.text)
					byKind[p.kind] = append(byKind[p.kind], off)
					all = append(all, math.Abs(off))
				}
				for kind, offs := range byKind {
					t.Logf("%-12s %3d pieces, off by %+.1f %% in the mean", kind, len(offs), 100*average(offs))
				}
				slices.Sort(all)
				median, high := all[len(all)/2], all[len(all)*95/100]
				t.Logf("%d pieces: median error %.1f %%, 95th percentile %.1f %%, largest %.1f %%", len(all), 100*median, 100*high, 100*all[len(all)-1])
				if median > 0.03 || high > 0.12 {
					t.Errorf("median %.3f, 95th percentile %.3f", median, high)
				}
			})
		}
	}
}

// TestLongTextsAreEstimatedAsWell matters since most of what is not a token is drawn by lot there.
func TestLongTextsAreEstimatedAsWell(t *testing.T) {
	for name, k := range tokenizers() {
		var all strings.Builder
		for range 3 {
			for _, file := range []string{"prose.txt", "short.txt", "code.txt"} {
				for _, p := range pieces(t, file) {
					all.WriteString(p.text + "\n\n")
				}
			}
		}
		if off := k.off(t, all.String()); math.Abs(off) > 0.03 {
			t.Errorf("%s: off by %.3f", name, off)
		}
	}
}

func average(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}

// escaped is how text stands in a request body.
func escaped(text string) []byte {
	b, _ := json.Marshal(text) //nolint:errchkjson // a string
	return b[1 : len(b)-1]
}

// BenchmarkEstimate also reports the fastest round, which other work on the machine disturbs least.
func BenchmarkEstimate(b *testing.B) {
	for name, text := range map[string]string{
		"en": written(b, "prose.txt", "en"), "de": written(b, "prose.txt", "de"), "pl": written(b, "prose.txt", "pl"),
		"ru": written(b, "prose.txt", "ru"), "zh": written(b, "prose.txt", "zh"), "hi": written(b, "prose.txt", "hi"),
		"code": written(b, "code.txt", "c", "go", "python", "rust", "java", "typescript"), "json": written(b, "code.txt", "json"),
	} {
		raw := escaped(text)
		long := slices.Repeat(raw, 1+64_000/len(raw))
		for size, raw := range map[string][]byte{"1KB": long[:1000], "64KB": long} {
			b.Run(name+"/"+size, func(b *testing.B) {
				b.SetBytes(int64(len(raw)))
				b.ReportAllocs()
				best := time.Hour
				for b.Loop() {
					began := time.Now()
					tokens.O200K().Estimate(raw)
					best = min(best, time.Since(began))
				}
				b.ReportMetric(float64(len(raw))/float64(best.Nanoseconds())*1e3, "best-MB/s")
			})
		}
	}
}

// written are the texts of some kinds.
func written(b *testing.B, file string, kinds ...string) string {
	b.Helper()
	var s strings.Builder
	for _, p := range pieces(b, file) {
		if slices.Contains(kinds, p.kind) {
			s.WriteString(p.text + "\n")
		}
	}
	return s.String()
}
