package policy

import (
	"fmt"
	"strings"
)

// strategy orders candidates.
type strategy struct {
	name    string
	chooser chooser
	near    nearness // for session affinity; nil: it has none
}

// chooser puts what is left into order.
type chooser interface {
	// rank gives each of live, indexes of q.marks, its key; of equal keys the earlier comes first. All chance comes
	// from q.rnd. live is never empty.
	rank(q *query, live []int32)
	// reason says why best comes first of several, or what the client asked for does.
	reason(q *query, best *mark, of int) string
}

// scorer says how dear a candidate would be. Lower is better; !ok: not known, never a magic number.
type scorer interface {
	unit() string
	score(q *query, m *mark) (dear float64, ok bool)
}

// strategies are all strategies, by the names of the configuration.
var strategies = [...]strategy{
	{"priority", listed{}, nil},
	{"weighted", lottery{}, nil}, // draws by session itself
	{"cost", ranked{costScore{}, cheapest}, nearByCost{}},
	{"latency", explorer{}, nearByTime{}},
	{"quality", byStrength{}, nearByStrength{}},
	{"balanced", balancer{}, nearByBalance{}},
	{"least_busy", leastBusy{}, nearByCount{}},
}

func strategyNamed(name string) *strategy {
	for i := range strategies {
		if strategies[i].name == name {
			return &strategies[i]
		}
	}
	return nil
}

// StrategyNames lists the strategies.
func StrategyNames() []string {
	names := make([]string, len(strategies))
	for i := range strategies {
		names[i] = strategies[i].name
	}
	return names
}

func unknownStrategy(name string) string {
	return fmt.Sprintf("no strategy is named %q; there are %s", clip(name), strings.Join(StrategyNames(), ", "))
}

const onlyOne = "only candidate"

// clip shortens what clients send, for messages.
func clip(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
