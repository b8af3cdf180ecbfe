package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/policy/catalog"
)

func TestImagesAreBounded(t *testing.T) {
	for name, row := range map[string]struct {
		most, images int
		refused      string
	}{
		"as many as allowed": {2, 2, ""},
		"one more":           {2, 3, "the request has 3 images, and policy pics allows 2; send fewer"},
		"none allowed":       {0, 1, "the request has 1 image, and policy pics allows none; send fewer"},
		"none there":         {0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, model := range []string{"", "strong", "route/code", "auto"} {
				s := world()
				s.Policies = []Policy{{Name: "pics", MaxImages: &row.most}}
				f := chat(model)
				f.Images = row.images
				_, _, err := decide(t, router(t, s), f)
				if (err != nil) != (row.refused != "") || err != nil && (err.Code != InputLimit || err.Message != row.refused || err.Policy != "pics") {
					t.Errorf("model %q: %v", model, err)
				}
			}
		})
	}
}

func TestADataPolicyIsRequiredOfEveryCandidate(t *testing.T) {
	s := world()
	s.Candidates[1].DataPolicy = []string{"no_training"}
	s.Candidates[2].DataPolicy = []string{"zero_retention", "no_training"}
	s.Policies = []Policy{{Name: "gdpr", DataPolicy: []string{"no_training", "zero_retention"}}}
	r := router(t, s)
	if plan, _, _ := decide(t, r, chat("")); plan != "haiku" {
		t.Errorf("the plan is %s", plan)
	}
	_, _, err := decide(t, r, chat("cheap"))
	if err == nil || err.Code != PolicyDenied || err.Message != "cheap cannot serve this request: provider openai does not promise no_training, zero_retention (data_policy) (policy gdpr)" {
		t.Errorf("%v", err)
	}
	f := chat("")
	f.Models = []string{"cheap", "strong", "haiku"} // "strong" is an alias of haiku here
	if plan, _, _ := decide(t, r, f); plan != "haiku" {
		t.Errorf("of a list: %s", plan)
	}
	for _, v := range r.Visible(&f) {
		if v.Kind == VisibleModel && v.Name != "haiku" {
			t.Errorf("%s is listed", v.Name)
		}
	}
}

func TestAPolicyHoldsDuringItsWindow(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	on := func(days ...time.Weekday) (set [7]bool) {
		for _, d := range days {
			set[d] = true
		}
		return set
	}
	night, office := 22*60, 8*60+30
	for name, row := range map[string]struct {
		during During
		at     string
		holds  bool
	}{
		"always":                                      {During{To: wholeDay}, "2026-03-04T12:00:00Z", true},
		"at its first minute":                         {During{From: office, To: night}, "2026-03-04T08:30:00Z", true},
		"a minute before":                             {During{From: office, To: night}, "2026-03-04T08:29:59Z", false},
		"at its last minute":                          {During{From: office, To: night}, "2026-03-04T21:59:59Z", true},
		"at its end":                                  {During{From: office, To: night}, "2026-03-04T22:00:00Z", false},
		"over midnight, before it":                    {During{From: night, To: office}, "2026-03-04T23:00:00Z", true},
		"over midnight, after it":                     {During{From: night, To: office}, "2026-03-05T08:29:00Z", true},
		"over midnight, at noon":                      {During{From: night, To: office}, "2026-03-05T12:00:00Z", false},
		"on the day":                                  {During{Days: on(time.Wednesday), To: wholeDay}, "2026-03-04T12:00:00Z", true},
		"on another day":                              {During{Days: on(time.Thursday), To: wholeDay}, "2026-03-04T12:00:00Z", false},
		"over midnight, begun on the day before":      {During{Days: on(time.Wednesday), From: night, To: office}, "2026-03-05T01:00:00Z", true},
		"over midnight, not begun on that day":        {During{Days: on(time.Thursday), From: night, To: office}, "2026-03-05T01:00:00Z", false},
		"from Saturday into Sunday":                   {During{Days: on(time.Saturday), From: night, To: office}, "2026-03-08T01:00:00Z", true},
		"24 hours from the morning":                   {During{Days: on(time.Wednesday), From: office, To: office}, "2026-03-05T08:29:00Z", true},
		"24 hours from the morning, over":             {During{Days: on(time.Wednesday), From: office, To: office}, "2026-03-05T08:30:00Z", false},
		"by another zone's clock":                     {During{From: office, To: night, Zone: berlin}, "2026-03-04T07:45:00Z", true},
		"by another zone's clock in summer":           {During{From: office, To: night, Zone: berlin}, "2026-07-01T06:45:00Z", true},
		"by another zone's day":                       {During{Days: on(time.Thursday), To: wholeDay, Zone: berlin}, "2026-03-04T23:30:00Z", true},
		"where the time is not known, as it may hold": {During{Days: on(time.Thursday), To: wholeDay}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := world()
			s.Policies = []Policy{{Name: "hours", During: &row.during, Deny: Selector{Models: []string{"cheap"}}}}
			f := chat("cheap")
			if row.at != "" {
				if f.Now, err = time.Parse(time.RFC3339, row.at); err != nil {
					t.Fatal(err)
				}
			}
			r := router(t, s)
			_, d, refused := decide(t, r, f)
			if (refused != nil) != row.holds || len(d.Policies) != map[bool]int{true: 1}[row.holds] {
				t.Errorf("%v, %v", refused, d.Policies)
			}
			listed := false
			for _, v := range r.Visible(&f) {
				listed = listed || v.Name == "cheap" && v.Kind == VisibleModel
			}
			if listed == row.holds {
				t.Errorf("listed: %v", listed)
			}
		})
	}
}

