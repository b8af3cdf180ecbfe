package policy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/policy/catalog"
)

// The properties below hold for random configurations and requests: see randomSpec and randomRequest.
const randomRounds = 4000

// TestNoPlanHoldsWhatAPolicyRefuses judges every plan anew, by the policies' texts and not by the router's own tables.
func TestNoPlanHoldsWhatAPolicyRefuses(t *testing.T) {
	refusals := 0
	for seed := range uint64(randomRounds) {
		rnd := seeded(seed)
		s := randomSpec(rnd)
		r := router(t, s)
		f := randomRequest(rnd)
		d, err := r.Decide(&f, rnd)
		if err != nil {
			refusals++
			if len(d.Plan) > 0 {
				t.Fatalf("seed %d: an error with a plan", seed)
			}
		}
		var preamble []string
		for _, p := range s.Policies {
			if match, err := p.Match.Eval(&f); p.Audit || !match && err == nil || !open(p.During, f.Now) {
				continue
			}
			preamble = append(preamble, p.SystemPreamble)
			if p.MaxImages != nil && f.Images > *p.MaxImages && len(d.Plan) > 0 {
				t.Fatalf("seed %d: policy %s bounds the images, and there is a plan", seed, p.Name)
			}
			if p.Reject != "" && len(d.Plan) > 0 {
				t.Fatalf("seed %d: policy %s rejects, and there is a plan", seed, p.Name)
			}
			if p.MaxInputTokens > 0 && f.InputTokens > p.MaxInputTokens && len(d.Plan) > 0 {
				t.Fatalf("seed %d: policy %s bounds the input, and there is a plan", seed, p.Name)
			}
			for _, e := range d.Plan {
				if why := forbidden(&p, e); why != "" {
					t.Fatalf("seed %d: policy %s refuses %s (%s), and the plan holds it\n%s", seed, p.Name, e.Model, why, Explain(&f, d, err).Table())
				}
				out := max(f.MaxOutputTokens, 0)
				if d.Edit.MaxOutputTokens > 0 {
					out = d.Edit.MaxOutputTokens
				}
				if e.MaxOutputTokens > 0 {
					out = min(out, e.MaxOutputTokens)
				}
				if p.MaxOutputTokens > 0 && f.generates() && (out == 0 || out > p.MaxOutputTokens) {
					t.Fatalf("seed %d: policy %s caps at %d, and the output may be %d", seed, p.Name, p.MaxOutputTokens, out)
				}
			}
		}
		if err == nil && f.prompts() && d.Edit.SystemPreamble() != strings.Join(slices.DeleteFunc(preamble, func(text string) bool { return text == "" }), "\n\n") {
			t.Fatalf("seed %d: the system message is %q, and policies say %q", seed, d.Edit.SystemPreamble(), preamble)
		}
	}
	if refusals < randomRounds/20 || refusals > randomRounds*19/20 {
		t.Errorf("%d of %d requests were refused: the generator tests little", refusals, randomRounds)
	}
}

// open says again whether a window is open: by counting its minutes through.
func open(d *During, now time.Time) bool {
	if d == nil {
		return true
	}
	length := (d.To - d.From + wholeDay) % wholeDay
	if length == 0 {
		length = wholeDay
	}
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	for back := range 2 {
		day := midnight.AddDate(0, 0, -back)
		begin := day.Add(time.Duration(d.From) * time.Minute)
		if d.Days != [7]bool{} && !d.Days[day.Weekday()] || now.Before(begin) {
			continue
		}
		if now.Before(begin.Add(time.Duration(length) * time.Minute)) {
			return true
		}
	}
	return false
}

// forbidden says again, in other words than the router's, what a policy refuses.
func forbidden(p *Policy, e Entry) string {
	in := func(list []string, s string) bool {
		return slices.ContainsFunc(list, func(g string) bool { return Glob(g, s) })
	}
	if in(p.Deny.Models, e.Model) || in(p.Deny.Models, e.Name) || in(p.Deny.Providers, e.Provider) || e.Region != "" && in(p.Deny.Regions, e.Region) {
		return "denied"
	}
	if a := p.Allow; a != nil {
		if len(a.Models) > 0 && !in(a.Models, e.Model) || len(a.Providers) > 0 && !in(a.Providers, e.Provider) ||
			len(a.Regions) > 0 && (e.Region == "" || !in(a.Regions, e.Region)) || len(a.Models)+len(a.Providers)+len(a.Regions) == 0 {
			return "not allowed"
		}
	}
	if m := p.MaxPrice.Output; m > 0 && (!e.Facts.PriceKnown || e.Facts.Price.Output > m) {
		return "price"
	}
	if m := p.MaxCostUSD; m != nil && (e.ExpectedUSD < 0 || e.ExpectedUSD > *m) {
		return "cost"
	}
	if e.Facts.Lacks&p.Require != 0 {
		return "capability"
	}
	for _, word := range p.DataPolicy {
		if !slices.Contains(e.DataPolicy, word) {
			return "data policy"
		}
	}
	return ""
}

