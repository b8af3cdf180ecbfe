package compile

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/catalog"
)

const base = `
providers:
  openai: {schema: openai, endpoint: "https://api.openai.com/v1/", region: us, auth: {bearer: "${KEY}"}}
  vllm: {schema: openai, endpoint: "http://127.0.0.1:8000/v1", apis: [chat_completions]}
models:
  gpt-4o-mini: {provider: openai}
  mine:
    provider: vllm
    name: some/model
    region: eu
    price: {input: 1, output: 2}
    context_window: 4096
    capabilities: [tools]
    quality: 0.4
`

func load(t *testing.T, text string, env map[string]string) *config.File {
	t.Helper()
	f, faults := config.Load("llmroute.yaml", []byte(text), func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	})
	if len(faults) > 0 {
		t.Fatalf("the loader refuses the test's own file:\n%v", faults.Err())
	}
	return f
}

var withKey = map[string]string{"KEY": "k"}

func compiled(t *testing.T, text string, env map[string]string) (*Snapshot, *config.File) {
	t.Helper()
	f := load(t, text, env)
	s, faults := Compile(f, nil)
	if len(faults) > 0 {
		t.Fatal(faults.Err())
	}
	return s, f
}

func TestModelsJoinCatalogAndConfiguration(t *testing.T) {
	s, _ := compiled(t, base, withKey)
	mini, mine := s.Models[0], s.Models[1]
	if !mini.Facts.PriceKnown || mini.Facts.MaxInputTokens != 128_000 || mini.Facts.ContextWindow != 0 || mini.Facts.Has&catalog.Vision == 0 || mini.Name != "gpt-4o-mini" || mini.Region != "us" {
		t.Errorf("from the catalog: %+v", mini)
	}
	want := catalog.Facts{PriceKnown: true, Price: catalog.Price{Input: 1, Output: 2}, ContextWindow: 4096, Has: catalog.Tools, Lacks: allCapabilities &^ catalog.Tools}
	got := mine.Facts
	if got.Price.Input != 1 || got.Price.Output != 2 || got.ContextWindow != want.ContextWindow || got.Has != want.Has || got.Lacks != want.Lacks {
		t.Errorf("from the configuration: %+v", got)
	}
	if mine.Name != "some/model" || mine.Region != "eu" || !mine.QualityKnown || mine.Quality != 0.4 {
		t.Errorf("from the configuration: %+v", mine)
	}
}

func TestWhatTheConfigurationSaysWins(t *testing.T) {
	s, _ := compiled(t, strings.Replace(base, "gpt-4o-mini: {provider: openai}",
		"gpt-4o-mini: {provider: openai, max_output_tokens: 7, price: {input: 9, output: 8}}", 1), withKey)
	if f := s.Models[0].Facts; f.MaxOutputTokens != 7 || f.Price.Input != 9 || len(f.Price.Tiers) != 0 || f.MaxInputTokens != 128_000 {
		t.Errorf("%+v", f)
	}
}

func TestAConfiguredWindowTakesThePlaceOfTheCatalogsLongestInput(t *testing.T) {
	s, _ := compiled(t, strings.Replace(base, "gpt-4o-mini: {provider: openai}",
		"gpt-4o-mini: {provider: openai, context_window: 300000}", 1), withKey)
	if f := s.Models[0].Facts; f.ContextWindow != 300_000 || f.MaxInputTokens != 0 {
		t.Errorf("%+v", f)
	}
}

func TestProvidersServeWhatTheirSchemaHasOrApisLists(t *testing.T) {
	s, _ := compiled(t, base, withKey)
	for name, want := range map[string]string{
		"gpt-4o-mini": "chat_completions completions count_tokens embeddings generate_content messages responses",
		"mine":        "chat_completions completions count_tokens generate_content messages responses",
	} {
		i := slices.IndexFunc(s.Models, func(c policy.Candidate) bool { return c.Model == name })
		if got := strings.Join(slices.Sorted(maps.Keys(s.Models[i].Ops)), " "); got != want {
			t.Errorf("%s serves %s, want %s", name, got, want)
		}
	}
	p := s.Providers["openai"]
	if p.Origin != "https://api.openai.com" || p.Prefix != "/v1" || p.Auth != AuthBearer || s.Providers["vllm"].Auth != AuthNone {
		t.Errorf("%+v", p)
	}
}

func TestModelsWithoutCredentialAreLeftOut(t *testing.T) {
	text := base + `
aliases: {small: gpt-4o-mini}
routes:
  - {name: big, match: 'team == "x"', models: [gpt-4o-mini]}
  - {name: default, models: ["*"]}
`
	s, f := compiled(t, text, nil)
	if len(s.Models) != 1 || s.Models[0].Model != "mine" || s.Providers["openai"] != nil {
		t.Errorf("models %+v", s.Models)
	}
	warnings := f.Warnings.Error()
	for _, part := range []string{"its provider openai lacks KEY", "is left out with its model gpt-4o-mini", "routes[0]: none of its models can be used"} {
		if !strings.Contains(warnings, part) {
			t.Errorf("no warning %q in\n%s", part, warnings)
		}
	}
	d, err := s.Router.Decide(&policy.Features{Op: "chat_completions", Team: "x"}, nil)
	if err == nil || !strings.Contains(err.Error(), "route big has no model that can be used") {
		t.Errorf("plan %v, error %v", d.Plan, err)
	}
}

