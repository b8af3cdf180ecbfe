package bedrock

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// EncodeRequest implements schema.Provider. A request to count tokens stays one.
func (Provider) EncodeRequest(r *schema.Request) (*schema.Outbound, error) {
	r = schema.EnumInWords(r)
	if r.Embed != nil {
		return nil, &schema.Error{
			Kind: schema.KindInvalidRequest, Code: "unsupported_operation",
			Message: "Bedrock's Converse API makes no embeddings; name another model",
		}
	}
	if lost := schema.ThreadLost(r); lost != nil {
		return nil, lost
	}
	e := requestEncoder{r: r, family: familyOf(r.Model), documents: map[string]int{}}
	if e.family == claude {
		e.version = claudeVersion(r.Model)
	}
	if r.Op == schema.OpCountTokens {
		return e.count(), nil
	}
	e.w.B = make([]byte, 0, r.Size())
	e.w.Open('{')
	e.think()
	e.messages()
	e.system()
	e.tools()
	e.inference()
	e.additional()
	e.output()
	e.rest()
	e.w.Close('}')
	return &schema.Outbound{Op: schema.OpConverse, Body: e.w.B, Lost: e.lost}, nil
}

// count writes {"input":{"converse":{…}}}.
// Source: API_runtime_CountTokens.html
func (e *requestEncoder) count() *schema.Outbound {
	e.w.Open('{')
	e.w.Key("input").Open('{')
	e.w.Key("converse").Open('{')
	e.messages()
	e.system()
	e.tools()
	e.w.Close('}')
	e.w.Close('}')
	e.w.Close('}')
	return &schema.Outbound{Op: schema.OpCountTokens, Body: e.w.B}
}

// requestEncoder writes one request.
type requestEncoder struct {
	r         *schema.Request
	w         jsonout.Writer
	lost      []string
	family    family
	version   int // of Claude; 0: unknown or another's
	documents map[string]int

	thinks bool   // Claude will think
	budget int    // in tokens; 0: it decides itself
	raise  int    // added to the client's output limit, so that there is room to think
	effort string // for models that take one
}

func (e *requestEncoder) lose(format string, args ...any) {
	e.lost = append(e.lost, fmt.Sprintf(format, args...))
}

// caches reports whether the model knows cache points.
// Source: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
func (e *requestEncoder) caches() bool {
	return e.family == claude || e.family == nova || e.family == nova2
}

// cachePoint writes what follows a part or tool with a cache marker. at names the part.
func (e *requestEncoder) cachePoint(c *schema.Cache, at string) {
	if c == nil {
		return
	}
	if !e.caches() {
		e.lose("%s.cache", at)
		return
	}
	e.w.Open('{')
	e.w.Key("cachePoint").Open('{')
	e.w.Key("type").String("default")
	if c.TTL != "" && c.TTL != "5m" && e.family == claude {
		e.w.Key("ttl").String(c.TTL)
	}
	e.w.Close('}')
	e.w.Close('}')
}

// wordsForJSON reports whether the answer's form is asked for in words: without a schema Converse has no such mode, and
// Claude before 4.5 does not have it at all.
//
// Source: https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
func (e *requestEncoder) wordsForJSON() bool {
	out := &e.r.Output
	if m := e.r.ToolChoice.Mode; m == schema.ToolRequired || m == schema.ToolNamed { // the answer is a call
		return false
	}
	return out.Kind == schema.OutputJSON || out.Kind == schema.OutputSchema && (len(out.Schema) == 0 || e.version != 0 && e.version < 405)
}

// output writes a JSON schema for the answer. The schema is a string.
func (e *requestEncoder) output() {
	out, w := e.r.Output, &e.w
	if out.Kind == schema.OutputText {
		return
	}
	if e.wordsForJSON() {
		return
	}
	if len(out.Schema) == 0 {
		e.lose("response_format")
		return
	}
	w.Key("outputConfig").Open('{')
	w.Key("textFormat").Open('{')
	w.Key("type").String("json_schema")
	w.Key("structure").Open('{')
	w.Key("jsonSchema").Open('{')
	w.Key("schema").String(string(out.Schema))
	if out.Name != "" {
		w.Key("name").String(toolNames.Fit(out.Name))
	}
	if out.Description != "" {
		w.Key("description").String(out.Description)
	}
	w.Close('}')
	w.Close('}')
	w.Close('}')
	w.Close('}')
}

// rest writes what remains and names what Converse has no place for.
func (e *requestEncoder) rest() {
	r := e.r
	e.metadata()
	switch r.ServiceTier {
	case "", "auto":
	case "default", "priority", "flex", "reserved":
		e.tier(r.ServiceTier)
	case "standard_only":
		e.tier("default")
	default:
		e.lose("service_tier")
	}
	for _, x := range []struct {
		name string
		said bool
	}{
		{"n", r.N != nil && *r.N > 1},
		{"seed", r.Seed != nil},
		{"frequency_penalty", r.FrequencyPenalty != nil && *r.FrequencyPenalty != 0},
		{"presence_penalty", r.PresencePenalty != nil && *r.PresencePenalty != 0},
		{"logprobs", r.Logprobs},
		{"logit_bias", hasMembers(r.LogitBias)},
		{"user", r.User != ""},
		{"store", r.Store != nil && *r.Store},
		{"verbosity", r.Verbosity != "" && r.Verbosity != "medium"},
		{"prompt_cache_key", r.CacheKey != ""},
		{"modalities", len(r.Modalities) > 1 || len(r.Modalities) == 1 && r.Modalities[0] != "text"},
		{"safety_settings", len(r.SafetySettings) > 0},
	} {
		if x.said {
			e.lose("%s", x.name)
		}
	}
	for _, x := range r.Extra {
		e.lose("%s", x.Name)
	}
}

func (e *requestEncoder) tier(name string) {
	e.w.Key("serviceTier").Open('{')
	e.w.Key("type").String(name)
	e.w.Close('}')
}

// metadata writes requestMetadata, which has at most 16 entries of 1 to 256 characters.
// Source: API_runtime_Converse, requestMetadata
func (e *requestEncoder) metadata() {
	if !hasMembers(e.r.Metadata) {
		return
	}
	fits, n := true, 0
	gjson.ParseBytes(e.r.Metadata).ForEach(func(key, v gjson.Result) bool {
		n++
		fits = v.Type == gjson.String && n <= 16 && len(key.Str) > 0 && len(key.Str) <= 256 && len(v.Str) <= 256 &&
			isMetadata(key.Str) && isMetadata(v.Str)
		return fits
	})
	if !fits {
		e.lose("metadata")
		return
	}
	e.w.Key("requestMetadata").Raw(e.r.Metadata)
}

func isMetadata(s string) bool {
	for i := range len(s) {
		if !isLetterOrDigit(s[i]) && strings.IndexByte(" :_@$#=/+,-.", s[i]) < 0 {
			return false
		}
	}
	return true
}

func hasMembers(doc json.RawMessage) bool {
	some := false
	gjson.ParseBytes(doc).ForEach(func(_, _ gjson.Result) bool {
		some = true
		return false
	})
	return some
}
