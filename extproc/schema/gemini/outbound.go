package gemini

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// EncodeRequest implements schema.Provider. A request to count tokens stays one.
func (Provider) EncodeRequest(r *schema.Request) (*schema.Outbound, error) {
	if lost := schema.ThreadLost(r); lost != nil {
		return nil, lost
	}
	e := requestEncoder{r: r, version: version(r.Model), own: r.Format == schema.Gemini}
	if e.version == 0 && isNew(r.Model) {
		e.version = 30
	}
	if r.Embed != nil {
		return e.embeddings()
	}
	if r.Op == schema.OpCountTokens {
		return e.count(), nil
	}
	e.w.B = make([]byte, 0, r.Size())
	e.w.Open('{')
	e.system()
	e.contents()
	e.tools()
	e.generation()
	e.rest()
	e.w.Close('}')
	return &schema.Outbound{Op: schema.OpGenerate, Body: e.w.B, Lost: e.lost}, nil
}

// requestEncoder writes one request.
type requestEncoder struct {
	r       *schema.Request
	w       jsonout.Writer
	lost    []string
	version int  // of the model, times ten; 0: unknown
	own     bool // the client speaks Gemini too: Raw and Extra may pass

}

func (e *requestEncoder) lose(format string, args ...any) {
	e.lost = append(e.lost, fmt.Sprintf(format, args...))
}

// older reports whether the model is known to be of a generation before v (times ten).
func (e *requestEncoder) older(v int) bool { return e.version > 0 && e.version < v }

// generation writes generationConfig.
func (e *requestEncoder) generation() {
	r, w := e.r, &e.w
	start := w.Mark()
	w.Key("generationConfig").Open('{')
	empty := w.Mark()
	e.sampling()
	if len(r.Stop) > 0 {
		e.stops()
	}
	e.logprobs()
	e.output()
	e.thinking()
	e.modalities()
	for _, x := range r.Extra {
		if name, ok := strings.CutPrefix(x.Name, "generationConfig."); ok && e.own && !strings.Contains(name, ".") {
			w.Key(name).Raw(x.Value)
		}
	}
	if !w.Wrote(empty) {
		w.Back(start)
		return
	}
	w.Close('}')
}

func (e *requestEncoder) sampling() {
	r, w := e.r, &e.w
	writeInt(w, "maxOutputTokens", r.MaxOutputTokens)
	writeFloat(w, "temperature", r.Temperature)
	writeFloat(w, "topP", r.TopP)
	writeInt(w, "topK", r.TopK)
	writeFloat(w, "presencePenalty", r.PresencePenalty)
	writeFloat(w, "frequencyPenalty", r.FrequencyPenalty)
	switch {
	case r.Seed == nil:
	case *r.Seed < math.MinInt32 || *r.Seed > math.MaxInt32:
		e.lose("seed")
	default:
		w.Key("seed").Int(*r.Seed)
	}
	switch {
	case r.N == nil:
	case *r.N > maxCandidates && !e.own:
		e.lose("n")
	case *r.N > 1 || e.own:
		w.Key("candidateCount").Int(int64(*r.N))
	}
	if len(r.LogitBias) > 0 && string(r.LogitBias) != "{}" && string(r.LogitBias) != "null" {
		e.lose("logit_bias")
	}
}

// maxCandidates and maxStops are the API's limits.
// Source: https://ai.google.dev/api/generate-content#generationconfig
const (
	maxCandidates = 8
	maxStops      = 5
)

func (e *requestEncoder) stops() {
	var stops []string
	for _, s := range e.r.Stop {
		if s != "" {
			stops = append(stops, s)
		}
	}
	if len(stops) > maxStops {
		stops = stops[:maxStops]
		e.lose("stop (more than %d)", maxStops)
	}
	if len(stops) == 0 {
		return
	}
	e.w.Key("stopSequences").Open('[')
	for _, s := range stops {
		e.w.String(s)
	}
	e.w.Close(']')
}

func (e *requestEncoder) logprobs() {
	if e.r.Logprobs {
		e.w.Key("responseLogprobs").Bool(true)
	}
	if n := e.r.TopLogprobs; n != nil && (e.own || *n > 0) {
		e.w.Key("logprobs").Int(int64(*n))
	}
}

// output writes the form of the answer. Before Gemini 3 it cannot be had together with functions.
func (e *requestEncoder) output() {
	out := e.r.Output
	if out.Kind == schema.OutputText {
		return
	}
	if !e.own && e.older(30) && e.hasFunctions() {
		e.lose("response_format (with tools)")
		return
	}
	if !e.own || !e.hasExtra("generationConfig.responseMimeType") {
		e.w.Key("responseMimeType").String(mimeJSON)
	}
	if out.Kind == schema.OutputSchema && len(out.Schema) > 0 {
		e.schema("responseSchema", "responseJsonSchema", out.Schema)
	}
}

// schema writes a JSON Schema in the one or other way, see jsonschema.go.
func (e *requestEncoder) schema(message, jsonSchema string, doc json.RawMessage) {
	if converted, ok := toOpenAPI(doc); ok {
		e.w.Key(message).Raw(converted)
		return
	}
	e.w.Key(jsonSchema).Raw(doc)
}

