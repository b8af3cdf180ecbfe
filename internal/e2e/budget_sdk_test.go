package e2e

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// overBudget is what an SDK's error tells of a budget that is used up.
type overBudget struct {
	Code, Message, Budget string
	Status                int
	RetryAfter            string `json:"retry_after"` // seconds
}

// TestPythonAndNodeSDKsSeeABudgetThatIsUsedUp has them with their usual retries, of which none would help before the period ends.
func TestPythonAndNodeSDKsSeeABudgetThatIsUsedUp(t *testing.T) {
	sdks, err := exec.Command("../../scripts/sdks").Output()
	if err != nil {
		t.Fatalf("scripts/sdks: %v", err)
	}
	dir := strings.TrimSpace(string(sdks))
	s := start(t, budgetModels+"budgets: [{name: cap, limit_usd: 0, period: day}]\n", alphaEnd)
	for name, command := range map[string][]string{
		"Python": {filepath.Join(dir, "python/bin/python"), "sdks/budget.py"},
		"Node":   {"node", "sdks/budget.mjs"},
	} {
		t.Run(name, func(t *testing.T) {
			before := s.budgets.Book().Counts()[0].Exceeded
			var got overBudget
			if out := s.printed(t, dir, command); json.Unmarshal(out, &got) != nil {
				t.Fatalf("it printed %q", out)
			}
			if got.Status != 429 || got.Code != "budget_exceeded" || got.Budget != "cap" || !strings.Contains(got.Message, "budget cap") {
				t.Errorf("got %+v", got)
			}
			if seconds, err := strconv.Atoi(got.RetryAfter); err != nil || seconds < 1 || seconds > 24*60*60 {
				t.Errorf("retry-after is %q", got.RetryAfter)
			}
			if n := s.budgets.Book().Counts()[0].Exceeded - before; n != 1 {
				t.Errorf("one call made %d requests", n)
			}
		})
	}
}
