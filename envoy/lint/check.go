package lint

import (
	"fmt"
	"strings"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	"go.yaml.in/yaml/v4"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/config"
)

// check is one run of the rules.
type check struct {
	*subject
	want   *wanted
	origin string
	root   *yaml.Node // nil: there is no text
	lines  int        // of the text
	live   *running   // nil: a file
	found  Findings
}

// File looks at the text of a bootstrap, YAML or JSON, beside c. name is the file's, for findings; llmroute is where Envoy
// reaches llmroute's gRPC, empty: at listen.grpc. It fails where c itself cannot be given to an Envoy.
func File(name string, text []byte, c *config.Config, llmroute string) (Findings, error) {
	want, err := wantedOf(c, llmroute)
	if err != nil {
		return nil, err
	}
	run := &check{want: want, origin: name, lines: linesOf(text)}
	root, broken := parseYAML(text)
	if broken != nil {
		run.text(broken)
		return run.found, nil
	}
	run.root = root
	if kind, ok := kubernetes(root); ok {
		run.text(&fault{line: root.Line, column: root.Column, message: fmt.Sprintf("this is a Kubernetes resource, kind %q, and not Envoy's own bootstrap", kind)})
		return run.found, nil
	}
	bootstrap, broken := decode(root, &bootstrapv3.Bootstrap{})
	if broken != nil {
		run.text(broken)
	}
	if bootstrap == nil {
		return run.found, nil
	}
	run.subject = fromBootstrap(bootstrap)
	run.rules(fileRules())
	return run.found.sorted(), nil
}

func kubernetes(root *yaml.Node) (kind string, ok bool) {
	_, value, isKind := find(root, (*place)(nil).field("kind"))
	_, _, isVersioned := find(root, (*place)(nil).field("apiVersion"))
	return value.Value, isKind && isVersioned
}

// text adds what is wrong with the text itself.
func (c *check) text(f *fault) {
	c.found = append(c.found, Finding{Rule: syntaxRule(), Origin: c.origin, Line: c.line(f.line), Column: f.column, Problem: f.message})
}

// line is one of the text's: what ends with it stands, for the parser, on the line after.
func (c *check) line(n int) int { return max(1, min(n, c.lines)) }

// linesOf counts as the parser does (YAML 1.1, section 4.2).
func linesOf(text []byte) int {
	s := string(text)
	n := 1 - strings.Count(s, "\r\n")
	for _, end := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
		n += strings.Count(s, end)
	}
	return n
}

func (c *check) rules(all []Rule) {
	for i, rule := range all {
		if rule.find == nil {
			continue
		}
		rule.find(c, func(at *place, format string, args ...any) {
			f := Finding{Rule: rule, Origin: c.origin, Problem: fmt.Sprintf(format, args...), sequence: i}
			if c.root == nil {
				f.Path = at.String()
			} else {
				mark, _, _ := find(c.root, at)
				f.Line, f.Column = c.line(mark.Line), mark.Column
			}
			c.found = append(c.found, f)
		})
	}
}

// wanted is what llmroute would write for a configuration.
type wanted struct {
	*subject
	config    *config.Config
	ingress   *manager
	route     *served
	providers []*provider
	// llmrouteAnywhere: llmroute listens at every address of its machine, so Envoy may reach it by any.
	llmrouteAnywhere bool
}

// provider is one of the configuration, with what llmroute would write for it.
type provider struct {
	name   string
	value  config.Provider
	absent bool // its credential is not set here, so that it may be left out
	direct *cluster
	adapt  *cluster
	door   *manager
}

// Where the other side's files lie does not matter here.
const (
	anyFolder = "/secrets"
	anyCA     = "/ca.pem"
)

func wantedOf(c *config.Config, llmroute string) (*wanted, error) {
	bootstrap, err := envoy.Generate(complete(c), envoy.Options{SecretsDir: anyFolder, CAFile: anyCA, BaseDir: "/", LLMRoute: llmroute})
	if err != nil {
		return nil, err
	}
	w := &wanted{subject: fromBootstrap(bootstrap), config: c, llmrouteAnywhere: llmroute == "" && everywhere(c.Listen.GRPC)}
	for _, r := range w.serving() {
		w.ingress, w.route = r.manager, r
	}
	for _, e := range c.Providers {
		p := &provider{name: e.Name, value: e.Value, absent: len(e.Value.Missing) > 0, adapt: w.cluster(e.Name + envoy.AdaptSuffix)}
		for _, name := range []string{e.Name, e.Name + envoy.SignedSuffix} {
			if found := w.cluster(name); found != nil {
				p.direct = found
			}
		}
		for _, m := range w.managersIn(w.listener(e.Name + envoy.AdaptSuffix)) {
			p.door = m
		}
		if p.direct == nil || p.adapt == nil || p.door == nil || w.route == nil {
			return nil, fmt.Errorf("providers.%s: nothing is generated for it", e.Name)
		}
		w.providers = append(w.providers, p)
	}
	return w, nil
}

// complete fills in credentials that are not set here: where they are injected matters, not what they are.
func complete(c *config.Config) *config.Config {
	full := *c
	full.Providers = nil
	for _, e := range c.Providers {
		e.Value.Missing = nil
		if e.Value.Auth != nil {
			auth := *e.Value.Auth
			e.Value.Auth = &auth
			const any = "any"
			switch {
			case auth.AWS != nil || auth.GCP != nil || auth.OAuth2 != nil || auth.TokenFile != "":
			case auth.Header != "":
				e.Value.Auth.Value = config.NewSecret(any)
			default:
				e.Value.Auth.Bearer = config.NewSecret(any)
			}
		}
		full.Providers = append(full.Providers, e)
	}
	return &full
}