func TestTheSameSeedGivesTheSameDecision(t *testing.T) {
	for seed := range uint64(randomRounds) {
		rnd := seeded(seed)
		r := router(t, randomSpec(rnd))
		f := randomRequest(rnd)
		g := f
		a, errA := r.Decide(&f, seeded(seed))
		b, errB := r.Decide(&g, seeded(seed))
		if recorded(&f, a, errA) != recorded(&g, b, errB) {
			t.Fatalf("seed %d: two decisions", seed)
		}
	}
}

func recorded(f *Features, d *Decision, err error) string {
	text, _ := json.Marshal(Explain(f, d, err))
	return string(text)
}

func TestPlansAreShortUniqueAndOfLiveCandidates(t *testing.T) {
	for seed := range uint64(randomRounds) {
		rnd := seeded(seed)
		s := randomSpec(rnd)
		f := randomRequest(rnd)
		d, err := router(t, s).Decide(&f, rnd)
		if err == nil && len(d.Plan) == 0 {
			t.Fatalf("seed %d: neither plan nor error", seed)
		}
		all := d.Candidates()
		for i, e := range d.Plan {
			at := slices.IndexFunc(all, func(c Considered) bool { return c.Candidate == e.Candidate })
			if at < 0 || all[at].Refused.Refused() || all[at].Rank != i+1 {
				t.Fatalf("seed %d: entry %d is refused, ranked otherwise, or there twice: %+v", seed, i, all[at])
			}
		}
		if rt := slices.IndexFunc(s.Routes, func(r Route) bool { return r.Name == d.Route }); rt >= 0 && f.EnvoyRoute == "" && len(d.Plan) > 1+s.Routes[rt].Fallbacks {
			t.Fatalf("seed %d: more fallbacks than the route allows", seed)
		}
	}
}

func TestAuditNeverChangesADecision(t *testing.T) {
	for seed := range uint64(randomRounds) {
		rnd := seeded(seed)
		s := randomSpec(rnd)
		f := randomRequest(rnd)
		g := f
		without := s
		without.Policies = slices.DeleteFunc(slices.Clone(s.Policies), func(p Policy) bool { return p.Audit })
		a, errA := router(t, s).Decide(&f, seeded(seed))
		b, errB := router(t, without).Decide(&g, seeded(seed))
		a.Audited, a.Notes, b.Notes = nil, nil, nil
		if recorded(&f, a, errA) != recorded(&g, b, errB) {
			t.Fatalf("seed %d: audit changes the decision", seed)
		}
	}
}

func TestWhatIsDeniedToTheCallerIsNotVisible(t *testing.T) {
	for seed := range uint64(randomRounds / 4) {
		rnd := seeded(seed)
		s := randomSpec(rnd)
		f := randomRequest(rnd)
		for _, v := range router(t, s).Visible(&f) {
			if v.Kind != VisibleModel {
				continue
			}
			c := s.Candidates[slices.IndexFunc(s.Candidates, func(c Candidate) bool { return c.Model == v.Name })]
			for _, p := range s.Policies {
				p.MaxCostUSD, p.Require = nil, 0 // of the request
				match, err := p.Match.Eval(&f)
				if open(p.During, f.Now) && p.Match.callerOnly() && !p.Audit && (match || err != nil) && forbidden(&p, Entry{Candidate: &c}) != "" {
					t.Fatalf("seed %d: %s is listed though policy %s refuses it", seed, v.Name, p.Name)
				}
			}
		}
	}
}

func pick[T any](rnd *rand.Rand, from ...T) T { return from[rnd.IntN(len(from))] }

func some(rnd *rand.Rand, from ...string) []string {
	var out []string
	for _, s := range from {
		if rnd.IntN(3) == 0 {
			out = append(out, s)
		}
	}
	return out
}

