package anthropic

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

const (
	png = "iVBORw0KGgo="
	pdf = "JVBERi0xLjQK"
)

// Each row gives the members of the body that its sentence is about.
func TestRequestsOfOtherFormats(t *testing.T) {
	const haiku = "claude-haiku-4-5"
	for name, tc := range map[string]struct {
		model string
		edit  func(*schema.Request)
		want  map[string]string // path → JSON; "" for absent
		lost  []string
	}{
		"max_tokens is required: the default is what the generation takes": {
			model: haiku, edit: func(*schema.Request) {}, want: map[string]string{"max_tokens": "32000", "model": `"claude-haiku-4-5"`},
		},
		"a limit that was set stays": {
			model: haiku, edit: func(r *schema.Request) { r.MaxOutputTokens = ptr(77) }, want: map[string]string{"max_tokens": "77"},
		},
		"system and developer messages are hoisted in order, wherever they stand (case 33)": {
			model: haiku, edit: func(r *schema.Request) {
				r.Messages = []schema.Message{
					say(schema.RoleSystem, text("one")), user("hi"), say(schema.RoleDeveloper, text("two")), user("there"),
				}
			},
			want: map[string]string{
				"system":   `[{"type":"text","text":"one"},{"type":"text","text":"two"}]`,
				"messages": `[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"text","text":"there"}]}]`,
			},
		},
		"a lone system message becomes the user's turn (case 33)": {
			model: haiku, edit: func(r *schema.Request) { r.Messages = []schema.Message{say(schema.RoleSystem, text("one"))} },
			want: map[string]string{"system": "", "messages": `[{"role":"user","content":"one"}]`},
		},
		"parallel results are merged in one turn and come first in it (case 28)": {
			model: haiku, edit: func(r *schema.Request) {
				r.Tools = []schema.Tool{function("f")}
				r.Messages = []schema.Message{
					user("go"), say(schema.RoleAssistant, call("a", "f", ""), call("b", "f", `{"x":1}`)),
					say(schema.RoleTool, result("a", text("1"))), user("and"), say(schema.RoleTool, result("b", text("2"))),
				}
			},
			want: map[string]string{"messages": `[{"role":"user","content":"go"},
				{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}},{"type":"tool_use","id":"b","name":"f","input":{"x":1}}]},
				{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"1"},{"type":"tool_result","tool_use_id":"b","content":"2"},
					{"type":"text","text":"and"}]}]`},
		},
		"empty text beside calls and empty results are left out (cases 31, 43)": {
			model: haiku, edit: func(r *schema.Request) {
				r.Tools = []schema.Tool{function("f")}
				r.Messages = []schema.Message{
					user("go"), say(schema.RoleAssistant, text(""), call("a", "f", "{}")), say(schema.RoleTool, result("a", text(""))),
				}
			},
			want: map[string]string{
				"messages.1.content": `[{"type":"tool_use","id":"a","name":"f","input":{}}]`,
				"messages.2.content": `[{"type":"tool_result","tool_use_id":"a"}]`,
			},
		},
		"results may be lists with images and tell of errors (case 32)": {
			model: haiku, edit: func(r *schema.Request) {
				r.Tools = []schema.Tool{function("f")}
				res := result("a", text("see"), schema.Part{Kind: schema.PartImage, Media: schema.Media{Data: png}})
				res.IsError = true
				r.Messages = []schema.Message{user("go"), say(schema.RoleAssistant, call("a", "f", "{}")), say(schema.RoleTool, res)}
			},
			want: map[string]string{"messages.2.content.0": `{"type":"tool_result","tool_use_id":"a","is_error":true,"content":[
				{"type":"text","text":"see"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + png + `"}}]}`},
		},
		"arguments that are no object become a member of one": {
			model: haiku, edit: func(r *schema.Request) {
				r.Tools = []schema.Tool{function("f")}
				r.Messages = []schema.Message{user("go"), say(schema.RoleAssistant, call("a", "f", `{"x":`))}
			},
			want: map[string]string{"messages.1.content.0.input": `{"arguments":"{\"x\":"}`},
		},
		"long and odd tool names and ids are mapped (case 30)": {
			model: haiku, edit: func(r *schema.Request) {
				r.Tools = []schema.Tool{function("math.add")}
				r.ToolChoice = schema.ToolChoice{Mode: schema.ToolNamed, Name: "math.add"}
				r.Messages = []schema.Message{user("go"), say(schema.RoleAssistant, call("a b", "math.add", "{}")), say(schema.RoleTool, result("a b"))}
			},
			want: map[string]string{
				"tools.0.name": `"` + toolNames.Fit("math.add") + `"`, "tool_choice": `{"type":"tool","name":"` + toolNames.Fit("math.add") + `"}`,
				"messages.1.content.0.id": `"` + wireID("a b") + `"`, "messages.2.content.0.tool_use_id": `"` + wireID("a b") + `"`,
			},
		},
		"only parallel_tool_calls set means auto, not any (case 27)": {
			model: haiku, edit: func(r *schema.Request) { r.Tools, r.ParallelTools = []schema.Tool{function("f")}, ptr(false) },
			want: map[string]string{"tool_choice": `{"type":"auto","disable_parallel_tool_use":true}`},
		},
		"parallel calls asked for expressly need no word": {
			model: haiku, edit: func(r *schema.Request) { r.Tools, r.ParallelTools = []schema.Tool{function("f")}, ptr(true) },
			want: map[string]string{"tool_choice": ""},
		},
		"required is any": {
			model: haiku, edit: func(r *schema.Request) {
				r.Tools, r.ParallelTools, r.ToolChoice.Mode = []schema.Tool{function("f")}, ptr(false), schema.ToolRequired
			},
			want: map[string]string{"tool_choice": `{"type":"any","disable_parallel_tool_use":true}`},
		},
		"none stays none and knows nothing of parallel calls": {
			model: haiku, edit: func(r *schema.Request) {
				r.Tools, r.ParallelTools, r.ToolChoice.Mode = []schema.Tool{function("f")}, ptr(false), schema.ToolNone
			},
			want: map[string]string{"tool_choice": `{"type":"none"}`},
		},
		"a tool choice without tools is left out": {
			model: haiku, edit: func(r *schema.Request) { r.ToolChoice.Mode, r.ParallelTools = schema.ToolAuto, ptr(false) },
			want: map[string]string{"tool_choice": "", "tools": ""},
		},
		"only the allowed tools are sent": {
			model: haiku, edit: func(r *schema.Request) {
				r.Tools = []schema.Tool{function("f"), function("g")}
				r.ToolChoice = schema.ToolChoice{Mode: schema.ToolAuto, Allowed: []string{"g"}}
			},
			want: map[string]string{"tools": `[{"name":"g","input_schema":{"type":"object"}}]`, "tool_choice": `{"type":"auto"}`},
		},
		"calls in the history need tools, which then may not be called (case 29)": {
			model: haiku, edit: func(r *schema.Request) {
				r.Messages = []schema.Message{user("go"), say(schema.RoleAssistant, call("a", "f", "{}")), say(schema.RoleTool, result("a"))}
			},
			want: map[string]string{"tools": `[{"name":"f","input_schema":{"type":"object","properties":{}}}]`, "tool_choice": `{"type":"none"}`},
		},
		"a schema says that it is an object": {
			model: haiku, edit: func(r *schema.Request) {
				r.Tools = []schema.Tool{{Kind: schema.ToolFunction, Name: "f", Parameters: json.RawMessage(`{"properties":{"a":{}}}`)}}
			},
			want: map[string]string{"tools.0.input_schema": `{"type":"object","properties":{"a":{}}}`},
		},
		"a strict tool is closed": {
			model: haiku, edit: func(r *schema.Request) {
				r.Tools = []schema.Tool{{Kind: schema.ToolFunction, Name: "f", Strict: ptr(true), Parameters: json.RawMessage(`{"type":"object","properties":{"a":{"type":"integer","minimum":1}}}`)}}
			},
			want: map[string]string{"tools.0.strict": "true",
				"tools.0.input_schema": `{"type":"object","properties":{"a":{"type":"integer","description":"{minimum: 1}"}},"additionalProperties":false}`},
		},
		"a model without strict tools loses the promise": {
			model: "claude-sonnet-4-20250514", edit: func(r *schema.Request) {
				f := function("f")
				f.Strict = ptr(true)
				r.Tools = []schema.Tool{f}
			},
			want: map[string]string{"tools.0.strict": ""}, lost: []string{"tools[0].strict"},
		},
		"web search keeps the place and the domains": {
			model: haiku, edit: func(r *schema.Request) {
				r.Tools = []schema.Tool{{Kind: schema.ToolWebSearch, Raw: json.RawMessage(
					`{"user_location":{"type":"approximate","approximate":{"city":"Bern","country":"CH"}},"filters":{"allowed_domains":["a.ch"]},"search_context_size":"high"}`)}}
			},
			want: map[string]string{"tools.0": `{"type":"web_search_20250305","name":"web_search","user_location":{"type":"approximate","city":"Bern","country":"CH"},"allowed_domains":["a.ch"]}`},
			lost: []string{"tools[0].search_context_size"},
		},
		"another provider's tool is lost": {
			model: haiku, edit: func(r *schema.Request) {
				r.Tools = []schema.Tool{{Kind: schema.ToolOther, Raw: json.RawMessage(`{"type":"file_search"}`)}}
			},
			want: map[string]string{"tools": ""}, lost: []string{"tools[0] (file_search)"},
		},
		"an image by plain http cannot be fetched": {
			model: haiku, edit: func(r *schema.Request) {
				r.Messages = []schema.Message{say(schema.RoleUser, text("Look!"),
					schema.Part{Kind: schema.PartImage, Media: schema.Media{URL: "http://a/b.png"}})}
			},
			lost: []string{"messages[0].content[1] (image)"},
		},
		"images go inline or by URL, documents with their title": {
			model: haiku, edit: func(r *schema.Request) {
				r.Messages = []schema.Message{say(schema.RoleUser,
					schema.Part{Kind: schema.PartImage, Media: schema.Media{URL: "https://a/b.png", Detail: "auto"}},
					schema.Part{Kind: schema.PartImage, Media: schema.Media{Type: "image/jpg", Data: "/9j/"}},
					schema.Part{Kind: schema.PartFile, Media: schema.Media{Data: pdf, Filename: "a.pdf"}},
					schema.Part{Kind: schema.PartFile, Media: schema.Media{URL: "https://a/b.pdf"}},
					schema.Part{Kind: schema.PartFile, Media: schema.Media{Type: "text/csv", Data: "YSxi"}},
					schema.Part{Kind: schema.PartFile, Media: schema.Media{Text: "plain"}})}
			},
			want: map[string]string{"messages.0.content": `[{"type":"image","source":{"type":"url","url":"https://a/b.png"}},
				{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"/9j/"}},
				{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"` + pdf + `"},"title":"a.pdf"},
				{"type":"document","source":{"type":"url","url":"https://a/b.pdf"}},
				{"type":"document","source":{"type":"text","media_type":"text/plain","data":"a,b"}},
				{"type":"document","source":{"type":"text","media_type":"text/plain","data":"plain"}}]`},
		},
		"what has no block is named": {
			model: haiku, edit: func(r *schema.Request) {
				r.Messages = []schema.Message{say(schema.RoleUser, text("hi"),
					schema.Part{Kind: schema.PartAudio, Media: schema.Media{Data: "AAAA"}},
					schema.Part{Kind: schema.PartImage, Media: schema.Media{URL: "gs://b/c"}},
					schema.Part{Kind: schema.PartImage, Media: schema.Media{Type: "image/tiff", Data: "SUkq"}},
					schema.Part{Kind: schema.PartImage, Media: schema.Media{URL: "https://a/b", Detail: "low"}},
					schema.Part{Kind: schema.PartFile, Media: schema.Media{FileID: "file-1"}},
					schema.Part{Kind: schema.PartOther, Raw: json.RawMessage(`{"type":"video_url"}`)})}
				r.Messages[0].Name = "ann"
			},
			lost: []string{"messages[0].name", "messages[0].content[1] (audio)", "messages[0].content[2] (image)",
				"messages[0].content[3] (image)", "messages[0].content[5] (file)", "messages[0].content[6] (video_url)", "messages[0].content[4].detail"},
		},
		"parameters that the API lacks are named (case 44)": {
			model: haiku, edit: func(r *schema.Request) {
				r.N, r.Seed, r.Logprobs, r.TopLogprobs, r.FrequencyPenalty, r.PresencePenalty = ptr(2), ptr(int64(1)), true, ptr(3), ptr(0.5), ptr(0.0)
				r.LogitBias, r.Metadata, r.Store, r.Verbosity, r.CacheKey = json.RawMessage(`{"1":2}`), json.RawMessage(`{"a":"b"}`), ptr(true), "low", "k"
				r.ServiceTier, r.Modalities = "flex", []string{"text", "audio"}
				r.Extra = []schema.Field{{Name: "prediction", Value: json.RawMessage(`{}`)}}
			},
			lost: []string{"service_tier", "n", "seed", "frequency_penalty", "logprobs", "top_logprobs", "logit_bias", "metadata", "store",
				"verbosity", "prompt_cache_key", "modalities (audio)", "prediction"},
			want: map[string]string{"prediction": "", "n": "", "seed": ""},
		},
		"the user becomes metadata.user_id, the tier is translated": {
			model: haiku, edit: func(r *schema.Request) { r.User, r.ServiceTier = "u1", "default" },
			want: map[string]string{"metadata": `{"user_id":"u1"}`, "service_tier": `"standard_only"`},
		},
		"stop sequences of white space are left out (case 39)": {
			model: haiku, edit: func(r *schema.Request) { r.Stop = []string{"\n\n", "END"} },
			want: map[string]string{"stop_sequences": `["END"]`}, lost: []string{"stop[0]"},
		},
		"no stop sequence is left": {
			model: haiku, edit: func(r *schema.Request) { r.Stop = []string{" "} },
			want: map[string]string{"stop_sequences": ""}, lost: []string{"stop[0]"},
		},
		"temperature is at most 1": {
			model: haiku, edit: func(r *schema.Request) { r.Temperature = ptr(1.7) },
			want: map[string]string{"temperature": "1"}, lost: []string{"temperature"},
		},
		"newer models take temperature or top_p (case 37)": {
			model: haiku, edit: func(r *schema.Request) { r.Temperature, r.TopP = ptr(0.2), ptr(0.9) },
			want: map[string]string{"temperature": "0.2", "top_p": ""}, lost: []string{"top_p"},
		},
		"older models take both": {
			model: "claude-3-7-sonnet-20250219", edit: func(r *schema.Request) { r.Temperature, r.TopP, r.TopK = ptr(0.2), ptr(0.9), ptr(5) },
			want: map[string]string{"temperature": "0.2", "top_p": "0.9", "top_k": "5", "max_tokens": "8192"},
		},
		"the newest models take neither": {
			model: "claude-opus-4-7", edit: func(r *schema.Request) { r.Temperature, r.TopP, r.TopK = ptr(0.2), ptr(1.0), ptr(5) },
			want: map[string]string{"temperature": "", "top_p": "", "top_k": ""}, lost: []string{"temperature", "top_k"},
		},
		"at most four cache markers are sent, the last": {
			model: haiku, edit: func(r *schema.Request) {
				var parts []schema.Part
				for _, s := range []string{"a", "b", "c", "d", "e"} {
					parts = append(parts, schema.Part{Kind: schema.PartText, Text: s, Cache: &schema.Cache{TTL: "24h"}})
				}
				r.Messages = []schema.Message{say(schema.RoleUser, parts...)}
			},
			want: map[string]string{"messages.0.content.0.cache_control": "", "messages.0.content.1.cache_control": `{"type":"ephemeral","ttl":"1h"}`},
			lost: []string{"messages.cache"},
		},
		"an answer that comes first gets a turn before it, one that comes last a turn after it": {
			model: "claude-sonnet-4-6", edit: func(r *schema.Request) { r.Messages = []schema.Message{say(schema.RoleAssistant, text("hello "))} },
			want: map[string]string{"messages": `[{"role":"user","content":"Continue."},{"role":"assistant","content":"hello "},{"role":"user","content":"Continue."}]`},
		},
		"a prefilled answer ends without white space": {
			model: haiku, edit: func(r *schema.Request) {
				r.Messages = []schema.Message{user("hi"), say(schema.RoleAssistant, text("hello \n"))}
			},
			want: map[string]string{"messages": `[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := foreign(tc.model)
			tc.edit(r)
			out := mustEncode(t, r)
			for path, want := range tc.want {
				got := gjson.GetBytes(out.Body, path)
				if want == "" {
					if got.Exists() {
						t.Errorf("%s: got %s, want nothing", path, got.Raw)
					}
					continue
				}
				if !got.Exists() {
					t.Errorf("no %s in %s", path, out.Body)
					continue
				}
				sameJSON(t, got.Raw, want)
			}
			if diff := cmp.Diff(tc.lost, out.Lost); diff != "" {
				t.Errorf("lost (-want +got)\n%s", diff)
			}
			if len(out.Header) != 1 || out.Header[0] != [2]string{"anthropic-version", "2023-06-01"} {
				t.Errorf("headers %v", out.Header)
			}
		})
	}
}

func TestRequestsThatCannotBeSent(t *testing.T) {
	for name, r := range map[string]*schema.Request{
		"no message":      {Format: schema.OpenAI, Model: "claude-haiku-4-5"},
		"embeddings":      {Format: schema.OpenAI, Model: "m", Embed: &schema.Embed{}},
		"an answer alone": foreign("claude-haiku-4-5", say(schema.RoleAssistant, text(" "))),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Provider{}.EncodeRequest(r)
			if asError(t, err).Kind != schema.KindInvalidRequest {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestModelNames(t *testing.T) {
	for name, want := range map[string]model{
		"claude-3-7-sonnet-20250219":                {"sonnet", 307},
		"claude-3-opus-latest":                      {"opus", 300},
		"claude-opus-4-20250514":                    {"opus", 400},
		"claude-opus-4-1-20250805":                  {"opus", 401},
		"claude-sonnet-4@20250514":                  {"sonnet", 400},
		"us.anthropic.claude-opus-4-6-v1":           {"opus", 406},
		"anthropic.claude-3-5-sonnet-20241022-v2:0": {"sonnet", 305},
		"anthropic/claude-haiku-4.5":                {"haiku", 405},
		"claude-fable-5-1":                          {"fable", 501},
		"claude-mythos-preview":                     {"mythos", 407},
		"claude-2.1":                                {"", 201},
		"kimi-k2-thinking":                          {},
	} {
		if got := parseModel(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestPaths(t *testing.T) {
	for _, tc := range []struct {
		prefix string
		op     schema.Op
		want   string
		ok     bool
	}{
		{"", schema.OpMessages, "/v1/messages", true},
		{"/anthropic", schema.OpMessages, "/anthropic/v1/messages", true},
		{"/v1", schema.OpMessages, "/v1/messages", true},
		{"/v1/", schema.OpCountTokens, "/v1/messages/count_tokens", true},
		{"", schema.OpChat, "", false},
	} {
		if got, ok := (Provider{}).Locate(tc.prefix, tc.op, "m", true); ok != tc.ok || got != tc.want {
			t.Errorf("%+v: %q %v", tc, got, ok)
		}
	}
}
