package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
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
	if diff := cmp.Diff(plain(t, want), plain(t, got)); diff != "" {
		t.Errorf("(-want +got)\n%s\ngot %s", diff, got)
	}
}

func plain(t *testing.T, doc string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(doc), &v); err != nil {
		t.Fatalf("%v: %s", err, doc)
	}
	return v
}

// decodeStream reads chunks and closes; an event list in which neighbouring texts are joined.
func decodeStream(r *schema.Request, chunks ...[]byte) ([]schema.Event, error) {
	d := Provider{}.NewDecoder(r)
	var events []schema.Event
	for _, chunk := range chunks {
		mine := bytes.Clone(chunk)
		var err error
		if events, err = d.Append(events, mine); err != nil {
			return events, err
		}
		for i := range mine {
			mine[i] = 'X' // an event that aliases its chunk is found
		}
	}
	return d.Close(events)
}

func encodeStream(t *testing.T, events []schema.Event) string {
	t.Helper()
	enc := Client{}.NewEncoder(schema.Target{Op: schema.OpMessages}, &schema.Request{})
	var out []byte
	var err error
	failed := false
	for i := range events {
		failed = failed || events[i].Kind == schema.EventError
		if out, err = enc.Append(out, &events[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !failed {
		if out, err = enc.Close(out); err != nil {
			t.Fatal(err)
		}
	}
	return string(out)
}

func asError(t *testing.T, err error) *schema.Error {
	t.Helper()
	var e *schema.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a *schema.Error", err)
	}
	return e
}
