package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestAConversationMovesBetweenProviders: one provider thinks and calls tools, another gets the history with the results.
// A proof of the first one's thoughts, which would make the second refuse the whole request, does not reach it.
func TestAConversationMovesBetweenProviders(t *testing.T) {
	s := matrixStack(t)
	var f feature
	for _, row := range thinkingFeatures {
		if row.then {
			f = row
		}
	}
	for _, from := range matrixProviders {
		for i := range apiClients {
			c := &apiClients[i]
			members := strings.Trim(f.ask[c.index], ", ")
			t.Run(c.name+" from "+from.name, func(t *testing.T) {
				first := s.send(t, &crossing{client: c, provider: from.name}, members, "")
				if first.status != 200 || len(first.calls) != 2 {
					t.Fatalf("%d %s", first.status, clip(first.raw))
				}
				again := c.reply(members, first)
				for _, to := range matrixProviders {
					x := &crossing{client: c, provider: to.name}
					second := s.send(t, x, again, "")
					if second.status != 200 || !strings.Contains(second.said(), "21 degrees") {
						t.Errorf("to %s: %d %s\n%s", to.name, second.status, clip(second.raw), fmt.Sprint(x.seen != nil))
					}
				}
			})
		}
	}
}
