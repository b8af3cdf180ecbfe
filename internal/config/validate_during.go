package config

import (
	"strconv"
	"strings"
	"time"
)

func (v *validator) during(at string, d *During) {
	if d == nil || v.bad[at] {
		return
	}
	for _, end := range []struct{ key, text string }{{"from", d.From}, {"to", d.To}} {
		at := at + "." + end.key
		minutes, ok := Minutes(end.text)
		switch {
		case !ok:
			v.fault(at, v.text(at)+" is not a time of day", "write it like \"08:30\", with quotes")
		case end.key == "from" && minutes == 24*60:
			v.fault(at, "a window cannot begin at the end of a day", "write \"00:00\"")
		}
	}
	if d.Zone == "Local" {
		v.fault(at+".zone", "Local is another zone on every machine", "write one like Europe/Berlin, or UTC")
	} else if _, err := time.LoadLocation(d.Zone); err != nil {
		v.fault(at+".zone", v.text(at+".zone")+" is not a time zone", "write one like Europe/Berlin, or UTC")
	}
	if d.From == "00:00" && d.To == "24:00" && len(d.Days) == 0 && !v.badWithin(at) {
		v.warn(at, "this is always", "say days, from or to, or leave it out")
	}
}

// Minutes reads a time of day, `HH:MM` from 00:00 to 24:00, as minutes since midnight.
func Minutes(text string) (int, bool) {
	hours, minutes, ok := strings.Cut(text, ":")
	if !ok || len(hours) != 2 || len(minutes) != 2 {
		return 0, false
	}
	h, errH := strconv.ParseUint(hours, 10, 8)
	m, errM := strconv.ParseUint(minutes, 10, 8)
	if errH != nil || errM != nil || h > 24 || m > 59 || h == 24 && m > 0 {
		return 0, false
	}
	return int(h)*60 + int(m), true
}
