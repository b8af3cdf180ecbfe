package policy

import (
	"errors"
	"slices"
)

// Record is a decision as explain shows it, as a table or as JSON.
type Record struct {
	Features   FeatureRecord     `json:"features"`
	Requested  []string          `json:"requested"` // the model and list asked for
	Policies   []string          `json:"policies"`  // that matched and are enforced
	Audited    []AuditRecord     `json:"audited"`
	Budgets    []BudgetRecord    `json:"budgets,omitempty"` // that count the request
	Route      string            `json:"route"`
	Strategy   string            `json:"strategy"`
	Strength   *StrengthRecord   `json:"strength,omitempty"`
	Candidates []CandidateRecord `json:"candidates"`
	Plan       []EntryRecord     `json:"plan"`
	Edit       EditRecord        `json:"edit"`
	Reason     string            `json:"reason"`
	Notes      []string          `json:"notes"`
	Error      *ErrorRecord      `json:"error"`
}

// FeatureRecord is what was known of the request, without any of its text.
type FeatureRecord struct {
	Op              string   `json:"op"`
	Schema          string   `json:"schema"`
	Path            string   `json:"path"`
	Stream          bool     `json:"stream"`
	InputTokens     int      `json:"input_tokens"`
	MaxOutputTokens int      `json:"max_output_tokens"`
	N               int      `json:"n"`
	Messages        int      `json:"messages"`
	Tools           int      `json:"tools"`
	Images          int      `json:"images"`
	Audio           int      `json:"audio"`
	Files           int      `json:"files"`
	Needs           []string `json:"needs"`
	Team            string   `json:"team"`
	User            string   `json:"user"`
	Client          string   `json:"client"`
	Session         string   `json:"session"`
	Task            string   `json:"task"`
	Language        string   `json:"language"`
	Complexity      float64  `json:"complexity"`
	EnvoyRoute      string   `json:"envoy_route,omitempty"`
	MaxCostUSD      float64  `json:"max_cost_usd,omitempty"`
}

// AuditRecord is an Audit.
type AuditRecord struct {
	Policy string `json:"policy"`
	Effect string `json:"effect"`
}

// CandidateRecord is one candidate's way through the decision.
type CandidateRecord struct {
	Model       string         `json:"model"`
	Provider    string         `json:"provider"`
	Refused     *VerdictRecord `json:"refused"`
	Score       *float64       `json:"score"` // lower is better
	Unit        string         `json:"unit"`
	Rank        int            `json:"rank"`         // in the plan, from 1; 0: not in it
	ExpectedUSD *float64       `json:"expected_usd"` // null: unknown
	Note        string         `json:"note,omitempty"`
}

// VerdictRecord is a refusal.
type VerdictRecord struct {
	Filter string `json:"filter"`
	Reason string `json:"reason"`
	Policy string `json:"policy,omitempty"`
}

// EntryRecord is an entry of the plan.
type EntryRecord struct {
	Model           string   `json:"model"`
	Provider        string   `json:"provider"`
	Name            string   `json:"name"` // the provider's own
	ExpectedUSD     *float64 `json:"expected_usd"`
	MaxOutputTokens int      `json:"max_output_tokens,omitempty"`
}

// EditRecord is what policies change in the request. Values of parameters are not shown.
type EditRecord struct {
	MaxOutputTokens int      `json:"max_output_tokens,omitempty"`
	Set             []string `json:"set,omitempty"`
	Default         []string `json:"default,omitempty"`
	Remove          []string `json:"remove,omitempty"`
	SystemPreamble  []string `json:"system_preamble,omitempty"` // the policies whose system messages come first, in order
}

// StrengthRecord is a Strength.
type StrengthRecord struct {
	Complexity float64  `json:"complexity"`
	Threshold  float64  `json:"threshold"`
	Strong     bool     `json:"strong"`
	Share      *float64 `json:"share,omitempty"`
}

