package redistest

import "testing"

func TestARedisThatWasStoppedAnswersAgainAtItsAddress(t *testing.T) {
	r := Start(t)
	addr := r.Addr()
	r.Stop()
	if ping(addr) == nil {
		t.Fatal("it answers after Stop")
	}
	r.Restart()
	if err := ping(addr); err != nil || r.Addr() != addr {
		t.Fatalf("at %s after Restart: %v", r.Addr(), err)
	}
}
