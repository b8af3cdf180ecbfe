package openai

import (
	"encoding/json"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
)

func TestPatchKeepsEveryOtherByte(t *testing.T) {
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	for name, tc := range map[string]struct {
		body string
		edit schema.Edit
		want string
	}{
		"nothing": {
			`{ "model" : "a" ,"messages":[] }`, schema.Edit{}, `{ "model" : "a" ,"messages":[] }`,
		},
		"the model, with odd spelling around it": {
			"{ \"zeta\":1.0e+2,\n\t\"mod\\u0065l\" : \"a\" ,\"messages\":[ ], \"new_field\":{\"b\":1,\"a\":2} }",
			schema.Edit{Model: "b/c"},
			"{ \"zeta\":1.0e+2,\n\t\"mod\\u0065l\" : \"b/c\" ,\"messages\":[ ], \"new_field\":{\"b\":1,\"a\":2} }",
		},
		"a model where there was none": {
			`{"messages":[]}`, schema.Edit{Model: "b"}, `{"messages":[],"model":"b"}`,
		},
		"a limit where there was none": {
			`{"model":"a","messages":[]}`, schema.Edit{MaxOutputTokens: 5}, `{"model":"a","messages":[],"max_completion_tokens":5}`,
		},
		"a limit under the client's own name": {
			`{"max_tokens":9,"model":"a","messages":[]}`, schema.Edit{MaxOutputTokens: 5}, `{"max_tokens":5,"model":"a","messages":[]}`,
		},
		"both names of the limit": {
			`{"max_tokens":9,"max_completion_tokens":8,"messages":[]}`, schema.Edit{MaxOutputTokens: 5}, `{"max_tokens":5,"max_completion_tokens":5,"messages":[]}`,
		},
		"the first member taken out": {
			`{"models":["a"], "model":"a","messages":[]}`, schema.Edit{Remove: []string{"models"}}, `{"model":"a","messages":[]}`,
		},
		"the last member taken out": {
			`{"messages":[],"model":"a", "models":["a"]}`, schema.Edit{Remove: []string{"models"}}, `{"messages":[],"model":"a"}`,
		},
		"two in a row taken out": {
			`{"messages":[],"x":1,"y":2,"model":"a"}`, schema.Edit{Remove: []string{"x", "y"}}, `{"messages":[],"model":"a"}`,
		},
		"set, default and remove": {
			`{"messages":[],"temperature":1,"store":true}`,
			schema.Edit{
				Set:     []schema.Field{{Name: "store", Value: raw("false")}, {Name: "user", Value: raw(`"u"`)}},
				Default: []schema.Field{{Name: "temperature", Value: raw("0")}, {Name: "seed", Value: raw("7")}},
				Remove:  []string{"temperature"},
			},
			`{"messages":[],"store":false,"seed":7,"user":"u"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			target := schema.Target{Op: schema.OpChat}
			facts, err := Client{}.Scan(target, []byte(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Client{}.Patch(target, []byte(tc.body), &facts, &tc.edit)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}