// ErrorRecord says why there is no plan.
type ErrorRecord struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	Policy  string `json:"policy,omitempty"`
}

// Explain puts a decision, and the error that came with it if any, on record. It computes the features that no
// rule asked for too.
func Explain(f *Features, d *Decision, err error) *Record {
	r := &Record{
		Features: FeatureRecord{
			Op: f.Op, Schema: f.Schema, Path: f.Path, Stream: f.Stream,
			InputTokens: f.InputTokens, MaxOutputTokens: f.MaxOutputTokens, N: f.answers(),
			Messages: f.Messages, Tools: f.Tools, Images: f.Images, Audio: f.Audio, Files: f.Files,
			Needs: f.Needs.Names(), Team: f.Team, User: f.User, Client: f.Client, Session: f.Session(),
			Task: f.Task(), Language: f.Language(), Complexity: f.Complexity(),
			EnvoyRoute: f.EnvoyRoute, MaxCostUSD: f.MaxCostUSD,
		},
		Requested:  requested(f),
		Policies:   notNil(d.Policies),
		Audited:    make([]AuditRecord, len(d.Audited)),
		Budgets:    d.Budgets,
		Route:      d.Route,
		Strategy:   d.Strategy,
		Candidates: []CandidateRecord{},
		Plan:       make([]EntryRecord, len(d.Plan)),
		Edit: EditRecord{
			MaxOutputTokens: d.Edit.MaxOutputTokens,
			Set:             paramList(d.Edit.Set),
			Default:         paramList(d.Edit.Default),
			Remove:          d.Edit.Remove,
			SystemPreamble:  preambleNames(d.Edit.Preambles),
		},
		Reason: d.Reason,
		Notes:  notNil(d.Notes),
	}
	for i, a := range d.Audited {
		r.Audited[i] = AuditRecord(a)
	}
	if s := d.Strength; s != nil {
		r.Strength = &StrengthRecord{Complexity: s.Complexity, Threshold: s.Threshold, Strong: s.Strong, Share: s.Share}
	}
	considered := d.Candidates()
	for i := range considered {
		r.Candidates = append(r.Candidates, recordCandidate(&considered[i]))
	}
	for i, e := range d.Plan {
		r.Plan[i] = EntryRecord{Model: e.Model, Provider: e.Provider, Name: e.Name, ExpectedUSD: known(e.ExpectedUSD), MaxOutputTokens: e.MaxOutputTokens}
	}
	if err != nil {
		r.Error = recordError(err)
	}
	return r
}

func recordCandidate(c *Considered) CandidateRecord {
	out := CandidateRecord{Model: c.Model, Provider: c.Provider, Unit: c.Unit, Rank: c.Rank, ExpectedUSD: known(c.ExpectedUSD), Note: c.Note}
	if c.Refused.Refused() {
		out.Refused = &VerdictRecord{Filter: c.Refused.Filter, Reason: c.Refused.Reason, Policy: c.Refused.Policy}
	}
	if c.Scored {
		out.Score = &c.Score
	}
	return out
}

func recordError(err error) *ErrorRecord {
	if e := (*Error)(nil); errors.As(err, &e) {
		return &ErrorRecord{Code: e.Code, Message: e.Message, Policy: e.Policy}
	}
	return &ErrorRecord{Message: err.Error()}
}

func requested(f *Features) []string {
	names := []string{}
	if f.Model != "" {
		names = append(names, clip(f.Model))
	}
	for _, m := range f.Models[:min(len(f.Models), maxListed)] {
		if m = clip(m); !slices.Contains(names, m) {
			names = append(names, m)
		}
	}
	return names
}

func known(usd float64) *float64 {
	if usd < 0 {
		return nil
	}
	return &usd
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func preambleNames(preambles []Preamble) []string {
	var names []string
	for _, p := range preambles {
		names = append(names, p.Policy)
	}
	return names
}

func paramList(params []Param) []string {
	var names []string
	for _, p := range params {
		names = append(names, p.Name)
	}
	return names
}
