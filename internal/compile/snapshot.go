package compile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/learn"
)

// Snapshot is a configuration, ready to serve. It does not change; a reload makes another.
type Snapshot struct {
	Version   string // 12 hexadecimal digits of a hash over the configuration, credentials left out
	Router    *policy.Router
	Budgets   []extproc.BudgetRule
	Models    []policy.Candidate   // that can be used, in the order of the configuration
	Providers map[string]*Provider // that can be used
	Limits    config.Limits
	Timeouts  config.Timeouts
	Identity  extproc.Identity
}

// Provider is one LLM API.
type Provider struct {
	Name       string
	Schema     string        // as configured: openai, azure, …
	Format     schema.Format // of its bytes
	Origin     string        // scheme, host and port: "https://api.openai.com"
	Prefix     string        // the path of the endpoint, without a slash at its end: "/v1"
	APIVersion string        // Azure's
	Region     string
	HTTP       string             // auto, 1, 2
	Auth       AuthKind           // which kind of credential Envoy adds
	Serves     map[schema.Op]bool // what it takes as it stands
	// StreamUsage says how the usage of streams is learned: exact, inject, estimate.
	StreamUsage string
	// Unsupported says what to do with a parameter that it cannot take: route_elsewhere, drop, reject.
	Unsupported string
}

// AuthKind is a kind of credential.
type AuthKind string

// The kinds.
const (
	AuthNone      AuthKind = ""
	AuthBearer    AuthKind = "bearer"
	AuthHeader    AuthKind = "header"
	AuthAWS       AuthKind = "aws"
	AuthGCP       AuthKind = "gcp"
	AuthTokenFile AuthKind = "token_file"
	AuthOAuth2    AuthKind = "oauth2"
)

func authKind(a *config.Auth) AuthKind {
	switch {
	case a == nil:
		return AuthNone
	case a.AWS != nil:
		return AuthAWS
	case a.GCP != nil:
		return AuthGCP
	case a.OAuth2 != nil:
		return AuthOAuth2
	case a.TokenFile != "":
		return AuthTokenFile
	case a.Header != "":
		return AuthHeader
	}
	return AuthBearer
}

// Compile makes the snapshot of f, whose Config must not be nil. With faults there is none. What does not keep
// the configuration from serving is added to f.Warnings. seen is what has been learned of providers, for strategy
// latency; nil: nothing.
func Compile(f *config.File, seen *learn.State) (*Snapshot, config.Faults) {
	c := &compiler{file: f, config: f.Config, providers: map[string]*Provider{}}
	c.spec.Observations, c.spec.Health = seen, seen != nil
	c.compileProviders()
	c.compileModels()
	c.compileAliases()
	c.compileRoutes()
	c.compilePolicies()
	c.compileBudgets()
	if len(c.faults) > 0 {
		return nil, c.faults.Sorted()
	}
	router, err := policy.New(c.spec)
	if err != nil {
		return nil, config.Faults{f.Fault("", err.Error(), "")}
	}
	f.Warnings = append(f.Warnings, c.warnings...).Sorted()
	return &Snapshot{
		Version: version(f.Config), Router: router, Models: c.spec.Candidates, Providers: c.providers,
		Budgets: c.budgets, Limits: f.Config.Limits, Timeouts: f.Config.Timeouts,
		Identity: extproc.Identity{
			Team: source(f.Config.Identity.Team), User: source(f.Config.Identity.User), Client: source(f.Config.Identity.Client),
		},
	}, nil
}

func source(s config.Source) extproc.Source {
	return extproc.Source{Header: strings.ToLower(s.Header), Claim: s.JWTClaim, Certificate: s.Certificate}
}

// compiler gathers a snapshot's pieces, and everything that is wrong with them.
type compiler struct {
	file      *config.File
	config    *config.Config
	providers map[string]*Provider
	spec      policy.Spec
	budgets   []extproc.BudgetRule
	faults    config.Faults
	warnings  config.Faults
}

func (c *compiler) fault(path, message, suggestion string) {
	c.faults = append(c.faults, c.file.Fault(path, message, suggestion))
}

func (c *compiler) warn(path, message, suggestion string) {
	c.warnings = append(c.warnings, c.file.Fault(path, message, suggestion))
}

// version hashes the configuration as data. Secrets marshal as dots, so they neither count nor leak.
func version(cfg *config.Config) string {
	text, err := json.Marshal(cfg)
	if err != nil {
		text = []byte(err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}
