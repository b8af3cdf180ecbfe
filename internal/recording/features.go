package recording

import (
	"cmp"
	"time"

	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/catalog"
)

// most bounds what is kept of a name that a client sent; no model's name is longer.
const most = 256

// maxModels bounds a client's list of models; policy reads no more.
const maxModels = 64

// named holds the values of what the configuration names.
type named struct{ headers, claims map[string]string }

// pick looks up what the configuration names in f.
func (s *Settings) pick(f *policy.Features) named {
	return named{values(s.Lookups.Headers, f.Header), values(s.Lookups.Claims, f.Claim)}
}

func values(names []string, of func(string) string) map[string]string {
	out := map[string]string{}
	if of == nil {
		return out
	}
	for _, name := range names {
		if v := of(name); v != "" {
			out[name] = v
		}
	}
	return out
}

// recordFeatures puts f on record, what is read off its text included.
func recordFeatures(f *policy.Features, n named, hash string) *Features {
	out := &Features{
		FeatureRecord: policy.Explain(f, &policy.Decision{}, nil).Features,
		Model:         clip(f.Model), Strategy: clip(f.Strategy),
		Headers: n.headers, Claims: n.claims, BodySHA256: hash,
	}
	for _, m := range f.Models[:min(len(f.Models), maxModels)] {
		out.Models = append(out.Models, clip(m))
	}
	return out
}

func clip(s string) string {
	if len(s) > most {
		return s[:most]
	}
	return s
}

// Policy gives back the features as policy takes them. now is when the request came.
func (r *Features) Policy(now time.Time) *policy.Features {
	f := &policy.Features{
		Op: r.Op, Schema: r.Schema, Path: r.Path, Model: r.Model, Models: r.Models, Stream: r.Stream,
		MaxOutputTokens: r.MaxOutputTokens, InputTokens: r.InputTokens, N: r.N,
		Messages: r.Messages, Tools: r.Tools, Images: r.Images, Audio: r.Audio, Files: r.Files,
		Needs: needs(r.Needs), Team: r.Team, User: r.User, Client: r.Client, Now: now,
		Header:     func(name string) string { return r.Headers[name] },
		Claim:      func(name string) string { return r.Claims[name] },
		EnvoyRoute: r.EnvoyRoute, Strategy: r.Strategy, MaxCostUSD: r.MaxCostUSD,
	}
	f.Know(policy.Known{Task: r.Task, Language: r.Language, Complexity: r.Complexity, Session: r.Session})
	return f
}

// Complete gives f what does not stand in the path, the headers and the body. now is when the request came.
func (r *Request) Complete(f *policy.Features, now time.Time) {
	f.Now = now
	f.Team, f.User, f.Client = cmp.Or(f.Team, r.Team), cmp.Or(f.User, r.User), cmp.Or(f.Client, r.Client)
	f.Claim = func(name string) string { return r.Claims[name] }
}

// needs passes over names that this version does not know.
func needs(names []string) policy.Capabilities {
	var set policy.Capabilities
	for _, name := range names {
		if c, ok := catalog.ParseCapability(name); ok {
			set |= c
		}
	}
	return set
}
