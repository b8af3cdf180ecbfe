package policy

import "time"

// Minutes of a day, for During.
const wholeDay = 24 * 60

// During is a window of time that repeats each week, by the clock on the wall of its zone: where that is put forward, the
// hour that is left out is in no window, and where it is put back, the hour that comes twice is in a window twice.
type During struct {
	Days     [7]bool // on which the window begins, by time.Weekday; none: every day
	From, To int     // minutes since midnight, 0 to 1440; To at or before From: on the next day
	Zone     *time.Location
}

// holds reports whether the window is open at t. Where the time is not known, it is: what a policy guards stays guarded.
func (d *During) holds(t time.Time) bool {
	if d == nil || t.IsZero() {
		return true
	}
	if d.Zone != nil {
		t = t.In(d.Zone)
	}
	day, minute := t.Weekday(), t.Hour()*60+t.Minute()
	if d.To > d.From {
		return d.on(day) && minute >= d.From && minute < d.To
	}
	return d.on(day) && minute >= d.From || d.on((day+6)%7) && minute < d.To
}

func (d *During) on(day time.Weekday) bool { return d.Days[day] || d.Days == [7]bool{} }
