package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// base is the least that loads.
const base = `providers:
  openai: {schema: openai, endpoint: https://api.openai.com/v1}
models:
  small: {provider: openai}
`

// load loads text that must have no faults.
func load(t *testing.T, text string) *File {
	t.Helper()
	f, faults := Load("llmroute.yaml", []byte(text), testEnv)
	if len(faults) > 0 {
		t.Fatalf("faults:\n%v\nin\n%s", faults, text)
	}
	return f
}

func TestFullExampleLoadsWithoutItsKeys(t *testing.T) {
	data, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f := load(t, string(data))
	c := f.Config
	for name, want := range map[string][]string{"openai": {"OPENAI_API_KEY"}, "anthropic": {"ANTHROPIC_API_KEY"}, "eu-vllm": nil} {
		p, _ := c.Providers.Get(name)
		if diff := cmp.Diff(want, p.Missing); diff != "" {
			t.Errorf("%s: missing variables (-want +got)\n%s", name, diff)
		}
	}
	if p, _ := c.Providers.Get("openai"); p.Auth == nil || !p.Auth.Bearer.IsZero() {
		t.Errorf("a provider without its key has credential %+v, want an empty one", p.Auth)
	}
	if len(f.Warnings) != 2 {
		t.Errorf("warnings:\n%v\nwant one a missing variable", f.Warnings)
	}
	m, _ := c.Models.Get("llama-70b")
	quality := 0.62
	want := Model{
		Provider: "eu-vllm", Name: "meta-llama/Llama-3.3-70B-Instruct", ContextWindow: 131072, MaxOutputTokens: 8192,
		Price:        &Price{Input: 0.10, Output: 0.32, CachedInput: 0.05},
		Capabilities: []string{"tools", "json_schema"}, Quality: &quality,
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("llama-70b (-want +got)\n%s", diff)
	}
	if r := c.Routes[0]; r.Match != `task == "code"` || r.Strategy != "quality" || *r.Fallbacks != 2 {
		t.Errorf("first route is %+v", r)
	}
	if to, _ := c.Aliases.Get("auto"); to != "default" {
		t.Errorf("alias auto leads to %q", to)
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	c := load(t, base).Config
	if diff := cmp.Diff(Listen{GRPC: "127.0.0.1:9002", Admin: "127.0.0.1:9003", Envoy: "127.0.0.1:10000", EnvoyAdmin: "127.0.0.1:9901"}, c.Listen, cmp.Comparer(func(a, b Secret) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Timeouts{5 * time.Second, 30 * time.Second, 300 * time.Second, 300 * time.Second}, c.Timeouts); diff != "" {
		t.Error(diff)
	}
	if c.Limits.BodyBytes != 32<<20 {
		t.Errorf("body_bytes is %d", c.Limits.BodyBytes)
	}
	two := 2
	if diff := cmp.Diff([]Route{{Name: "default", Models: []string{"*"}, Strategy: "priority", Fallbacks: &two, Affinity: "none"}}, c.Routes); diff != "" {
		t.Error(diff)
	}
	if p := c.Providers[0].Value; p.HTTP != "auto" || p.Unsupported != "route_elsewhere" {
		t.Errorf("provider is %+v", p)
	}
}

func TestMapsKeepTheOrderOfTheFile(t *testing.T) {
	c := load(t, base+"  zeta: {provider: openai}\n  alpha: {provider: openai}\n").Config
	var got []string
	for _, m := range c.Models {
		got = append(got, m.Name)
	}
	if diff := cmp.Diff([]string{"small", "zeta", "alpha"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Pos{5, 3}, c.Models[1].Pos); diff != "" {
		t.Error(diff)
	}
}

func TestVariablesAreExpandedInValues(t *testing.T) {
	env := func(name string) (string, bool) {
		v, ok := map[string]string{"A": "x", "EMPTY": "", "INJECT": "\"}\nlisten: {grpc: evil}", "NESTED": "${A}", "N": "7"}[name]
		return v, ok
	}
	for name, c := range map[string]struct{ yaml, want string }{
		"a variable stands alone":                     {`${A}`, "x"},
		"a variable stands among text":                {`"a-${A}-b"`, "a-x-b"},
		"several variables stand together":            {`${A}${A}`, "xx"},
		"a default stands in for what is unset":       {`${B:-y}`, "y"},
		"a default stands in for what is empty":       {`${EMPTY:-y}`, "y"},
		"a default may be empty":                      {`a${B:-}`, "a"},
		"a default may hold what YAML reads":          {`${B:-a, b: [c] #d}`, "a, b: [c] #d"},
		"a set variable wins over its default":        {`${A:-y}`, "x"},
		"a default may hold a colon and a dash":       {`${B:-a:-b}`, "a:-b"},
		"two dollar signs are one":                    {`$$5`, "$5"},
		"two dollar signs keep a reference from it":   {`$${A}`, "${A}"},
		"three dollar signs are one and a reference":  {`$$${A}`, "$x"},
		"a dollar sign before other things stays":     {`$A $ 5$`, "$A $ 5$"},
		"single quotes do not keep a variable out":    {`'${A}'`, "x"},
		"a value cannot bring YAML":                   {`${INJECT}`, "\"}\nlisten: {grpc: evil}"},
		"a value is not expanded again":               {`${NESTED}`, "${A}"},
		"a value that looks like a number stays text": {`${N}`, "7"},
		"characters of private use stay":              {"\"\ue024\ue07b${A}\"", "\ue024\ue07bx"},
	} {
		t.Run(name, func(t *testing.T) {
			for style, text := range map[string]string{"flow": "policies: [{name: p, reject: " + c.yaml + "}]\n", "block": "policies:\n  - name: p\n    reject: " + c.yaml + "\n"} {
				f, faults := Load("llmroute.yaml", []byte(base+text), env)
				if len(faults) > 0 {
					t.Fatalf("%s: %v", style, faults)
				}
				if got := f.Config.Policies[0].Reject; got != c.want {
					t.Errorf("%s: got %q, want %q", style, got, c.want)
				}
				if got := f.Config.Listen.GRPC; got != "127.0.0.1:9002" {
					t.Errorf("%s: listen.grpc became %q", style, got)
				}
			}
		})
	}
}

func TestVariablesBecomeNumbersAndSizes(t *testing.T) {
	c := load(t, base+`budgets: [{name: b, limit_usd: ${LIMIT}}, {name: c, limit_usd: "${LIMIT}"}]
routes: [{name: r, models: [small], fallbacks: ${COUNT}, min_quality: ${UNSET:-0.5}, strategy: ${UNSET:-cost}}]
limits: {body_bytes: ${COUNT}MiB}
timeouts: {idle: ${COUNT}s, connect: ${EMPTY}}
policies: [{name: p, force: {seed: ${COUNT}, user: "${COUNT}"}}]
`).Config
	if *c.Budgets[0].LimitUSD != 12.5 || *c.Budgets[1].LimitUSD != 12.5 {
		t.Errorf("limits are %v and %v", c.Budgets[0].LimitUSD, c.Budgets[1].LimitUSD)
	}
	if r := c.Routes[0]; *r.Fallbacks != 3 || *r.MinQuality != 0.5 || r.Strategy != "cost" {
		t.Errorf("route is %+v", r)
	}
	if c.Limits.BodyBytes != 3<<20 || c.Timeouts.Idle != 3*time.Second {
		t.Errorf("body_bytes is %d, idle is %v", c.Limits.BodyBytes, c.Timeouts.Idle)
	}
	if c.Timeouts.Connect != 5*time.Second {
		t.Errorf("an empty variable made connect %v, want the default", c.Timeouts.Connect)
	}
	seed, _ := c.Policies[0].Force.Get("seed")
	user, _ := c.Policies[0].Force.Get("user")
	if seed != int64(3) || user != "3" {
		t.Errorf("force is seed %T(%v), user %T(%v)", seed, seed, user, user)
	}
}

func TestPresetsBecomePlainValues(t *testing.T) {
	c := load(t, base+`policies:
  - name: p
    force: {a: null, b: true, c: 1, d: 1.5, e: text, f: "1", g: [1, x], h: {i: {j: false}}, k: 2024-10-21, l: 1e3, m: 007}
`).Config
	got := map[string]any{}
	for _, e := range c.Policies[0].Force {
		got[e.Name] = e.Value
	}
	want := map[string]any{
		"a": nil, "b": true, "c": int64(1), "d": 1.5, "e": "text", "f": "1", "g": []any{int64(1), "x"},
		"h": map[string]any{"i": map[string]any{"j": false}}, "k": "2024-10-21", "l": 1000.0, "m": "007",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAnchorsAndMergeKeysWork(t *testing.T) {
	c := load(t, base+`  medium: &m {provider: openai, quality: 0.5, price: {input: 1, output: 2}}
  large:
    <<: *m
    quality: 0.9
routes:
  - {name: a, match: stream, models: &list [small, large]}
  - {name: b, models: *list}
`).Config
	large, _ := c.Models.Get("large")
	if large.Provider != "openai" || *large.Quality != 0.9 || large.Price.Output != 2 {
		t.Errorf("large is %+v", large)
	}
	if diff := cmp.Diff([]string{"small", "large"}, c.Routes[1].Models); diff != "" {
		t.Error(diff)
	}
}

func TestFaultKnowsThePositionOfAnyPath(t *testing.T) {
	f := load(t, base+`  gpt-4.1:
    provider: openai
routes:
  - name: r
    match: 'task == "code"'
    models:
      - small
`)
	for path, want := range map[string]Pos{
		"routes[0].match":                {9, 12},
		"routes[0].models[0]":            {11, 9},
		"routes[0].models":               {10, 5},
		"routes[0]":                      {8, 5},
		"routes":                         {7, 1},
		"models.gpt-4.1.provider":        {6, 15},
		"models.gpt-4.1.price.input":     {5, 3}, // not in the file: what is around it
		"models.small.provider":          {4, 21},
		"providers.openai.endpoint":      {2, 38},
		"timeouts.idle":                  {1, 1},
		"policies[7].force.unheard.of[]": {1, 1},
	} {
		if got := f.Fault(path, "m", "s").Pos; got != want {
			t.Errorf("%s is at %v, want %v", path, got, want)
		}
	}
	got := f.Fault("routes[0].match", "undeclared reference to task", "use topic").Error()
	want := `llmroute.yaml:9:12: routes[0].match: 'task == "code"': undeclared reference to task; use topic`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFaultsComeInTheOrderOfTheFileOnce(t *testing.T) {
	at := func(line int, path string) Fault { return Fault{File: "f", Pos: Pos{line, 1}, Path: path} }
	got := Faults{at(3, "b"), at(1, "z"), at(3, "a"), at(3, "b")}.Sorted()
	if diff := cmp.Diff(Faults{at(1, "z"), at(3, "a"), at(3, "b")}, got); diff != "" {
		t.Error(diff)
	}
	var none Faults
	if none.Err() != nil {
		t.Error("no faults are an error")
	}
	var fault Faults
	if err := got.Err(); !errors.As(err, &fault) || len(fault) != 3 {
		t.Errorf("Err gives %v", err)
	}
}

func TestFileThatCannotBeReadIsAFault(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, make([]byte, maxFileBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "there is no such file",
		dir:                             "cannot be read: is a directory",
		large:                           "larger than 4 MiB",
	} {
		f, faults := LoadFile(path)
		if len(faults) != 1 || !strings.Contains(faults[0].Error(), want) || f == nil || f.Config != nil {
			t.Errorf("%s: %v, want %q", path, faults, want)
		}
	}
	good := filepath.Join(dir, "good.yaml")
	if err := os.WriteFile(good, []byte(base), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, faults := LoadFile(good); len(faults) > 0 || f.Name != good {
		t.Errorf("%v", faults)
	}
}

func TestPatternsMatchRunsOfCharacters(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "", true}, {"*", "a", true}, {"a", "a", true}, {"a", "ab", false}, {"a*", "ab", true}, {"*b", "ab", true},
		{"a*c", "abc", true}, {"a*c", "ac", true}, {"a*c", "abd", false}, {"a*a", "a", false}, {"*b*", "abc", true},
		{"*b*d", "abcbd", true}, {"*b*d", "abc", false}, {"a**c", "ac", true}, {"", "a", false}, {"*ab", "aab", true},
	} {
		if got := matches(c.pattern, c.name); got != c.want {
			t.Errorf("matches(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}