func TestPreamblesAreJoinedInTheOrderOfTheFile(t *testing.T) {
	s := world()
	s.Policies = []Policy{
		{Name: "a", SystemPreamble: "Be kind."}, {Name: "other", Match: expr(`team == "x"`), SystemPreamble: "No."},
		{Name: "b", SystemPreamble: "Be brief."}, {Name: "trial", Audit: true, SystemPreamble: "Be blue."},
	}
	r := router(t, s)
	for _, model := range []string{"", "cheap", "route/code"} {
		_, d, err := decide(t, r, chat(model))
		if err != nil || d.Edit.SystemPreamble() != "Be kind.\n\nBe brief." {
			t.Errorf("model %q: %q, %v", model, d.Edit.SystemPreamble(), err)
		}
	}
	for _, op := range []string{"completions", "embeddings"} {
		f := chat("embed")
		f.Op = op
		d, _ := r.Decide(&f, nil)
		if d.Edit.SystemPreamble() != "" || !strings.Contains(strings.Join(d.Notes, "\n"), "policy a has a system message, for which "+op+" has no place") {
			t.Errorf("%s: %q, %q", op, d.Edit.SystemPreamble(), d.Notes)
		}
	}
	f := chat("cheap")
	d, err := r.Decide(&f, nil)
	record := Explain(&f, d, err)
	if got := strings.Join(record.Edit.SystemPreamble, " "); got != "a b" || !strings.Contains(record.Table(), "system message of a, b") {
		t.Errorf("the record names %s:\n%s", got, record.Table())
	}
}

func TestAuditTellsWhatTheFurtherPoliciesWouldDo(t *testing.T) {
	none, one, two := 0, 1, 2
	for want, p := range map[string]Policy{
		"would refuse 3 images, as none are allowed":                          {MaxImages: &none},
		"would refuse 3 images, as 1 is allowed":                              {MaxImages: &one},
		"would refuse 3 images, as 2 are allowed":                             {MaxImages: &two},
		"would put a system message of 2 characters before the request's own": {SystemPreamble: "Oé"},
		"would leave out cheap, strong, embed":                                {DataPolicy: []string{"kept"}},
	} {
		s := world()
		s.Candidates[2].DataPolicy, s.Candidates[3].DataPolicy = []string{"kept"}, []string{"kept"}
		p.Name, p.Audit = "trial", true
		s.Policies = []Policy{p}
		f := chat("")
		f.Images, f.Needs = 3, catalog.Vision
		_, d, err := decide(t, router(t, s), f)
		if err != nil || len(d.Audited) != 1 || d.Audited[0].Effect != want || len(d.Edit.Preambles) != 0 {
			t.Errorf("%v, %v; want %s", d.Audited, err, want)
		}
	}
	s := world()
	s.Policies = []Policy{{Name: "trial", Audit: true, During: &During{From: 60, To: 120}, Reject: "no"}}
	f := chat("")
	f.Now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	if _, d, _ := decide(t, router(t, s), f); len(d.Audited) != 0 {
		t.Errorf("outside its window a policy is audited: %v", d.Audited)
	}
}

