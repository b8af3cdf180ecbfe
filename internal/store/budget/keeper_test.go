package budgetstore

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/llmroute/llmroute/internal/redistest"
	"github.com/llmroute/llmroute/policy/budget"
)

func TestAKeeperThatStopsLeavesNothingBehind(t *testing.T) {
	redis := redistest.Start(t)
	before := goleak.IgnoreCurrent()
	r := join(t, redis.URL(), Options{}, spec("all", dollar, budget.Reject))
	r.ask("", dollar/4)
	r.stop()
	goleak.VerifyNone(t, before)
}
