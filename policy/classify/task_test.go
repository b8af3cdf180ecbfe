package classify

import (
	"os"
	"strings"
	"testing"
)

// The prompts of testdata/tasks.tsv were not learned from, nor was anything tuned by them.
func TestMostTasksOfUnseenPromptsAreTold(t *testing.T) {
	file, err := os.ReadFile("testdata/tasks.tsv")
	if err != nil {
		t.Fatal(err)
	}
	right, all := 0, 0
	for line := range strings.Lines(string(file)) {
		want, prompt, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			t.Fatalf("no tab in %q", line)
		}
		prompt = strings.ReplaceAll(prompt, `\n`, "\n")
		got := Read(prompt).Task
		all++
		if string(got) == want {
			right++
		} else {
			t.Logf("%s, not %s: %q", got, want, prompt)
		}
	}
	t.Logf("%d of %d, %.1f %%", right, all, 100*float64(right)/float64(all))
	if right*100 < all*80 {
		t.Errorf("only %d of %d", right, all)
	}
}
