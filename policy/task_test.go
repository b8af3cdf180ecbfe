package policy

import (
	"strings"
	"testing"

	"github.com/llmroute/llmroute/policy/catalog"
)

func said(text string) *Features {
	return &Features{InputTokens: len(text) / 4, Text: func() string { return text }}
}

func TestTaskIsTold(t *testing.T) {
	for text, want := range map[string]string{
		"": TaskChat, "hi, how are you?": TaskChat, "What is the capital of France?": TaskQA,
		"Write a Python function that reverses a list":                                            TaskCode,
		"Why does this fail?\n```go\nfunc main() { panic(1) }\n```":                               TaskCode,
		"Solve the equation 3x + 2 = 11 for x":                                                    TaskMath,
		"Compute $$\\int_0^1 x^2 dx$$":                                                            TaskMath,
		"Translate to French: good morning":                                                       TaskTranslation,
		"Summarize the following article: " + strings.Repeat("The committee met again. ", 60):     TaskSummary,
		"Extract all names and dates as JSON from this letter":                                    TaskExtraction,
		"Is this review positive or negative? \"Never again!\"":                                   TaskClassification,
		"Write a short story about a lighthouse keeper who finds a poem in a bottle":              TaskCreative,
		"Pretend you are a pirate and answer in character":                                        TaskRoleplay,
		"All cats are animals. Some animals are black. Does it follow that some cats are black?":  TaskReasoning,
		strings.Repeat("The committee met again and spoke of little. ", 60) + "TL;DR please":      TaskSummary,
		"Please summarize this thread about a Python bug: " + strings.Repeat("It was late. ", 80): TaskSummary,
	} {
		if got := said(text).Task(); got != want {
			t.Errorf("%.50q is %s, want %s", text, got, want)
		}
	}
}

func TestLanguageIsToldByScriptAndWords(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "42": "", "你好，请帮我写一封信": "zh", "こんにちは、元気ですか": "ja", "東京の天気を教えてください": "ja", "안녕하세요": "ko",
		"Привет, как дела?": "ru", "مرحبا كيف حالك": "ar", "שלום עולם": "he", "नमस्ते दुनिया": "hi", "สวัสดีชาวโลก": "th", "Γειά σου Κόσμε": "el",
		"fix my Python script that prints 你好": "en", "Kubernetes API でエラーが出ます、助けてください": "ja",
		"Warum ist der Himmel blau?": "de", "Où est la gare ?": "fr", "¿Dónde está la estación?": "es",
	} {
		if got := said(text).Language(); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestMeansRaiseComplexity(t *testing.T) {
	plain := said("Explain why the sky is blue").Complexity()
	for name, with := range map[string]func(*Features){
		"tools": func(f *Features) { f.Tools = 2 }, "images": func(f *Features) { f.Images = 1 },
		"reasoning": func(f *Features) { f.Needs = catalog.Reasoning },
	} {
		f := said("Explain why the sky is blue")
		with(f)
		if c := f.Complexity(); c <= plain || c > 1 {
			t.Errorf("%s: %.3f, plain %.3f", name, c, plain)
		}
	}
}

func TestComplexityGrowsWithTheRequest(t *testing.T) {
	rising := []string{
		"hi",
		"Explain why the sky is blue",
		"Compare these two designs, analyze their trade-offs, and prove which one is optimal:\n1. x\n2. y\n" + strings.Repeat("detail ", 900),
	}
	last := -1.0
	for _, text := range rising {
		c := said(text).Complexity()
		if c <= last || c < 0 || c > 1 {
			t.Errorf("%.40q has %.2f after %.2f", text, c, last)
		}
		last = c
	}
}

func TestTextIsReadOnceAndOnlyIfAsked(t *testing.T) {
	reads := 0
	f := chat("cheap")
	f.Text = func() string { reads++; return "x" }
	r := router(t, world())
	if _, err := r.Decide(&f, nil); err != nil || reads != 0 {
		t.Errorf("read %d times for nothing (%v)", reads, err)
	}
	f.Task()
	f.Language()
	if f.Complexity(); reads != 1 {
		t.Errorf("read %d times", reads)
	}
}

func FuzzGuess(f *testing.F) {
	f.Add("Translate это 你好 ```x``` c++ tl;dr")
	f.Fuzz(func(t *testing.T, text string) {
		req := said(text)
		if c := req.Complexity(); !(c >= 0 && c <= 1) {
			t.Errorf("complexity %v", c)
		}
	})
}

func BenchmarkGuess(b *testing.B) {
	text := strings.Repeat("Please look at the customer's complaint and tell me what went wrong. ", 30)[:2048]
	b.ReportAllocs()
	for b.Loop() {
		said(text).Task()
	}
}
