package bedrock

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

const sonnet = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"

func TestModelIDsAreEscapedAsTheSDKsDoIt(t *testing.T) {
	for _, tc := range []struct {
		prefix, model string
		stream        bool
		want          string
	}{
		{"", sonnet, false, "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse"},
		{"/", "amazon.nova-lite-v1:0", true, "/model/amazon.nova-lite-v1%3A0/converse-stream"},
		{"/b", "arn:aws:bedrock:eu-west-1::inference-profile/x", false, "/b/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A%3Ainference-profile%2Fx/converse"},
	} {
		if got, ok := (Provider{}).Locate(tc.prefix, schema.OpConverse, tc.model, tc.stream); got != tc.want || !ok {
			t.Errorf("got %q", got)
		}
	}
	if _, ok := (Provider{}).Locate("", schema.OpChat, "m", false); ok {
		t.Error("it has chat completions")
	}
}

func upstream(t testing.TB, r *schema.Request) (gjson.Result, []string) {
	t.Helper()
	out, err := Provider{}.EncodeRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(out.Body) {
		t.Fatalf("not JSON: %s", out.Body)
	}
	return gjson.ParseBytes(out.Body), out.Lost
}

func said(role schema.Role, parts ...schema.Part) schema.Message {
	return schema.Message{Role: role, Parts: parts}
}

func text(s string) schema.Part { return schema.Part{Kind: schema.PartText, Text: s} }

func call(id, name, args string) schema.Part {
	return schema.Part{Kind: schema.PartToolCall, ID: id, Name: name, Args: args}
}

func result(id string, parts ...schema.Part) schema.Part {
	return schema.Part{Kind: schema.PartToolResult, ID: id, Result: parts}
}

