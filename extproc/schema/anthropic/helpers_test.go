package anthropic

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

func ptr[T any](v T) *T { return &v }

func mustDecode(t *testing.T, body string) *schema.Request {
	t.Helper()
	r, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpMessages}, []byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return r
}

func mustEncode(t *testing.T, r *schema.Request) *schema.Outbound {
	t.Helper()
	out, err := Provider{}.EncodeRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	if !gjson.ValidBytes(out.Body) {
		t.Fatalf("not JSON: %s", out.Body)
	}
	return out
}

// foreign is a request of a client of another format.
func foreign(model string, messages ...schema.Message) *schema.Request {
	if len(messages) == 0 {
		messages = []schema.Message{user("hi")}
	}
	return &schema.Request{Format: schema.OpenAI, Op: schema.OpChat, Model: model, Messages: messages}
}

func text(s string) schema.Part { return schema.Part{Kind: schema.PartText, Text: s} }

func say(role schema.Role, parts ...schema.Part) schema.Message {
	return schema.Message{Role: role, Parts: parts}
}

func user(s string) schema.Message { return say(schema.RoleUser, text(s)) }

func call(id, name, args string) schema.Part {
	return schema.Part{Kind: schema.PartToolCall, ID: id, Name: name, Args: args}
}

func result(id string, parts ...schema.Part) schema.Part {
	return schema.Part{Kind: schema.PartToolResult, ID: id, Result: parts}
}

func function(name string) schema.Tool {
	return schema.Tool{Kind: schema.ToolFunction, Name: name, Parameters: json.RawMessage(`{"type":"object"}`)}
}

// sameJSON compares documents without regard to the order of members.
func sameJSON(t *testing.T, got, want string) {
	t.Helper()
	if diff := schematest.DiffJSON(t, want, got); diff != "" {
		t.Errorf("(-want +got)\n%s\ngot %s", diff, got)
	}
}

func decodeStream(r *schema.Request, chunks ...[]byte) ([]schema.Event, error) {
	return schematest.Decode(Provider{}.NewDecoder(r), chunks...)
}

func encodeStream(t *testing.T, events []schema.Event) string {
	t.Helper()
	return string(schematest.Encode(t, Client{}.NewEncoder(schema.Target{Op: schema.OpMessages}, &schema.Request{}), events))
}

func asError(t *testing.T, err error) *schema.Error {
	t.Helper()
	var e *schema.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a *schema.Error", err)
	}
	return e
}
