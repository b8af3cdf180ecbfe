package jsonscan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmroute/llmroute/extproc/schema"
)

func TestARecorderNotesMembersAndPromptText(t *testing.T) {
	body := []byte(`{"a": "hi", "b":null ,"skipped":{"a":1},"wanted":[2,false,0,null]}`)
	r := Record(body, nil, 0)
	r.Role = schema.RoleSystem
	var wanted []bool
	err := r.Body(func(name string) {
		switch name {
		case "a":
			r.PromptOrNull(name)
		case "b":
			r.PromptOrNull(name)
		case "wanted":
			r.Array(name, func(int) { wanted = append(wanted, r.Wanted()) })
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var members [][2]string
	for _, m := range r.Facts.Members {
		members = append(members, [2]string{string(m.Key.Of(body)), string(m.Value.Of(body))})
	}
	want := [][2]string{{`"a"`, `"hi"`}, {`"b"`, `null`}, {`"skipped"`, `{"a":1}`}, {`"wanted"`, `[2,false,0,null]`}}
	if diff := cmp.Diff(want, members); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]schema.Text{{Role: schema.RoleSystem, Raw: schema.Span{Start: 7, End: 9}}}, r.Facts.Texts); diff != "" || r.Facts.TextBytes != 2 {
		t.Errorf("%d bytes of text: %s", r.Facts.TextBytes, diff)
	}
	if diff := cmp.Diff([]bool{true, false, false, false}, wanted); diff != "" {
		t.Error(diff)
	}
}

func TestARecorderStopsAtTheFirstFault(t *testing.T) {
	for name, body := range map[string]string{
		"a prompt that is a number":        `{"a":1,"b":"x"}`,
		"an object that is a string":       `{"o":"x","b":"x"}`,
		"a second document":                `{} {}`,
		"a body that is an array":          `[]`,
		"a member without meaning, broken": `{"x":[1,}`,
	} {
		t.Run(name, func(t *testing.T) {
			r := Record([]byte(body), nil, 0)
			err := r.Body(func(name string) {
				switch name {
				case "a", "b":
					r.PromptOrNull(name)
				case "o":
					r.ObjectOrNull(name, func(string, schema.Span) {})
				}
			})
			if err == nil || len(r.Facts.Members) > 0 || len(r.Facts.Texts) > 0 {
				t.Errorf("error %v, facts %+v", err, r.Facts)
			}
		})
	}
}