func TestRequestCasesThatGatewaysGotWrong(t *testing.T) {
	user := said(schema.RoleUser, text("q"))
	tool := schema.Tool{Kind: schema.ToolFunction, Name: "f", Parameters: json.RawMessage(`{"type":"object","properties":{"a":{"type":"string"}}}`)}
	history := []schema.Message{user, said(schema.RoleAssistant, call("1", "f", `{}`)), said(schema.RoleTool, result("1", text("r")))}
	num := func(f float64) *float64 { return &f }
	whole := func(n int) *int { return &n }
	no := false
	for name, tc := range map[string]struct {
		r    schema.Request
		path string
		want string // JSON there; "" if nothing
		lost string
	}{
		"tool choice none leaves the tools out": {
			r: schema.Request{Messages: []schema.Message{user}, Tools: []schema.Tool{tool}, ToolChoice: schema.ToolChoice{Mode: schema.ToolNone}}, path: "toolConfig",
		},
		"tool choice none with tools in the history keeps them": {
			r: schema.Request{Messages: history, Tools: []schema.Tool{tool}, ToolChoice: schema.ToolChoice{Mode: schema.ToolNone}}, path: "toolConfig.tools.#.toolSpec.name", want: `["f"]`, lost: "tool_choice (none)",
		},
		"a history with tools but none declared": {
			r: schema.Request{Messages: history}, path: "toolConfig", want: `{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{}}}}}]}`,
		},
		"tool choice required": {r: schema.Request{Messages: []schema.Message{user}, Tools: []schema.Tool{tool}, ToolChoice: schema.ToolChoice{Mode: schema.ToolRequired}}, path: "toolConfig.toolChoice", want: `{"any":{}}`},
		"tool choice named":    {r: schema.Request{Messages: []schema.Message{user}, Tools: []schema.Tool{tool}, ToolChoice: schema.ToolChoice{Mode: schema.ToolNamed, Name: "f"}}, path: "toolConfig.toolChoice", want: `{"tool":{"name":"f"}}`},
		"only some tools are allowed": {
			r:    schema.Request{Messages: []schema.Message{user}, Tools: []schema.Tool{tool, {Kind: schema.ToolFunction, Name: "g"}}, ToolChoice: schema.ToolChoice{Mode: schema.ToolAuto, Allowed: []string{"g"}}},
			path: "toolConfig", want: `{"tools":[{"toolSpec":{"name":"g","inputSchema":{"json":{"type":"object","properties":{}}}}}],"toolChoice":{"auto":{}}}`,
		},
		"only parallel_tool_calls set": {r: schema.Request{Messages: []schema.Message{user}, Tools: []schema.Tool{tool}, ParallelTools: &no}, path: "toolConfig.toolChoice", lost: "parallel_tool_calls"},
		"parallel results stand in one turn": {
			r: schema.Request{Messages: []schema.Message{user, said(schema.RoleAssistant, text(""), call("1", "f", ""), call("2", "f", "{}")),
				said(schema.RoleTool, result("1")), said(schema.RoleTool, result("2", text("r"))), said(schema.RoleUser, text("go on"))}},
			path: "messages.2", want: `{"role":"user","content":[{"toolResult":{"toolUseId":"1","content":[{"text":"(no output)"}]}},{"toolResult":{"toolUseId":"2","content":[{"text":"r"}]}},{"text":"go on"}]}`,
		},
		"empty text beside a call": {
			r:    schema.Request{Messages: []schema.Message{user, said(schema.RoleAssistant, text(" "), call("a b", "mcp/x", ""))}},
			path: "messages.1.content", want: `[{"toolUse":{"toolUseId":"` + toolNames.Fit("a b") + `","name":"` + toolNames.Fit("mcp/x") + `","input":{}}}]`,
		},
		"a lone system message": {r: schema.Request{Messages: []schema.Message{said(schema.RoleSystem, text("s"))}}, path: "@this", want: `{"messages":[{"role":"user","content":[{"text":"s"}]}]}`},
		"system messages within": {
			r:    schema.Request{Messages: []schema.Message{said(schema.RoleDeveloper, text("a")), user, said(schema.RoleSystem, text("b"))}},
			path: "system", want: `[{"text":"a"},{"text":"b"}]`,
		},
		"a conversation that the assistant begins": {r: schema.Request{Messages: []schema.Message{said(schema.RoleAssistant, text("hi")), user}}, path: "messages.#.role", want: `["user","assistant","user"]`},
		"an assistant that said nothing":           {r: schema.Request{Messages: []schema.Message{user, said(schema.RoleAssistant, text("")), user}}, path: "messages", want: `[{"role":"user","content":[{"text":"q"},{"text":"q"}]}]`},
		"cache markers": {
			r:    schema.Request{Model: sonnet, Messages: []schema.Message{said(schema.RoleUser, schema.Part{Kind: schema.PartText, Text: "a", Cache: &schema.Cache{TTL: "1h"}})}},
			path: "messages.0.content", want: `[{"text":"a"},{"cachePoint":{"type":"default","ttl":"1h"}}]`,
		},
		"cache markers where there is no cache": {
			r:    schema.Request{Model: "meta.llama3", Messages: []schema.Message{said(schema.RoleUser, schema.Part{Kind: schema.PartText, Text: "a", Cache: &schema.Cache{}})}},
			path: "messages.0.content", want: `[{"text":"a"}]`, lost: "messages[0].content[0].cache",
		},
		"a remote image": {
			r:    schema.Request{Messages: []schema.Message{said(schema.RoleUser, text("a"), schema.Part{Kind: schema.PartImage, Media: schema.Media{URL: "https://a.example/b.png"}})}},
			path: "messages.0.content", want: `[{"text":"a"}]`, lost: "messages[0].content[1] (image by URL)",
		},
		"an image and documents": {
			r: schema.Request{Messages: []schema.Message{said(schema.RoleUser, schema.Part{Kind: schema.PartImage, Media: schema.Media{Type: "image/jpeg", Data: "QQ=="}},
				schema.Part{Kind: schema.PartFile, Media: schema.Media{Data: "QQ==", Filename: "my_report  (v1).pdf"}},
				schema.Part{Kind: schema.PartFile, Media: schema.Media{URL: "s3://b/my/x.pdf", Filename: "my report (v1)"}},
				schema.Part{Kind: schema.PartFile, Media: schema.Media{Text: "A"}})}},
			path: "messages.0.content", want: `[{"image":{"format":"jpeg","source":{"bytes":"QQ=="}}},{"document":{"format":"pdf","name":"my report (v1)","source":{"bytes":"QQ=="}}},
				{"document":{"format":"pdf","name":"my report (v1) (2)","source":{"s3Location":{"uri":"s3://b/my/x.pdf"}}}},{"document":{"format":"txt","name":"document","source":{"bytes":"QQ=="}}},{"text":"."}]`,
		},
		"a failed result with an image": {
			r: schema.Request{Model: sonnet, Messages: []schema.Message{user, said(schema.RoleAssistant, call("1", "f", "")),
				said(schema.RoleTool, schema.Part{Kind: schema.PartToolResult, ID: "1", IsError: true, Result: []schema.Part{text("bad"), {Kind: schema.PartImage, Media: schema.Media{Type: "image/png", Data: "QQ=="}}}})}},
			path: "messages.2.content.0.toolResult", want: `{"toolUseId":"1","content":[{"text":"bad"},{"image":{"format":"png","source":{"bytes":"QQ=="}}}],"status":"error"}`,
		},
		"Claude's thought goes back": {
			r: schema.Request{Model: sonnet, Messages: []schema.Message{user, said(schema.RoleAssistant,
				schema.Part{Kind: schema.PartThinking, Text: "hm", Signature: schema.Sign(schema.Anthropic, "s")},
				schema.Part{Kind: schema.PartThinking, Redacted: true, Signature: schema.Sign(schema.Anthropic, "QQ==")},
				schema.Part{Kind: schema.PartThinking, Text: "x", Signature: schema.Sign(schema.Gemini, "s")}, text("a"))}},
			path: "messages.1.content", want: `[{"reasoningContent":{"reasoningText":{"text":"hm","signature":"s"}}},{"reasoningContent":{"redactedContent":"QQ=="}},{"text":"a"}]`,
		},
		"a thinking budget fits under the limit": {
			r:    schema.Request{Model: sonnet, Messages: []schema.Message{user}, Reasoning: schema.Reasoning{Effort: "high"}, MaxOutputTokens: whole(4096), Temperature: num(0.2), TopK: whole(5)},
			path: "additionalModelRequestFields", want: `{"thinking":{"type":"enabled","budget_tokens":3072}}`, lost: "temperature (thinking), top_k (thinking)",
		},
		"a limit too small to think": {
			r:    schema.Request{Model: sonnet, Messages: []schema.Message{user}, Reasoning: schema.Reasoning{Budget: whole(2000)}, MaxOutputTokens: whole(1000)},
			path: "additionalModelRequestFields", lost: "reasoning",
		},
		"an effort under a small limit gets room to think": {
			r:    schema.Request{Model: sonnet, Messages: []schema.Message{user}, Reasoning: schema.Reasoning{Budget: whole(-1), Effort: "high"}, MaxOutputTokens: whole(1000)},
			path: "inferenceConfig.maxTokens", want: `2024`,
		},
		"a policy's limit leaves no room to think": {
			r:    schema.Request{Model: sonnet, Messages: []schema.Message{user}, Reasoning: schema.Reasoning{Effort: "high"}, MaxOutputTokens: whole(1000), OutputCeiling: 1500},
			path: "inferenceConfig.maxTokens", want: `1000`, lost: "reasoning (output limit)",
		},
		"thinking without a limit gets one above it": {r: schema.Request{Model: sonnet, Messages: []schema.Message{user}, Reasoning: schema.Reasoning{Budget: whole(100)}}, path: "inferenceConfig.maxTokens", want: `5120`},
		"adaptive thinking": {
			r:    schema.Request{Model: "anthropic.claude-opus-4-7", Messages: []schema.Message{user}, Reasoning: schema.Reasoning{Effort: "xhigh"}, Temperature: num(0.5)},
			path: "additionalModelRequestFields", want: `{"thinking":{"type":"adaptive"},"output_config":{"effort":"xhigh"}}`, lost: "temperature (thinking)",
		},
		"thinking and a forced tool": {
			r:    schema.Request{Model: sonnet, Messages: []schema.Message{user}, Tools: []schema.Tool{tool}, ToolChoice: schema.ToolChoice{Mode: schema.ToolRequired}, Reasoning: schema.Reasoning{Effort: "low"}},
			path: "additionalModelRequestFields", lost: "reasoning (with a forced tool)",
		},
		"gpt-oss takes an effort":           {r: schema.Request{Model: "openai.gpt-oss-120b-1:0", Messages: []schema.Message{user}, Reasoning: schema.Reasoning{Effort: "minimal"}}, path: "additionalModelRequestFields", want: `{"reasoning_effort":"low"}`},
		"temperature with top_p on Claude":  {r: schema.Request{Model: sonnet, Messages: []schema.Message{user}, Temperature: num(1.5), TopP: num(0.5)}, path: "inferenceConfig", want: `{"temperature":1}`, lost: "top_p, temperature (above 1)"},
		"temperature with top_p elsewhere":  {r: schema.Request{Model: "x.y", Messages: []schema.Message{user}, Temperature: num(1.5), TopP: num(0.5)}, path: "inferenceConfig", want: `{"temperature":1.5,"topP":0.5}`},
		"top_k at Nova":                     {r: schema.Request{Model: "amazon.nova-pro-v1:0", Messages: []schema.Message{user}, TopK: whole(9)}, path: "additionalModelRequestFields", want: `{"inferenceConfig":{"topK":9}}`},
		"stop sequences of white space":     {r: schema.Request{Model: sonnet, Messages: []schema.Message{user}, Stop: []string{"\n\n", "END", ""}}, path: "inferenceConfig", want: `{"stopSequences":["END"]}`, lost: "stop[0]"},
		"a JSON schema":                     {r: schema.Request{Messages: []schema.Message{user}, Output: schema.OutputFormat{Kind: schema.OutputSchema, Name: "my name", Schema: json.RawMessage(`{"a":1}`)}}, path: "outputConfig.textFormat.structure.jsonSchema", want: `{"schema":"{\"a\":1}","name":"` + toolNames.Fit("my name") + `"}`},
		"JSON mode":                         {r: schema.Request{Messages: []schema.Message{user}, Output: schema.OutputFormat{Kind: schema.OutputJSON}}, path: "system.0.text", want: `"Answer with one JSON object and nothing else: no explanation around it, no code fence."`},
		"what Converse does not know":       {r: schema.Request{Messages: []schema.Message{user}, N: whole(2), Logprobs: true, User: "u", Extra: []schema.Field{{Name: "x"}}}, path: "inferenceConfig", lost: "n, logprobs, user, x"},
		"metadata":                          {r: schema.Request{Messages: []schema.Message{user}, Metadata: json.RawMessage(`{"a":"b c"}`)}, path: "requestMetadata", want: `{"a":"b c"}`},
		"metadata that does not fit":        {r: schema.Request{Messages: []schema.Message{user}, Metadata: json.RawMessage(`{"a":"ö"}`)}, path: "requestMetadata", lost: "metadata"},
		"a service tier":                    {r: schema.Request{Messages: []schema.Message{user}, ServiceTier: "flex"}, path: "serviceTier", want: `{"type":"flex"}`},
		"another provider's tool":           {r: schema.Request{Messages: []schema.Message{user}, Tools: []schema.Tool{{Kind: schema.ToolWebSearch}}}, path: "toolConfig", lost: "tools[0] (web_search)"},
		"an empty user message":             {r: schema.Request{Messages: []schema.Message{said(schema.RoleUser, text(""))}}, path: "messages", want: `[{"role":"user","content":[{"text":"."}]}]`},
		"arguments that are no object":      {r: schema.Request{Messages: []schema.Message{user, said(schema.RoleAssistant, call("1", "f", "[1"))}}, path: "messages.1.content.0.toolUse.input", want: `{"arguments":"[1"}`},
		"no reasoning asked for is no loss": {r: schema.Request{Model: "x.y", Messages: []schema.Message{user}, Reasoning: schema.Reasoning{Effort: "none"}}, path: "additionalModelRequestFields"},
	} {
		t.Run(name, func(t *testing.T) {
			got, lost := upstream(t, &tc.r)
			if at := got.Get(tc.path).Raw; schematest.DiffJSON(t, tc.want, at) != "" {
				t.Errorf("%s is %s, want %s", tc.path, at, tc.want)
			}
			if strings.Join(lost, ", ") != tc.lost {
				t.Errorf("lost %q, want %q", lost, tc.lost)
			}
		})
	}
}
