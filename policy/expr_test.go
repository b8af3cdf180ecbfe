package policy

import (
	"strings"
	"testing"

	"github.com/llmroute/llmroute/policy/catalog"
)

func sample() Features {
	f := Features{
		Op: "chat_completions", Schema: "openai", Path: "/v1/chat/completions", Model: "gpt-5-mini", Models: []string{"a", "b"},
		Stream: true, MaxOutputTokens: 100, InputTokens: 5000, N: 2, Messages: 3, Tools: 1, Images: 0,
		Needs: catalog.Tools | catalog.JSONSchema, Team: "research", User: "Ann",
		Text: func() string { return "Please fix this bug in my Python function:\n```\ndef f(): pass\n```" },
	}
	return f.with("x-tier: VIP", "x-n: 7")
}

func TestExpressions(t *testing.T) {
	for source, want := range map[string]bool{
		``: true, `true`: true, `false`: false, `!stream`: false, `stream`: true,
		`op == "chat_completions" && schema == "openai"`:       true,
		`path.startsWith("/v1/chat") || team == "x"`:           true,
		`model == "gpt-5-mini"`:                                true,
		`glob(model, "gpt-5*")`:                                true,
		`glob(model, "claude*")`:                               false,
		`"a" in models && !("c" in models)`:                    true,
		`models.exists(m, m.startsWith("b"))`:                  true,
		`size(models) == 2`:                                    true,
		`max_output_tokens <= 100 && n >= 2`:                   true,
		`input_tokens > 4999 && input_tokens < 5001`:           true,
		`messages == 3 && tools != 0 && images == 0`:           true,
		`audio + files == 0`:                                   true,
		`"tools" in needs && !("vision" in needs)`:             true,
		`"nonsense" in needs`:                                  false,
		`team in ["sales", "research"]`:                        true,
		`user.lowerAscii() == "ann"`:                           true,
		`user.matches("^[A-Z]nn$")`:                            true,
		`team.contains("sea") && team.endsWith("ch")`:          true,
		`headers["x-tier"] == "VIP"`:                           true,
		`headers["X-Tier"] == "VIP"`:                           true,
		`headers["x-none"] == ""`:                              true,
		`headers.authorization == ""`:                          true,
		`"x-tier" in headers && !("x-none" in headers)`:        true,
		`int(headers["x-n"]) > 6`:                              true,
		`headers["x-" + "tier"] == "VIP"`:                      true,
		`task == "code"`:                                       true,
		`language == "en"`:                                     true,
		`complexity > 0.1 && complexity < 1`:                   true,
		`complexity >= 0 && complexity <= 1`:                   true,
		`(stream ? team : user) == "research"`:                 true,
		`team == "research" && headers["x-tier"] in ["a","b"]`: false,
	} {
		e, err := Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		f := sample()
		if got, err := e.Eval(&f); got != want || err != nil {
			t.Errorf("%s is %v (%v)", source, got, err)
		}
	}
}

func TestCommonExpressionsNeedNoInterpreter(t *testing.T) {
	for _, source := range []string{
		`team == "x"`, `headers["a"] == "b"`, `"vision" in needs`, `input_tokens > 1000 && stream`, `task == "code" || complexity > 0.5`,
		`glob(model, "gpt-*")`, `team in ["a", "b"]`, `"x-a" in headers`, `user.lowerAscii().startsWith("a")`, `team.matches("^a")`,
	} {
		if expr(source).direct == nil {
			t.Errorf("%s goes to the interpreter", source)
		}
	}
	f := sample()
	e := expr(`team == "x" || headers["x-tier"] == "b" || "vision" in needs || glob(model, "claude*")`)
	if n := testing.AllocsPerRun(100, func() { _, _ = e.Eval(&f) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestExpressionFaultsSayWhere(t *testing.T) {
	for source, want := range map[string]string{
		`temm == "x"`:                      `column 1: no variable or function "temm"; did you mean "team"?`,
		`stream && taks == "code"`:         `column 11: no variable or function "taks"; did you mean "task"?`,
		"stream &&\n  tema == 'x'":         `line 2, column 3: no variable or function "tema"; did you mean "team"?`,
		`team`:                             `column 1: must be true or false, and is a string`,
		`team == 3`:                        `column 6: == does not take (string, int)`,
		`team ==`:                          `column 8: Syntax error`,
		`headers.exists(h, h == "x")`:      `column 1: headers can only be asked for one by one; write headers["name"]`,
		`size(headers) > 0`:                `column 6: headers can only be asked for one by one`,
		`has(headers.x)`:                   `headers can only be asked for one by one`,
		`zzzzzz == "x"`:                    `no variable or function "zzzzzz"; the variables are op, schema`,
		strings.Repeat("(", 5000) + "true": ``,
	} {
		_, err := Compile(source)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %s", source, err, want)
		}
	}
}

func TestCostlyExpressionsAreCutOff(t *testing.T) {
	f := sample()
	f.Models = make([]string, 1000)
	_, err := expr(`models.all(a, models.all(b, a == b))`).Eval(&f)
	if err == nil {
		t.Error("a million steps went through")
	}
}

func TestGlob(t *testing.T) {
	for _, row := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "abc", true}, {"a*", "abc", true}, {"a*", "ba", false},
		{"*c", "abc", true}, {"*c", "abcd", false}, {"a*c", "ac", true}, {"a*c", "abd", false}, {"a*b*c", "a1b2c", true},
		{"a*b*c", "acb", false}, {"ab*ba", "aba", false}, {"**", "x", true}, {"a*a*a", "aa", false}, {"gpt-5*", "gpt-5-mini", true},
	} {
		if got := Glob(row.pattern, row.s); got != row.want {
			t.Errorf("%q on %q: %v", row.pattern, row.s, got)
		}
	}
}

// FuzzCompile holds the direct evaluation to what CEL's interpreter says.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		``, `team == "x"`, `headers["a"] == "b" && !stream`, `input_tokens > 1000 || "vision" in needs`, `glob(model, "gpt-*")`,
		`user.lowerAscii().startsWith("a")`, `models.exists(m, m == team)`, `team < user`, `complexity >= 0.5`, `1 / images > 0`,
		`"x" in headers`, `headers.x != task`, `language in ["zh", ""]`, `temm`, `(`, `"\xff" == team`, `0.0 == complexity`,
	} {
		f.Add(s, "research", "Ann")
	}
	f.Fuzz(func(t *testing.T, source, team, header string) {
		e, err := Compile(source)
		if err != nil {
			var _ *ExprError = err.(*ExprError)
			return
		}
		req := sample()
		req.Team = team
		req.Header = func(string) string { return header }
		got, errGot := e.Eval(&req)
		if e.direct == nil || e.program == nil {
			return
		}
		if want, err := e.interpret(&req); err == nil && (got != want || errGot != nil) {
			t.Errorf("%s: direct %v (%v), CEL %v", source, got, errGot, want)
		}
	})
}
