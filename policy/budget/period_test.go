package budget

import (
	"testing"
	"time"
)

func TestPeriodsBeginAndEndOnTheClocksOfTheirZone(t *testing.T) {
	for _, c := range []struct{ name, zone, at, start, end string }{
		{"minute", "UTC", "2026-11-24T12:34:56Z", "2026-11-24T12:34:00Z", "2026-11-24T12:35:00Z"},
		{"hour", "Asia/Kolkata", "2026-11-24T12:34:56Z", "2026-11-24T12:30:00Z", "2026-11-24T13:30:00Z"},
		{"day", "Europe/Berlin", "2026-11-24T23:30:00Z", "2026-11-24T23:00:00Z", "2026-11-25T23:00:00Z"},
		{"day", "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}, // 23 hours
		{"day", "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"}, // 25 hours
		{"hour", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"},
		{"hour", "Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"}, // the same hour again
		{"day", "Africa/Cairo", "2026-04-24T12:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"},   // no midnight
		{"day", "America/Havana", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"}, // two midnights
		{"week", "UTC", "2026-11-29T23:59:59Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"},           // a Sunday
		{"week", "UTC", "2026-11-30T00:00:00Z", "2026-11-30T00:00:00Z", "2026-12-07T00:00:00Z"},
		{"week", "America/New_York", "2026-11-01T12:00:00Z", "2026-10-26T04:00:00Z", "2026-11-02T05:00:00Z"},
		{"month", "UTC", "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"},
		{"month", "Pacific/Auckland", "2026-12-31T12:00:00Z", "2026-12-31T11:00:00Z", "2027-01-31T11:00:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		start, end := Period(c.name).Bounds(at, zone)
		if got := start.UTC().Format(time.RFC3339); got != c.start {
			t.Errorf("%s of %s in %s begins at %s, want %s", c.name, c.at, c.zone, got, c.start)
		}
		if got := end.UTC().Format(time.RFC3339); got != c.end {
			t.Errorf("%s of %s in %s ends at %s, want %s", c.name, c.at, c.zone, got, c.end)
		}
	}
}

// TestPeriodsFollowEachOtherWithoutGap walks through years of odd clocks.
func TestPeriodsFollowEachOtherWithoutGap(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "Africa/Cairo", "America/Havana", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Beirut"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []Period{Hour, Day, Week, Month} {
			at, stop := time.Date(2015, 1, 1, 0, 0, 0, 0, zone), time.Date(2019, 1, 1, 0, 0, 0, 0, zone)
			for at.Before(stop) {
				start, end := p.Bounds(at, zone)
				again, _ := p.Bounds(end.Add(-1), zone)
				next, _ := p.Bounds(end, zone)
				if start.After(at) || !end.After(at) || !again.Equal(start) || !next.Equal(end) {
					t.Fatalf("%s in %s at %s: %s to %s; at its last moment it began at %s, and the next one begins at %s", p, name, at, start, end, again, next)
				}
				at = end
			}
		}
	}
}
