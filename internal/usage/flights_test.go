package usage

import (
	"testing"
	"time"
)

func TestWhatIsLeftOfTheRequestsUnderWay(t *testing.T) {
	now := time.Now()
	f := newFlights(now)
	for _, id := range []string{"a", "b", "c"} {
		f.add(id, now)
	}
	left := f.left()
	f.add("later", now)
	for _, step := range []struct {
		ends string
		want int
	}{{"", 3}, {"b", 2}, {"later", 2}, {"a", 1}, {"c", 0}} {
		f.end(step.ends)
		if got := left(); got != step.want {
			t.Errorf("%d are left once %q has ended, want %d", got, step.ends, step.want)
		}
	}
}
