package bedrock

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

// chunked packs Anthropic events as Bedrock does.
func chunked(t testing.TB, events ...string) (all []byte) {
	for _, e := range events {
		all = append(all, framed(t, "event", "chunk", `{"bytes":"`+base64.StdEncoding.EncodeToString([]byte(e))+`","p":"abcd"}`)...)
	}
	return all
}

func claudeAnswer(t testing.TB) []byte {
	return chunked(t,
		`{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"usage":{"input_tokens":9,"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hé"}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":4}}`,
		`{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":9}}`,
	)
}

func TestClaudeTakesAMessagesBodyInItsEnvelope(t *testing.T) {
	r := &schema.Request{Format: schema.OpenAI, Model: sonnet, Stream: true, Messages: []schema.Message{said(schema.RoleUser, text("q"))}}
	out, err := Claude{}.EncodeRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	body := string(out.Body)
	if schematest.DiffJSON(t, `{"anthropic_version":"bedrock-2023-05-31","max_tokens":`+maxTokens(body)+`,"messages":[{"role":"user","content":[{"type":"text","text":"q"}]}]}`, body) != "" &&
		schematest.DiffJSON(t, `{"anthropic_version":"bedrock-2023-05-31","max_tokens":`+maxTokens(body)+`,"messages":[{"role":"user","content":"q"}]}`, body) != "" {
		t.Errorf("got %s", body)
	}
	r.Betas = []string{"context-1m-2025-08-07"}
	if out, err = (Claude{}).EncodeRequest(r); err != nil || !strings.Contains(string(out.Body), `"anthropic_beta":["context-1m-2025-08-07"]`) {
		t.Errorf("got %s, %v", out.Body, err)
	}
	if path, ok := (Claude{}).Locate("", out.Op, sonnet, true); !ok || path != "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke-with-response-stream" {
		t.Errorf("got %s", path)
	}
	got, err := Claude{}.Wrap([]byte(`{"model":"m", "x": 1.0, "stream":true}`), "interleaved-thinking-2025-05-14", " claude-code-20250219", " effort-2025-11-24")
	if err != nil || schematest.DiffJSON(t, `{"x":1,"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["interleaved-thinking-2025-05-14","effort-2025-11-24"]}`, string(got)) != "" {
		t.Errorf("got %s, %v", got, err)
	}
}

func maxTokens(body string) string {
	var b struct {
		MaxTokens json.Number `json:"max_tokens"`
	}
	_ = json.Unmarshal([]byte(body), &b)
	return b.MaxTokens.String()
}

func decodeClaude(chunks ...[]byte) ([]schema.Event, error) {
	return schematest.Decode(Claude{}.NewDecoder(&schema.Request{Format: schema.OpenAI, Model: sonnet}), chunks...)
}

func TestClaudesStreamIsAnthropics(t *testing.T) {
	all := claudeAnswer(t)
	want, err := decodeClaude(all)
	if err != nil {
		t.Fatal(err)
	}
	answer, last := "", want[len(want)-1]
	for _, e := range want {
		answer += e.Text
	}
	if answer != "Hé" || last.Kind != schema.EventEnd || want[0].ID != "msg_1" {
		t.Fatalf("got %+v", want)
	}
	for i := range all {
		if got, err := decodeClaude(all[:i], all[i:]); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("cut at %d: %v: %s", i, err, cmp.Diff(want, got))
		}
		var fault *schema.Error
		if _, err := decodeClaude(all[:i]); !errors.As(err, &fault) || fault.Kind != schema.KindTruncated {
			t.Fatalf("cut off at %d: %v", i, err)
		}
	}
	throttled := append(chunked(t, `{"type":"ping"}`), framed(t, "exception", "throttlingException", `{"message":"slow"}`)...)
	events, err := decodeClaude(throttled)
	if err != nil || events[len(events)-1].Err.Kind != schema.KindRateLimit {
		t.Fatalf("got %+v, %v", events, err)
	}
}
