package config

import (
	"fmt"
	"slices"
	"time"
)

// mostUSD bounds what can be counted in billionths of a dollar.
const mostUSD = 9e9

func (v *validator) budgets() {
	names := map[string]int{}
	for i := range v.c.Budgets {
		at := fmt.Sprintf("budgets[%d]", i)
		b := &v.c.Budgets[i]
		v.once(names, at+".name", b.Name, "budget")
		if b.Name != "" && !headerSafe(b.Name) {
			v.fault(at+".name", v.text(at+".name")+" has spaces or characters outside ASCII, and response headers name it", "")
		}
		v.budget(at, b)
	}
}

func (v *validator) budget(at string, b *Budget) {
	if b.LimitUSD == nil && b.LimitTokens == nil {
		v.fault(at, "a budget needs a limit", "set limit_usd, limit_tokens or both")
	}
	if b.LimitUSD != nil && !(*b.LimitUSD <= mostUSD) {
		v.fault(at+".limit_usd", v.text(at+".limit_usd")+" is more than can be counted", "9000000000 is the most")
	}
	if b.Zone == "Local" {
		v.fault(at+".zone", "Local is another zone on every machine", "write one like Europe/Berlin, or UTC")
	} else if _, err := time.LoadLocation(b.Zone); err != nil {
		v.fault(at+".zone", v.text(at+".zone")+" is not a time zone", "write one like Europe/Berlin, or UTC")
	}
	if !slices.IsSorted(b.Alerts) {
		v.fault(at+".alerts", "alerts are not in ascending order", "write the lowest first")
	}
	source, named := map[string]Source{"team": v.c.Identity.Team, "user": v.c.Identity.User, "client": v.c.Identity.Client}[b.Per]
	if named && source == (Source{}) {
		v.warn(at+".per", fmt.Sprintf("identity.%s is not set, so all requests have one account", b.Per), "")
	}
}
