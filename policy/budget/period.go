package budget

import "time"

// Period is how long spending counts.
type Period string

// The periods.
const (
	Minute Period = "minute"
	Hour   Period = "hour"
	Day    Period = "day"
	Week   Period = "week" // from Monday
	Month  Period = "month"
)

// Bounds are the beginning and the end of the period that holds t, on the clocks of zone. Days have 23 or 25 hours where those
// are changed, and a day whose midnight is skipped begins with the first time after it. Minutes and hours are those of absolute
// time, moved by the zone's offset, so that the hour that comes twice is two.
func (p Period) Bounds(t time.Time, zone *time.Location) (start, end time.Time) {
	t = t.In(zone)
	year, month, day := t.Date()
	switch p {
	case Minute:
		return fixed(t, time.Minute)
	case Hour:
		return fixed(t, time.Hour)
	case Day:
		return midnight(year, month, day, zone), midnight(year, month, day+1, zone)
	case Week:
		day -= (int(t.Weekday()) + 6) % 7 // since Monday
		return midnight(year, month, day, zone), midnight(year, month, day+7, zone)
	default:
		return midnight(year, month, 1, zone), midnight(year, month+1, 1, zone)
	}
}

// fixed cuts time into equal steps, by the offset that holds at t; where that changes, a step ends early.
func fixed(t time.Time, step time.Duration) (start, end time.Time) {
	_, offset := t.Zone()
	shift := time.Duration(offset) * time.Second
	start = t.Add(shift).UTC().Truncate(step).Add(-shift).In(t.Location())
	end = start.Add(step)
	began, until := t.ZoneBounds()
	if start.Before(began) {
		start = began
	}
	if !until.IsZero() && end.After(until) {
		end = until
	}
	return start, end
}

// midnight is the first moment of a day. time.Date leaves open what it gives where the clocks are changed at midnight.
func midnight(year int, month time.Month, day int, zone *time.Location) time.Time {
	t := time.Date(year, month, day, 0, 0, 0, 0, zone)
	noon := time.Date(year, month, day, 12, 0, 0, 0, zone)
	if t.Day() != noon.Day() { // there is no midnight, and t is before it
		_, changed := t.ZoneBounds()
		return changed.In(zone)
	}
	if earlier := t.Add(-time.Hour); earlier.Day() == t.Day() { // there are two
		return earlier
	}
	return t
}