func TestAnErrorNamesTheWindowThatWouldDo(t *testing.T) {
	f := chat("")
	f.InputTokens, f.MaxOutputTokens = 300_000, 1000
	_, _, err := decide(t, router(t, world()), f)
	if err == nil || err.Code != ContextTooLong || !strings.HasSuffix(err.Message, "; a context window of 301000 tokens would be enough") {
		t.Errorf("%v", err)
	}
}

func TestEveryCeilingOfTheCostHolds(t *testing.T) {
	expected := map[string]float64{} // of the world's candidates, for a plain request
	_, d, _ := decide(t, router(t, world()), chat(""))
	for _, c := range d.Candidates() {
		expected[c.Model] = c.ExpectedUSD
	}
	haiku := expected["haiku"]
	for name, change := range map[string]func(*Spec, *Features, float64){
		"the first of two policies": func(s *Spec, _ *Features, usd float64) {
			s.Policies = []Policy{{Name: "a", MaxCostUSD: &usd}, {Name: "b", MaxCostUSD: ptr(99.0)}}
		},
		"the second of two policies": func(s *Spec, _ *Features, usd float64) {
			s.Policies = []Policy{{Name: "a", MaxCostUSD: ptr(99.0)}, {Name: "b", MaxCostUSD: &usd}}
		},
		"the client's":                   func(_ *Spec, f *Features, usd float64) { f.MaxCostUSD = usd },
		"the route's":                    func(s *Spec, _ *Features, usd float64) { s.Routes[2].MaxCostUSD = &usd },
		"the client's below the route's": func(s *Spec, f *Features, usd float64) { s.Routes[2].MaxCostUSD, f.MaxCostUSD = ptr(99.0), usd },
		"the route's below the client's": func(s *Spec, f *Features, usd float64) { s.Routes[2].MaxCostUSD, f.MaxCostUSD = &usd, 99 },
	} {
		for share, fits := range map[float64]bool{1: true, 0.999: false, 0.6: false} {
			s, f := world(), chat("")
			change(&s, &f, haiku*share)
			plan, _, _ := decide(t, router(t, s), f)
			if strings.Contains(plan, "haiku") != fits || strings.Contains(plan, "strong") {
				t.Errorf("%s, at %g of what haiku costs: %s", name, share, plan)
			}
		}
	}
}

func TestCeilingsOfARouteBindWhoComesByIt(t *testing.T) {
	s := world()
	s.Routes[2].MaxCostUSD, s.Routes[2].MinQuality = ptr(0.0001), 0.6
	r := router(t, s)
	list := chat("")
	list.Models = []string{"haiku", "cheap"}
	pinned := chat("haiku")
	pinned.EnvoyRoute = "default"
	pinnedPoor := chat("cheap")
	pinnedPoor.EnvoyRoute = "default"
	for name, row := range map[string]struct {
		f    Features
		plan string
	}{
		"a model that the client names":     {chat("haiku"), "haiku"},
		"a list that the client names":      {list, "haiku cheap"},
		"a model within Envoy's route":      {pinned, string(TooExpensive)},
		"a poor model within Envoy's route": {pinnedPoor, string(NoCandidate)},
	} {
		if plan, _, _ := decide(t, r, row.f); plan != row.plan {
			t.Errorf("%s: %s, want %s", name, plan, row.plan)
		}
	}
}
