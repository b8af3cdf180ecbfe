package schema_test

import (
	"strings"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
)

func TestToolNamesFitWhatAProviderTakes(t *testing.T) {
	plain := schema.NameRule{Longest: 64, Signs: "_-"}
	strict := schema.NameRule{Longest: 32, Signs: "_-.", LetterFirst: true}
	long := strings.Repeat("x", 70)
	for name, tc := range map[string]struct {
		rule         schema.NameRule
		name, prefix string
		changed      bool
	}{
		"a good name stays":                        {rule: plain, name: "get_weather-1", prefix: "get_weather-1"},
		"a name of the longest length stays":       {rule: plain, name: long[:64], prefix: long[:64]},
		"a longer name is cut":                     {rule: plain, name: long[:65], prefix: long[:47] + "_", changed: true},
		"a sign that is taken stays":               {rule: strict, name: "a.b", prefix: "a.b"},
		"a sign that is not becomes an underscore": {rule: plain, name: "a.b", prefix: "a_b_", changed: true},
		"signs in a row become one underscore":     {rule: plain, name: "größe::x", prefix: "gr_e_x_", changed: true},
		"signs at the beginning go":                {rule: plain, name: "/x", prefix: "x_", changed: true},
		"a digit may come first":                   {rule: plain, name: "1st", prefix: "1st"},
		"a digit may not come first":               {rule: strict, name: "1st", prefix: "_1st_", changed: true},
		"a digit after what goes may not either":   {rule: strict, name: "/1st", prefix: "_1st_", changed: true},
		"an underscore may come first":             {rule: strict, name: "_x", prefix: "_x"},
		"a long name with a digit first is cut":    {rule: strict, name: "1" + long, prefix: "_1" + long[:13] + "_", changed: true},
		"an empty name becomes one":                {rule: strict, name: "", prefix: "_", changed: true},
		"a name that is not UTF-8 becomes one":     {rule: plain, name: "\xff\x00", prefix: "_", changed: true},
		"the shortest of rules is kept to":         {rule: schema.NameRule{Longest: 17, Signs: "_", LetterFirst: true}, name: "1-", prefix: "_", changed: true},
	} {
		t.Run(name, func(t *testing.T) {
			got := tc.rule.Fit(tc.name)
			want := len(tc.prefix)
			if tc.changed {
				want += 16 // of hash
			}
			if len(got) != want || !strings.HasPrefix(got, tc.prefix) || (got != tc.name) != tc.changed || !tc.rule.Takes(got) {
				t.Errorf("%q became %q", tc.name, got)
			}
		})
	}
}

func TestToolNamesComeBackAsTheClientKnowsThem(t *testing.T) {
	rule := schema.NameRule{Longest: 64, Signs: "_-"}
	long := strings.Repeat("x", 70)
	r := &schema.Request{
		Tools: []schema.Tool{
			{Kind: schema.ToolFunction, Name: "plain"}, {Kind: schema.ToolFunction, Name: "a.b"}, {Kind: schema.ToolFunction, Name: "a/b"},
			{Kind: schema.ToolFunction, Name: long + "a"}, {Kind: schema.ToolFunction, Name: long + "b"}, {Kind: schema.ToolWebSearch, Name: "web search"},
		},
		Messages: []schema.Message{{Parts: []schema.Part{{Kind: schema.PartToolCall, Name: "only called"}, {Kind: schema.PartText, Name: "a text"}}}},
	}
	names := rule.Changed(r)
	if len(names) != 5 {
		t.Errorf("changed names: %q", names)
	}
	for _, want := range []string{"plain", "a.b", "a/b", long + "a", long + "b", "only called"} {
		if got := names.Client(rule.Fit(want)); got != want {
			t.Errorf("%q came back as %q", want, got)
		}
	}
	if got := names.Client("unknown"); got != "unknown" {
		t.Errorf("an unknown name came back as %q", got)
	}
	if rule.Changed(nil) != nil || rule.Changed(&schema.Request{Tools: r.Tools[:1]}) != nil {
		t.Error("names to change where all are fine")
	}
}
