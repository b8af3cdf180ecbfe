package recording

import (
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/policy"
)

// Settings is what to record, and where. It does not change; a reload makes another.
type Settings struct {
	Version  string // of the configuration
	File     string
	Content  Content
	MaxBytes int64
	// Lookups are the headers and claims that decisions look at, none of which is a credential.
	Lookups policy.Lookups

	below uint64 // ids that begin with less are sampled
	all   bool
}

// SettingsOf reads the configuration in file, whose expressions are sound; version is its own. nil: nothing is recorded.
func SettingsOf(c *config.Config, file, version string) *Settings {
	r := &c.Recording
	if r.File == "" {
		return nil
	}
	s := &Settings{Version: version, File: r.File, Content: Content(r.Content), MaxBytes: int64(r.MaxBytes), Lookups: lookupsOf(c), all: true}
	if !filepath.IsAbs(s.File) {
		s.File = filepath.Join(filepath.Dir(file), s.File)
	}
	if r.Sample != nil && *r.Sample < 1 {
		s.all, s.below = false, uint64(math.Ldexp(*r.Sample, 64))
	}
	return s
}

// lookupsOf lists what the configuration's rules and identity name, but for headers that carry credentials.
func lookupsOf(c *config.Config) policy.Lookups {
	var out policy.Lookups
	for _, source := range []config.Source{c.Identity.Team, c.Identity.User, c.Identity.Client} {
		out.Headers = append(out.Headers, strings.ToLower(source.Header))
	}
	var expressions []string
	for i := range c.Routes {
		expressions = append(expressions, c.Routes[i].Match)
	}
	for i := range c.Policies {
		expressions = append(expressions, c.Policies[i].Match)
	}
	for i := range c.Budgets {
		expressions = append(expressions, c.Budgets[i].Match)
	}
	for _, e := range expressions {
		if l, err := policy.LookupsOf(e); err == nil { // a fault was reported where it is compiled
			out.Headers = append(out.Headers, l.Headers...)
			out.Claims = append(out.Claims, l.Claims...)
		}
	}
	slices.Sort(out.Headers)
	slices.Sort(out.Claims)
	out.Headers = slices.DeleteFunc(slices.Compact(out.Headers), func(name string) bool { return name == "" || secret(name) })
	out.Claims = slices.Compact(out.Claims)
	return out
}

// idDigits is how many hexadecimal digits of an id draw the lot.
const idDigits = 16

// sampled draws by the id, so that a request and its end share their fate, in every replica.
func (s *Settings) sampled(id string) bool {
	if len(id) < idDigits {
		return false
	}
	lot, err := strconv.ParseUint(id[:idDigits], 16, 64)
	return err == nil && (s.all || lot < s.below)
}
