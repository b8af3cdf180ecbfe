package serve

import (
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/usage"
)

func TestADrainWaitsForEntriesThatWouldBeLostAndForNoOthers(t *testing.T) {
	for name, tc := range map[string]struct {
		quiet time.Duration
		logs  int
		usage usage.Stats
		want  bool
	}{
		"a request has been worked on just now":    {0, 0, usage.Stats{}, false},
		"no Envoy has a log open":                  {time.Second, 0, usage.Stats{UnderWay: 1}, true},
		"an answer streams past llmroute":          {time.Minute, 3, usage.Stats{Recorded: 100, UnderWay: 1}, false},
		"the first answer streams past llmroute":   {time.Minute, 3, usage.Stats{UnderWay: 1}, false},
		"a request waits for its door's entry":     {time.Minute, 3, usage.Stats{Recorded: 100, Waiting: 1}, false},
		"all are recorded":                         {drainLook, 3, usage.Stats{Recorded: 100}, true},
		"a few were decided before a restart":      {time.Minute, 3, usage.Stats{Recorded: 100, Foreign: 5, UnderWay: 1}, false},
		"other replicas hear of requests, at once": {drainLook, 3, usage.Stats{Recorded: 100, Foreign: 50, UnderWay: 70}, false},
		"other replicas hear of requests, later":   {lastEntries, 3, usage.Stats{Recorded: 100, Foreign: 50, UnderWay: 70}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := allTold(tc.quiet, tc.logs, tc.usage); got != tc.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
