package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmroute/llmroute/policy"
)

func TestLookupsOfFindsEveryHeaderAndClaimThatAnExpressionNames(t *testing.T) {
	for source, want := range map[string]policy.Lookups{
		``:                            {},
		`team == "x"`:                 {},
		`headers["X-Tier"] == "vip"`:  {Headers: []string{"x-tier"}},
		`headers.region == "eu"`:      {Headers: []string{"region"}},
		`"X-Beta" in headers`:         {Headers: []string{"x-beta"}},
		`claims["Realm.team"] == "x"`: {Claims: []string{"Realm.team"}},
		`headers["b"] == "" || "a" in headers && headers["b"].startsWith("c")`: {Headers: []string{"a", "b"}},
		`headers[model] == "1"`: {},
		`model in ["headers"]`:  {},
	} {
		got, err := policy.LookupsOf(source)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", source, err, diff)
		}
	}
	if _, err := policy.LookupsOf(`headers[`); err == nil {
		t.Error("a broken expression has lookups")
	}
}

func TestWhatIsKnownIsNotReadOffTheText(t *testing.T) {
	f := policy.Features{Text: func() string { t.Error("the text was read"); return "" }}
	f.Know(policy.Known{Task: "code", Language: "de", Complexity: 0.25, Session: "5e551a"})
	if f.Task() != "code" || f.Language() != "de" || f.Complexity() != 0.25 || f.Session() != "5e551a" {
		t.Errorf("got %s %s %g %s", f.Task(), f.Language(), f.Complexity(), f.Session())
	}
}
