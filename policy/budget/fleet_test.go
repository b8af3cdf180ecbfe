package budget

import (
	"testing"
	"time"
)

func TestBeyondItsSliceARequestIsShortWhileTheStoreAnswersAndUnavailableWhileItDoesNot(t *testing.T) {
	for _, c := range []struct {
		action Action
		lets   bool
	}{{Reject, false}, {Allow, true}} {
		t.Run(string(c.action), func(t *testing.T) {
			spec := monthly("m", 100)
			spec.OnUnavailable = c.action
			b := NewBook(Options{})
			budget := b.Use([]Spec{spec})[0]
			fleet := Fleet{Replicas: 1, Until: noon.Add(time.Minute)} // the first slice is 50
			b.Share(fleet)
			if r, ok := reserve(b, "1", budget, usd(60), noon); ok || r.Verdict != Short {
				t.Errorf("60 of a slice of 50, the store answers: %v, %s", ok, r.Verdict)
			}
			b.Lost()
			if r, ok := reserve(b, "2", budget, usd(40), noon); !ok || r.Verdict != Covered {
				t.Errorf("40 of a slice of 50, the store is lost: %v, %s", ok, r.Verdict)
			}
			if r, ok := reserve(b, "3", budget, usd(20), noon); ok != c.lets || r.Verdict != Unavailable {
				t.Errorf("20 of the 10 that are left of it: %v, %s", ok, r.Verdict)
			}
			if r, ok := reserve(b, "4", budget, usd(80), noon); ok || r.Verdict != Exceeded {
				t.Errorf("80, which the limit does not cover: %v, %s", ok, r.Verdict)
			}
			b.Share(fleet)
			if r, ok := reserve(b, "5", budget, usd(40), noon); ok || r.Verdict == Unavailable {
				t.Errorf("the store is back: %v, %s", ok, r.Verdict)
			}
		})
	}
}