func TestFaultsStandAtTheirPlaces(t *testing.T) {
	for name, row := range map[string]struct {
		text string
		env  map[string]string
		want string
	}{
		"a rule with an unknown variable": {base + "routes:\n  - {name: a, match: 'temm == \"x\"', models: [\"*\"]}\n", withKey,
			`llmroute.yaml:16:22: routes[0].match: 'temm == "x"': column 1 of the expression: no variable or function "temm"; did you mean "team"?`},
		"a policy that is no condition": {base + "policies:\n  - name: p\n    match: team\n    reject: no\n", withKey,
			`llmroute.yaml:17:12: policies[0].match: "team": column 1 of the expression: must be true or false, and is a string`},
		"an expression of several lines": {base + "policies:\n  - name: p\n    match: |\n      stream &&\n        tema == 'x'\n    reject: no\n", withKey,
			`line 2, column 3 of the expression: no variable or function "tema"; did you mean "team"?`},
		"an assignment for a comparison": {base + "policies:\n  - {name: p, match: 'team = \"x\"', reject: no}\n", withKey, `compare with ==`},
		"words for operators":            {base + "policies:\n  - {name: p, match: 'stream and team == \"x\"', reject: no}\n", withKey, `write && for and`},
		"a header's name with a dash":    {base + "routes:\n  - {name: a, match: 'headers.x-tier == \"vip\"', models: [\"*\"]}\n", withKey, `write headers["x-tier"]`},
		"an output limit forced": {base + "policies:\n  - {name: p, force: {max_tokens: 100000}}\n", withKey,
			`policies[0].force.max_tokens: "100000": "max_tokens" is the output limit`},
		"an unknown catalog entry": {strings.Replace(base, "{provider: openai}", "{provider: openai, catalog: gpt-99}", 1), withKey,
			`models.gpt-4o-mini.catalog: "gpt-99" is not in the catalog; llmroute models lists it`},
	} {
		t.Run(name, func(t *testing.T) {
			s, faults := Compile(load(t, row.text, row.env), nil)
			if s != nil || len(faults) != 1 {
				t.Fatalf("snapshot %v, faults:\n%v", s, faults)
			}
			if got := faults.Error(); !strings.Contains(got, row.want) {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestARuleForATaskThatNoRequestHasIsWarnedOf(t *testing.T) {
	for match, want := range map[string]string{
		`task == "coding"`:               `no request has the task "coding"; one of code, math`,
		`stream || 'Code' != task`:       "",
		`task != "code" && task=='math'`: "",
		`team == "coding"`:               "",
		`subtask_unknown == ""`:          "",
	} {
		file := load(t, base+"routes:\n  - {name: a, match: "+strconv.Quote(match)+", models: [\"*\"]}\n", withKey)
		_, _ = Compile(file, nil)
		if got := file.Warnings.Error(); strings.Contains(got, "no request has the task") != (want != "") || !strings.Contains(got, want) {
			t.Errorf("%s: warned of %q, want %q", match, got, want)
		}
	}
}

func TestEverythingInAPolicyArrives(t *testing.T) {
	s, _ := compiled(t, base+`
policies:
  - name: p
    match: 'user == "u"'
    allow: {models: ["m*"]}
    max_output_tokens: 50
    force: {store: false, stop: [a, b]}
    default: {temperature: 0.5}
    remove: [seed]
  - {name: watch, mode: audit, reject: no}
identity: {team: {header: X-Team}, user: {header: X-User}}
`, withKey)
	f := policy.Features{Op: "chat_completions", User: "u"}
	d, err := s.Router.Decide(&f, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Plan) != 1 || d.Plan[0].Model != "mine" || d.Edit.MaxOutputTokens != 50 || string(d.Edit.Set[1].Value) != `["a","b"]` ||
		string(d.Edit.Default[0].Value) != "0.5" || d.Edit.Remove[0] != "seed" || len(d.Audited) != 1 {
		t.Errorf("%s", policy.Explain(&f, d, nil).Table())
	}
	if s.Identity != (extproc.Identity{Team: extproc.Source{Header: "x-team"}, User: extproc.Source{Header: "x-user"}}) {
		t.Errorf("%+v", s.Identity)
	}
}

func TestVersionFollowsTheContentAndNotTheSecrets(t *testing.T) {
	a, _ := compiled(t, base, withKey)
	b, _ := compiled(t, base, map[string]string{"KEY": "another"})
	c, _ := compiled(t, base+"aliases: {x: mine}\n", withKey)
	if a.Version != b.Version || a.Version == c.Version || len(a.Version) != 12 {
		t.Errorf("%s %s %s", a.Version, b.Version, c.Version)
	}
}

func TestWithoutAnyCredentialHereTheKeysAreEnvoysAndAllIsServed(t *testing.T) {
	text := "providers:\n  o: {schema: openai, endpoint: \"https://x.example/v1\", auth: {bearer: \"${KEY}\"}}\n" +
		"  p: {schema: openai, endpoint: \"https://y.example/v1\", auth: {bearer: \"${OTHER}\"}}\nmodels: {gpt-4o: {provider: o}, gpt-4o-mini: {provider: p}}\n"
	for name, row := range map[string]struct {
		env    map[string]string
		models int
	}{
		"none":         {nil, 2},
		"one of them":  {map[string]string{"KEY": "k"}, 1},
		"both of them": {map[string]string{"KEY": "k", "OTHER": "k"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s, faults := Compile(load(t, text, row.env), nil)
			if len(faults) > 0 || len(s.Models) != row.models {
				t.Errorf("%v, faults: %v", s, faults)
			}
		})
	}
}
