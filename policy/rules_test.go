package policy

import (
	"fmt"
	"slices"
	"testing"
)

// anchoredMatches have anchors of every form, and forms that look like anchors and are none.
var anchoredMatches = []string{
	`team == "x"`, `"x" == team`, `team == "x" && input_tokens > 5000`, `input_tokens > 5000 && (stream || images > 0) && team == "x"`,
	`team == "x" || team == "y"`, `team == "x" || user == "u"`, `team in ["x", "y"]`, `headers["h"] == "1"`, `headers.h == "1" && team != ""`,
	`headers["h"] == ""`, `headers["H"] == "1" || headers["h"] == "0"`, `!(team == "x")`, `team != "x"`, `team == user`, `op == "embeddings"`,
	`(team == "x" && user == "u") || (team == "y" && user == "u")`, `1 / images > 0 && team == "x"`, `team == "x" && 1 / images > 0`,
	`1 / images > 0 || team == "x"`, `team == "x" ? stream : !stream`, `team.lowerAscii() == "x"`, `model in ["m0", "one"]`, `team == "x" && team == "y"`,
	`task == "chat"`, `true`, `false`, ``,
}

// TestTheIndexPassesOverOnlyWhatCannotMatch asks every expression itself.
func TestTheIndexPassesOverOnlyWhatCannotMatch(t *testing.T) {
	rnd := seeded(5)
	passedOver := 0
	for range 3000 {
		var rules []*Expr
		for range rnd.IntN(30) {
			rules = append(rules, expr(pick(rnd, anchoredMatches...)))
		}
		f := randomRequest(rnd)
		f.Team = pick(rnd, "", "x", "y")
		x := newRuleIndex(rules)
		var buf [4]int32 // small, so that it overflows
		possible := x.possible(&f, buf[:0])
		if !slices.IsSorted(possible) {
			t.Fatalf("not in order: %v", possible)
		}
		for i, e := range rules {
			n := 0
			for _, k := range possible {
				if int(k) == i {
					n++
				}
			}
			match, err := e.Eval(&f)
			if n > 1 || n == 0 && (match || err != nil) {
				t.Fatalf("%q is listed %d times, matches: %v, %v", e, n, match, err)
			}
			if n == 0 {
				passedOver++
			}
		}
	}
	if passedOver < 10_000 {
		t.Errorf("only %d were passed over", passedOver)
	}
}

func TestRulesOfOtherTenantsAreNotLookedAt(t *testing.T) {
	s := world()
	looked := 0
	count := &Expr{source: "counts", direct: func(*Features) bool { looked++; return false }}
	for i := range 500 {
		e := *expr(fmt.Sprintf(`headers["x-tenant"] == "t%d"`, i))
		e.direct = count.direct
		s.Routes = slices.Insert(s.Routes, 0, Route{Name: fmt.Sprint("t", i), Match: &e, Models: []string{"*"}, Strategy: "cost"})
	}
	r := router(t, s)
	f := chat("").with("x-tenant: t7")
	if _, err := r.Decide(&f, nil); err != nil {
		t.Fatal(err)
	}
	if looked != 1 {
		t.Errorf("%d of 500 rules were looked at, want that of t7", looked)
	}
}