// thinking writes thinkingConfig: a level for Gemini 3 and later, a budget before.
// Source: https://ai.google.dev/gemini-api/docs/thinking
func (e *requestEncoder) thinking() {
	re := e.r.Reasoning
	visible := re.Summary != "" && re.Summary != "none"
	if !re.Said() && !visible {
		return
	}
	if !e.own && (e.older(25) || strings.Contains(e.r.Model, "gemma")) {
		if re.Effort != "none" && re.Said() {
			e.lose("reasoning")
		}
		return
	}
	w := &e.w
	w.Key("thinkingConfig").Open('{')
	switch {
	case re.Budget != nil:
		w.Key("thinkingBudget").Int(int64(e.budget(*re.Budget)))
	case re.Effort == "":
	case e.version >= 30 || e.own:
		w.Key("thinkingLevel").String(e.level(re.Effort))
	default:
		w.Key("thinkingBudget").Int(int64(e.budget(efforts[re.Effort])))
	}
	if visible || e.r.Format == schema.Anthropic && re.Said() && re.Effort != "none" {
		w.Key("includeThoughts").Bool(true)
	}
	w.Close('}')
}

// level knows that the pro models cannot think minimally, and the first of Gemini 3 not medium.
func (e *requestEncoder) level(effort string) string {
	level, ok := levels[effort]
	if !ok {
		return strings.ToUpper(effort)
	}
	if pro := strings.Contains(e.r.Model, "-pro"); pro && !e.own {
		switch {
		case level == "MINIMAL":
			return "LOW"
		case level == "MEDIUM" && e.version == 30:
			return "HIGH"
		}
	}
	return level
}

// budget keeps a budget within what the model takes: 2.5 Pro 128 to 32768, 2.5 Flash up to 24576.
func (e *requestEncoder) budget(n int) int {
	if e.own || n < 0 {
		return n
	}
	if strings.Contains(e.r.Model, "-pro") {
		return min(max(n, 128), 32768)
	}
	return min(n, 24576)
}

// modalities writes what kinds of output are asked for; text alone is the default.
func (e *requestEncoder) modalities() {
	list := e.r.Modalities
	if !e.own && slices.Contains(list, "audio") { // Google speaks only, or writes only
		e.lose("modalities (audio)")
		return
	}
	if len(list) == 0 || !e.own && len(list) == 1 && list[0] == "text" {
		return
	}
	e.w.Key("responseModalities").Open('[')
	for _, m := range list {
		e.w.String(strings.ToUpper(m))
	}
	e.w.Close(']')
}

// rest writes the remaining top-level members and names what has no place.
func (e *requestEncoder) rest() {
	r, w := e.r, &e.w
	if len(r.SafetySettings) > 0 {
		w.Key("safetySettings").Raw(r.SafetySettings)
	}
	if hasMembers(r.Metadata) {
		if e.own {
			w.Key("labels").Raw(r.Metadata)
		} else {
			e.lose("metadata")
		}
	}
	e.tier()
	if r.Store != nil && e.own {
		w.Key("store").Bool(*r.Store)
	} else if r.Store != nil && *r.Store {
		e.lose("store")
	}
	if r.User != "" {
		e.lose("user")
	}
	if r.CacheKey != "" {
		e.lose("prompt_cache_key")
	}
	if r.Verbosity != "" && r.Verbosity != "medium" {
		e.lose("verbosity")
	}
	for _, x := range r.Extra {
		switch {
		case !e.own:
			e.lose("%s", x.Name)
		case !strings.Contains(x.Name, "."):
			w.Key(x.Name).Raw(x.Value)
		case strings.HasPrefix(x.Name, "generationConfig.thinkingConfig.") || strings.HasPrefix(x.Name, "toolConfig.functionCallingConfig."):
			e.lose("%s", x.Name)
		}
	}
}

// tier writes the service tier. OpenAI's "auto" and "default" and Anthropic's "auto" ask for what Google does anyway.
// Source: https://ai.google.dev/gemini-api/docs/flex-inference
func (e *requestEncoder) tier() {
	switch tier := e.r.ServiceTier; {
	case tier == "":
	case e.own || tier == "flex" || tier == "priority":
		e.w.Key("serviceTier").String(tier)
	case tier == "auto" || tier == "default" || tier == "standard_only":
	default:
		e.lose("service_tier")
	}
}

func (e *requestEncoder) hasExtra(name string) bool {
	for _, x := range e.r.Extra {
		if x.Name == name {
			return true
		}
	}
	return false
}

func (e *requestEncoder) hasFunctions() bool {
	for i := range e.r.Tools {
		if e.r.Tools[i].Kind == schema.ToolFunction {
			return true
		}
	}
	return false
}

func hasMembers(doc json.RawMessage) bool {
	doc = bytes.TrimSpace(doc)
	return len(doc) > 2 && string(doc) != "null" && gjson.ParseBytes(doc).IsObject()
}

func writeInt(w *jsonout.Writer, name string, n *int) {
	if n != nil {
		w.Key(name).Int(int64(*n))
	}
}

func writeFloat(w *jsonout.Writer, name string, f *float64) {
	if f != nil {
		w.Key(name).Float(*f)
	}
}
