package classify

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

const question = `Which of the following best explains why the rate of a reaction rises with temperature?
A. More molecules have the activation energy
B. The activation energy falls
C. The products become more stable
D. The pressure falls
Answer:`

func TestWeightsDecode(t *testing.T) {
	if n := len(weights().Tasks); n != len(Tasks()) {
		t.Fatalf("%d tasks; run make train", n)
	}
	if len(embedded) > 4<<20 {
		t.Errorf("%d bytes", len(embedded))
	}
}

func TestComplexityRanksPlainCases(t *testing.T) {
	rising := []string{
		"hi",
		"What is the capital of Italy?",
		"Explain why the sky is blue",
		"Prove that there are infinitely many primes of the form 4k + 3, then derive a bound step by step.",
	}
	last := -1.0
	for _, text := range rising {
		c := Read(text).Complexity
		if c <= last {
			t.Errorf("%q has %.3f after %.3f", text, c, last)
		}
		last = c
	}
}

func TestReadingIgnoresCaseAndOuterSpace(t *testing.T) {
	for _, text := range []string{question, "Write a Go function that reverses a list", "Übersetze diesen Brief ins Englische"} {
		want := Read(text)
		for _, same := range []string{strings.ToUpper(text), strings.ToLower(text), "\n  " + text + " \n"} {
			if got := Read(same); got != want {
				t.Errorf("%q reads as %+v, want %+v", same, got, want)
			}
		}
	}
}

func TestReadingIsTheSameEveryTime(t *testing.T) {
	want := Read(question)
	synctest.Test(t, func(t *testing.T) {
		for range 8 {
			go func() {
				for range 50 {
					Read("something else, with ```code``` and 3 numbers")
					if got := Read(question); got != want {
						t.Errorf("%+v, want %+v", got, want)
					}
				}
			}()
		}
		synctest.Wait()
	})
}

func TestLongPromptsCostNoMoreThanTheirCap(t *testing.T) {
	text := strings.Repeat("Lorem ipsum dolor sit amet. ", 200_000)
	begun := time.Now()
	Read(text)
	if took := time.Since(begun); took > 100*time.Millisecond {
		t.Errorf("%s for %d bytes", took, len(text))
	}
}

func TestReadingAllocatesLittle(t *testing.T) {
	Read(question)
	if n := testing.AllocsPerRun(100, func() { Read(question) }); n > 2 {
		t.Errorf("%.0f allocations", n)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"", question, "\xff\xfe\x80", "A.\nB.\nC.", "日本語 текст ```x``` 3²", strings.Repeat("a", 5000), "A. x\r\nB. y\r\nC. z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Read(text)
		if !(got.Complexity >= 0 && got.Complexity <= 1) {
			t.Errorf("complexity %v", got.Complexity)
		}
		known := false
		for _, task := range Tasks() {
			known = known || task == got.Task
		}
		if !known || !utf8.ValidString(got.Language) || len(got.Language) != 0 && len(got.Language) != 2 {
			t.Errorf("%+v", got)
		}
		if again := Read(text); again != got {
			t.Errorf("%+v, then %+v", got, again)
		}
	})
}

// essay is text with the variety of a real prompt.
func essay(size int) string {
	file, err := os.ReadFile("../../docs/routing.md")
	if err != nil || len(file) < size {
		return strings.Repeat(question, size/len(question)+1)[:size]
	}
	return string(file[:size])
}

func BenchmarkRead(b *testing.B) {
	for _, size := range []int{256, 1024, 4096} {
		text := essay(size)
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Read(text)
			}
		})
	}
}

func TestTheTaskAloneIsTheSameTask(t *testing.T) {
	for _, text := range []string{
		"", "Hi!", "Write a Go function that reverses a list.", strings.Repeat("Summarise this. ", 200), "  Übersetze ins Englische: Guten Tag  ",
	} {
		if got, want := ReadTask(text), Read(text).Task; got != want {
			t.Errorf("%.40q: %s alone, %s with the rest", text, got, want)
		}
	}
}

func BenchmarkReadTask(b *testing.B) {
	text := strings.Repeat("Tell me about routing. ", 45)
	b.ReportAllocs()
	for b.Loop() {
		ReadTask(text)
	}
}