func randomSpec(rnd *rand.Rand) Spec {
	var s Spec
	for i := range 1 + rnd.IntN(7) {
		c := Candidate{
			Model: fmt.Sprint("m", i), Provider: pick(rnd, "a", "b", "c"), Name: fmt.Sprint(pick(rnd, "x", "y"), i),
			Region: pick(rnd, "", "eu", "us-east-1"), Ops: map[string]bool{"chat_completions": rnd.IntN(10) > 0, "embeddings": true},
		}
		c.Facts.Mode = pick(rnd, catalog.ModeUnknown, catalog.ModeChat, catalog.ModeChat, catalog.ModeEmbedding)
		c.Facts.PriceKnown = rnd.IntN(4) > 0
		if c.Facts.PriceKnown {
			c.Facts.Price = catalog.Price{Input: float64(rnd.IntN(5)), Output: float64(rnd.IntN(30))}
		}
		c.Facts.ContextWindow = pick(rnd, 0, 1000, 10_000, 100_000)
		c.Facts.MaxInputTokens = pick(rnd, 0, 0, 1000, 50_000)
		c.Facts.MaxOutputTokens = pick(rnd, 0, 100, 5000)
		c.Facts.Has = Capabilities(rnd.IntN(64))
		c.Facts.Lacks = Capabilities(rnd.IntN(64)) &^ c.Facts.Has
		c.DataPolicy = some(rnd, "no_training", "zero_retention")
		c.Quality, c.QualityKnown = rnd.Float64(), rnd.IntN(3) > 0
		s.Candidates = append(s.Candidates, c)
	}
	for i := range 1 + rnd.IntN(4) {
		s.Routes = append(s.Routes, Route{
			Name: fmt.Sprint("r", i), Match: randomMatch(rnd), Models: pick(rnd, []string{"*"}, []string{"m1", "m0"}, []string{"m2", "*"}),
			Strategy: pick(rnd, StrategyNames()...), Weights: map[string]float64{"m0": 1, "m1": 3}, Fallbacks: rnd.IntN(4),
			MinQuality: pick(rnd, 0, 0, 0.5), Require: pick(rnd, 0, 0, catalog.Tools),
			StrongAbove: pick(rnd, nil, ptr(0.05), ptr(0.5)), Affinity: rnd.IntN(2) == 0,
		})
	}
	for i := range rnd.IntN(4) {
		p := Policy{Name: fmt.Sprint("p", i), Match: randomMatch(rnd), Audit: rnd.IntN(4) == 0}
		if rnd.IntN(3) == 0 {
			p.During = &During{From: rnd.IntN(wholeDay), To: 1 + rnd.IntN(wholeDay)}
			p.During.Days[rnd.IntN(7)] = rnd.IntN(2) == 0
		}
		switch rnd.IntN(11) {
		case 0:
			p.Allow = &Selector{Models: some(rnd, "m0", "m1", "m*"), Providers: some(rnd, "a", "b"), Regions: some(rnd, "eu", "us-*")}
		case 1, 2:
			p.Deny = Selector{Models: some(rnd, "m0", "m1", "x*"), Providers: some(rnd, "a", "b"), Regions: some(rnd, "eu", "us-*")}
		case 3:
			p.MaxOutputTokens = pick(rnd, 50, 2000)
		case 4:
			p.MaxInputTokens = pick(rnd, 500, 50_000)
		case 5:
			p.MaxPrice.Output, p.Require = float64(rnd.IntN(30)), Capabilities(rnd.IntN(8))
		case 6:
			p.MaxCostUSD = ptr(rnd.Float64() / 20)
		case 8:
			p.MaxImages = ptr(rnd.IntN(2))
		case 9:
			p.DataPolicy = some(rnd, "no_training", "zero_retention")
		case 10:
			p.SystemPreamble = p.Name
		case 7:
			p.Force, p.Remove = []Param{{"seed", json.RawMessage("1")}}, []string{"user"}
			if rnd.IntN(3) == 0 {
				p.Reject = "no"
			}
		}
		s.Policies = append(s.Policies, p)
	}
	s.Aliases = []Alias{{"auto", "r0"}, {"one", "m0"}, {"m0", s.Candidates[len(s.Candidates)-1].Model}}
	return s
}

func randomMatch(rnd *rand.Rand) *Expr {
	return pick(rnd, nil, nil, matches[rnd.IntN(len(matches))])
}

var matches = []*Expr{
	expr(`team == "x"`), expr(`headers["h"] == "1"`), expr(`input_tokens > 2000`), expr(`"tools" in needs`),
	expr(`1 / images > 0`), expr(`stream && user != ""`), expr(`models.exists(m, m == "m1")`),
}

func randomRequest(rnd *rand.Rand) Features {
	names := []string{"", "", "auto", "one", "m0", "m1", "m2", "nope", "route/r0", "route/r1"}
	f := Features{
		Op: pick(rnd, "chat_completions", "chat_completions", "chat_completions", "embeddings"), Model: pick(rnd, names...),
		Stream: rnd.IntN(2) == 0, MaxOutputTokens: pick(rnd, 0, 0, 100, 4000), InputTokens: pick(rnd, 10, 900, 3000, 60_000),
		Images: rnd.IntN(2), Needs: pick(rnd, 0, 0, catalog.Tools, catalog.Vision|catalog.Tools),
		Team: pick(rnd, "", "x"), User: pick(rnd, "", "u"), EnvoyRoute: pick(rnd, "", "", "", "r0"),
		Strategy: pick(rnd, "", "", "cost", "weighted"), MaxCostUSD: pick(rnd, 0, 0, 0.01),
	}
	f.Now = time.Unix(1_770_000_000+rnd.Int64N(14*24*3600), 0).UTC()
	f.Know(Known{Task: TaskQA, Complexity: rnd.Float64(), Session: pick(rnd, "", "s1", "s2")})
	for range rnd.IntN(3) {
		f.Models = append(f.Models, pick(rnd, names[2:]...))
	}
	if f.Op == "embeddings" {
		f.MaxOutputTokens = 0
	}
	return f.with("h: " + pick(rnd, "0", "1"))
}
