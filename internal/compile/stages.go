package compile

import (
	"time"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/anthropic"
	"github.com/llmroute/llmroute/extproc/schema/azure"
	"github.com/llmroute/llmroute/extproc/schema/bedrock"
	"github.com/llmroute/llmroute/extproc/schema/gemini"
	"github.com/llmroute/llmroute/extproc/schema/openai"
)

// faces make the face of each schema of the configuration.
var faces = map[string]func(*Provider) schema.Provider{
	"openai": func(p *Provider) schema.Provider {
		return openai.Provider{Dialect: openai.DialectOf(p.Origin + p.Prefix)}
	},
	"azure": func(p *Provider) schema.Provider { return azure.Provider{APIVersion: p.APIVersion} },
	"anthropic": func(p *Provider) schema.Provider {
		if anthropic.OnVertex(p.Prefix) {
			return anthropic.Vertex{}
		}
		return anthropic.Provider{}
	},
	"gemini": func(*Provider) schema.Provider { return gemini.Provider{} },
	"bedrock": func(p *Provider) schema.Provider {
		if p.Format == schema.Anthropic {
			return bedrock.Claude{}
		}
		return bedrock.Provider{}
	},
}

// Stages is the snapshot as the stages take it.
func (s *Snapshot) Stages(loaded time.Time) *extproc.Snapshot {
	out := extproc.Snapshot{
		Version: s.Version, Loaded: loaded, Router: s.Router, Providers: make(map[string]*extproc.Provider, len(s.Providers)),
		Budgets:         extproc.NewBudgets(s.Budgets),
		MaxBodyBytes:    int64(s.Limits.BodyBytes),
		FirstByteStream: s.Timeouts.FirstByteStream, FirstByteJSON: s.Timeouts.FirstByteJSON,
		Identity: s.Identity,
	}
	for name, p := range s.Providers {
		face, ok := faces[p.Schema]
		if !ok {
			continue
		}
		out.Providers[name] = &extproc.Provider{
			Name: name, Format: p.Format, Face: face(p), Prefix: p.Prefix, Serves: p.Serves, Unsupported: extproc.Unsupported(p.Unsupported),
			StreamUsage: extproc.StreamUsage(p.StreamUsage),
			Signed:      p.Auth == AuthAWS || p.Auth == AuthGCP,
		}
	}
	return extproc.NewSnapshot(out)
}
