package ledger

import (
	"context"
	"time"
)

const (
	retainEvery = time.Hour
	// settled is how long a row is kept after it was written, however old its request is: until then, a second copy of it, such as one
	// from the spill file, is recognised.
	settled = 24 * time.Hour
	// rollUpRows are few, so that the writer never waits long for its turn.
	rollUpRows = 500
)

// retain moves rows that have been kept long enough into the daily sums.
func (l *Ledger) retain() {
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	for {
		l.rollUp(time.Now())
		select {
		case <-tick.C:
		case <-l.closing:
			return
		}
	}
}

// ExpiredAt tells which rows have been kept long enough. Only whole days go, so that what is asked about days that are not fully
// past the retention is exact.
func ExpiredAt(now time.Time, retention time.Duration) Expired {
	return Expired{
		Started: now.Add(-retention).UTC().Truncate(24 * time.Hour),
		Stored:  now.Add(-min(retention, settled)),
	}
}

func (l *Ledger) rollUp(now time.Time) {
	expired := ExpiredAt(now, l.Retention)
	for !l.down.Load() {
		ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
		n, err := l.Store.RollUp(ctx, expired, rollUpRows)
		cancel()
		if err != nil {
			l.Log.Warn("the ledger's old rows were not rolled up; that is tried again", "after", retainEvery, "error", err.Error())
			return
		}
		if n == 0 {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond): // the writer's turn
		case <-l.closing:
			return
		}
	}
}
