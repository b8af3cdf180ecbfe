package examples_test

import (
	"strings"
	"testing"
)

const studio = "creative-analytic"

func TestCreativeAndAnalyticTasksGoToTheModelThatIsBestAtThem(t *testing.T) {
	s := startScenario(t, studio, "")
	creative, analytic := requestsIn(t, studio, "creative.jsonl"), requestsIn(t, studio, "analytic.jsonl")
	if len(creative) < 12 || len(analytic) < 12 {
		t.Fatalf("%d and %d prompts are too few", len(creative), len(analytic))
	}
	// By turns, as a user of the application switches.
	for i := range max(len(creative), len(analytic)) {
		if i < len(creative) {
			expect(t, s.ask(creative[i]), 200, "creative", "claude-sonnet-4-5", "muse", "1")
		}
		if i < len(analytic) {
			expect(t, s.ask(analytic[i]), 200, "analytic", "gpt-5", "lab", "1")
		}
		if t.Failed() {
			t.Fatalf("prompts %d:\n%s\n%s", i, creative[min(i, len(creative)-1)], analytic[min(i, len(analytic)-1)])
		}
	}
	t.Run("talk goes to the cheapest", func(t *testing.T) {
		expect(t, s.ask(chat("Good morning! How are you today?")), 200, "default", "gpt-5-mini", "depot", "1")
	})
	t.Run("the README's lines", func(t *testing.T) {
		s.curls(studio, [3]string{"creative", "claude-sonnet-4-5", "200"}, [3]string{"analytic", "gpt-5", "200"})
	})
	t.Run("one conversation switches with its tasks", func(t *testing.T) {
		turn := `{"model":"auto","messages":[{"role":"user","content":"Write a limerick about a train."},{"role":"assistant","content":"A train from Madrid to the sea …"},{"role":"user","content":"LAST"}]}`
		expect(t, s.ask(strings.Replace(turn, "LAST", "Write another funny poem, this time about a ship and its cook.", 1)), 200, "creative", "claude-sonnet-4-5", "muse", "1")
	})
	t.Run("the other one takes over when the best is down", func(t *testing.T) {
		expect(t, s.ask(creative[0], "x-demo: muse: status=529"), 200, "creative", "gpt-5", "lab", "2")
		expect(t, s.ask(analytic[0], "x-demo: lab: status=500"), 200, "analytic", "claude-sonnet-4-5", "muse", "2")
	})
}
