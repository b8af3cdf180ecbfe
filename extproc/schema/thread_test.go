package schema_test

import (
	"errors"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/anthropic"
	"github.com/llmroute/llmroute/extproc/schema/bedrock"
	"github.com/llmroute/llmroute/extproc/schema/gemini"
	"github.com/llmroute/llmroute/extproc/schema/openai"
)

// threaded are requests by which a client of Anthropic's lets the server keep the conversation.
const (
	begun  = `{"model":"claude-sonnet-4-6","max_tokens":9,"thread":{"type":"create"},"messages":[{"role":"user","content":"hi"}]}`
	goesOn = `{"model":"claude-sonnet-4-6","max_tokens":9,"thread":{"type":"continue","previous_message_id":"msg_1"},"messages":[{"role":"user","content":"and?"}]}`
)

func TestAThreadIsNeverAnsweredWithoutItsConversation(t *testing.T) {
	for name, provider := range map[string]interface {
		EncodeRequest(*schema.Request) (*schema.Outbound, error)
	}{
		"OpenAI": openai.Provider{}, "Gemini": gemini.Provider{}, "Bedrock": bedrock.Provider{},
		"Claude on Bedrock": bedrock.Claude{}, "Claude on Vertex AI": anthropic.Vertex{},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := provider.EncodeRequest(threadOf(t, begun))
			if err != nil || out.Lost != nil || gjson.GetBytes(out.Body, "thread").Exists() {
				t.Errorf("a thread that begins: %+v, %v", out, err)
			}
			_, err = provider.EncodeRequest(threadOf(t, goesOn))
			var refusal *schema.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("a thread that goes on: %v", err)
			}
			status, body := anthropic.Client{}.EncodeError(refusal)
			if e := gjson.GetBytes(body, "error"); status != 404 || e.Get("type").Str != "not_found_error" || e.Get("details.error_code").Str != schema.ThreadNotFound {
				t.Errorf("%d %s", status, body)
			}
		})
	}
}

func TestAnthropicKeepsItsThreads(t *testing.T) {
	for _, body := range []string{begun, goesOn} {
		out, err := anthropic.Provider{}.EncodeRequest(threadOf(t, body))
		if err != nil || gjson.GetBytes(out.Body, "thread").Raw != gjson.Get(body, "thread").Raw {
			t.Errorf("%+v, %v", out, err)
		}
	}
	refusal := anthropic.Provider{}.DecodeError(404, func(string) string { return "" },
		[]byte(`{"type":"error","error":{"type":"not_found_error","message":"gone","details":{"error_code":"thread_not_found"}}}`))
	if _, body := (anthropic.Client{}).EncodeError(refusal); gjson.GetBytes(body, "error.details.error_code").Str != schema.ThreadNotFound {
		t.Errorf("%s", body)
	}
}

func threadOf(t *testing.T, body string) *schema.Request {
	t.Helper()
	r, err := anthropic.Client{}.DecodeRequest(messages, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Format, r.Op = schema.Anthropic, schema.OpMessages
	return r
}

func TestASummaryOfTheConversationReachesEveryProvider(t *testing.T) {
	const compacted = `{"model":"claude-sonnet-4-6","max_tokens":9,"messages":[
		{"role":"assistant","content":[{"type":"compaction","content":"They spoke of owls.","encrypted_content":"e"},{"type":"fallback","from":{"model":"a"},"to":{"model":"b"}},{"type":"compaction","content":null}]},
		{"role":"user","content":"and?"}]}`
	for name, row := range map[string]struct {
		provider interface {
			EncodeRequest(*schema.Request) (*schema.Outbound, error)
		}
		path, want string
	}{
		"OpenAI":    {openai.Provider{}, "messages.0.content", "They spoke of owls."},
		"Gemini":    {gemini.Provider{}, "contents.0.parts.#.text", `["They spoke of owls."]`},
		"Bedrock":   {bedrock.Provider{}, "messages.1.content.#.text", `["They spoke of owls."]`},
		"Anthropic": {anthropic.Provider{}, "messages.#.content.#.type|0", `["compaction","fallback","compaction"]`},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := row.provider.EncodeRequest(threadOf(t, compacted))
			if err != nil || out.Lost != nil || gjson.GetBytes(out.Body, row.path).String() != row.want {
				t.Errorf("%s\nlost %v, %v", out.Body, out.Lost, err)
			}
		})
	}
}
