package catalog

import "encoding/json"

// Entry is one model of the catalog.
type Entry struct {
	Key      string // unique: "gpt-4o", "azure/gpt-4o", "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
	Provider string // as the source names it: "openai", "azure", "bedrock_converse", "vertex_ai-anthropic_models"
	Retires  string // the day when the provider withdraws the model, "2026-10-15"; empty: unknown
	Facts
}

// line is an Entry as JSON, in the file and from MarshalJSON:
//
//	{"key":"gpt-4o","provider":"openai","mode":"chat","context":128000,"max_output":16384,"input":2.5,"output":10,
//	 "cached_input":1.25,"has":["tools","vision"],"lacks":["embeddings"]}
type line struct {
	Key         string       `json:"key"` // first, so that a line can be found without decoding it
	Provider    string       `json:"provider"`
	Mode        Mode         `json:"mode"`
	Context     int          `json:"context,omitempty"`      // tokens of input
	MaxOutput   int          `json:"max_output,omitempty"`   // tokens
	Input       *float64     `json:"input,omitempty"`        // USD per million tokens; absent: no price is known
	Output      *float64     `json:"output,omitempty"`       // likewise
	CachedInput float64      `json:"cached_input,omitempty"` // likewise
	CacheWrite  float64      `json:"cache_write,omitempty"`  // likewise
	Tiers       []tierLine   `json:"tiers,omitempty"`
	Has         Capabilities `json:"has,omitzero"`
	Lacks       Capabilities `json:"lacks,omitzero"`
	Retires     string       `json:"retires,omitempty"`
}

type tierLine struct {
	Above       int     `json:"above"` // input tokens
	Input       float64 `json:"input,omitempty"`
	Output      float64 `json:"output,omitempty"`
	CachedInput float64 `json:"cached_input,omitempty"`
	CacheWrite  float64 `json:"cache_write,omitempty"`
}

// MarshalJSON writes the form of the catalog file.
func (e Entry) MarshalJSON() ([]byte, error) {
	l := line{
		Key: e.Key, Provider: e.Provider, Mode: e.Mode, Context: e.MaxInputTokens, MaxOutput: e.MaxOutputTokens,
		Has: e.Has, Lacks: e.Lacks, Retires: e.Retires,
	}
	if e.PriceKnown {
		l.Input, l.Output = &e.Price.Input, &e.Price.Output
		l.CachedInput, l.CacheWrite = e.Price.CachedInput, e.Price.CacheWrite
		for _, t := range e.Price.Tiers {
			l.Tiers = append(l.Tiers, tierLine(t))
		}
	}
	return json.Marshal(l)
}

// UnmarshalJSON reads the form of the catalog file.
func (e *Entry) UnmarshalJSON(b []byte) error {
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return err
	}
	*e = Entry{Key: l.Key, Provider: l.Provider, Retires: l.Retires, Facts: Facts{
		Mode: l.Mode, MaxInputTokens: l.Context, MaxOutputTokens: l.MaxOutput, Has: l.Has, Lacks: l.Lacks,
	}}
	if l.Input == nil || l.Output == nil {
		return nil
	}
	e.PriceKnown = true
	e.Price = Price{Input: *l.Input, Output: *l.Output, CachedInput: l.CachedInput, CacheWrite: l.CacheWrite}
	for _, t := range l.Tiers {
		e.Price.Tiers = append(e.Price.Tiers, Tier(t))
	}
	return nil
}
