package jsonscan

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/llmroute/llmroute/extproc/schema"
)

func scan(body string, names Names) (map[string]string, *schema.Error) {
	r := New([]byte(body), names)
	got := map[string]string{}
	r.Object("", func(name string, key schema.Span) {
		got[name] = string(r.Skip().Of([]byte(body)))
	})
	return got, r.End()
}

func TestBodiesThatProvidersCouldReadDifferentlyAreRefused(t *testing.T) {
	names := NewNames("model", "messages")
	for name, tc := range map[string]struct{ body, code string }{
		"empty":                            {``, "invalid_json"},
		"white space":                      {" \n", "invalid_json"},
		"truncated":                        {`{"model":"a"`, "invalid_json"},
		"truncated in a string":            {`{"model":"a`, "invalid_json"},
		"two documents":                    {`{"model":"a"}{"model":"b"}`, "invalid_json"},
		"a trailing NUL":                   {"{}\x00", "invalid_json"},
		"a byte order mark":                {"\xef\xbb\xbf{}", "invalid_json"},
		"UTF-16":                           {"{\x00}\x00", "invalid_json"},
		"invalid UTF-8":                    {"{\"model\":\"\xff\"}", "invalid_json"},
		"a control character in a string":  {"{\"model\":\"a\nb\"}", "invalid_json"},
		"a trailing comma":                 {`{"model":"a",}`, "invalid_json"},
		"a comment":                        {`{/**/"model":"a"}`, "invalid_json"},
		"NaN":                              {`{"x":NaN}`, "invalid_json"},
		"a leading zero":                   {`{"x":01}`, "invalid_json"},
		"an unknown escape":                {`{"x":"\q"}`, "invalid_json"},
		"single quotes":                    {`{'model':'a'}`, "invalid_json"},
		"the same name twice":              {`{"model":"a","model":"b"}`, "duplicate_field"},
		"the same name twice, one escaped": {`{"model":"a","mod\u0065l":"b"}`, "duplicate_field"},
		"a name in another case":           {`{"Model":"a"}`, "ambiguous_field"},
		"a name that folds by Unicode":     {`{"me\u017f\u017fages":[]}`, "ambiguous_field"},
		"an array":                         {`[]`, "invalid_type"},
		"a string":                         {`"model"`, "invalid_type"},
		"nested too deep":                  {`{"x":` + strings.Repeat("[", 100_000), "invalid_json"},
		"nested objects too deep":          {strings.Repeat(`{"x":`, 100_000), "invalid_json"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := scan(tc.body, names); err == nil || err.Code != tc.code {
				t.Fatalf("got %v, want code %s", err, tc.code)
			}
		})
	}
}

func TestEscapedNamesAreRead(t *testing.T) {
	got, err := scan(` { "mod\u0065l" : "gpt" , "x":[1,{"y":null}] } `, NewNames("model"))
	if err != nil {
		t.Fatal(err)
	}
	if got["model"] != `"gpt"` || got["x"] != `[1,{"y":null}]` {
		t.Fatalf("got %v", got)
	}
}

func TestManyMembersAreCheckedForDuplicates(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{`)
	for i := range 1000 {
		b.WriteString(`"` + strings.Repeat("k", i+1) + `":0,`)
	}
	if _, err := scan(b.String()+`"kkk":1}`, nil); err == nil || err.Code != "duplicate_field" {
		t.Fatalf("got %v", err)
	}
	if _, err := scan(b.String()+`"new":1}`, nil); err != nil {
		t.Fatal(err)
	}
}

// FuzzReader holds the reader to encoding/json: it accepts just the valid UTF-8 objects that encoding/json accepts
// and that neither repeat a name at the top nor nest too deep, and finds the same members in them.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, `{"a":[1,-2.5e+3,"x\u00e9\n",true,false,null,{"b":{}}]}`, `{"a":"\ud83d\ude00"}`, `{"a":0.1,"b":-0}`, `{"a"}`, `{"a":1]`, `{"":""}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, fault := scan(string(body), nil)
		var want map[string]json.RawMessage
		valid := utf8.Valid(body) && json.Unmarshal(body, &want) == nil && want != nil
		if fault == nil && !valid {
			t.Fatalf("accepted %q", body)
		}
		if fault != nil {
			if valid && fault.Code != "duplicate_field" && depth(body) <= MaxDepth {
				t.Fatalf("refused %q: %v", body, fault)
			}
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%q: got %d members, want %d", body, len(got), len(want))
		}
		for name, value := range want {
			if !bytes.Equal(bytes.TrimSpace(value), []byte(got[name])) {
				t.Fatalf("%q: member %q is %q, want %q", body, name, got[name], value)
			}
		}
	})
}

func depth(body []byte) (most int) {
	now := 0
	for dec := json.NewDecoder(bytes.NewReader(body)); ; {
		tok, err := dec.Token()
		if err != nil {
			if err != io.EOF {
				return most
			}
			return most
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			now++
			most = max(most, now)
		case json.Delim('}'), json.Delim(']'):
			now--
		}
	}
}

func BenchmarkReader(b *testing.B) {
	body := []byte(`{"model":"gpt-5-mini","messages":[{"role":"user","content":"` + strings.Repeat("The quick brown fox. ", 50_000) + `"}]}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r := New(body, nil)
		r.Object("", func(string, schema.Span) { r.Skip() })
		if err := r.End(); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAValueThatIsOnlyLookedAtIsSkippedBehindSpacesToo(t *testing.T) {
	for _, body := range []string{`{"a":["x",{"b":1}],"c":2}`, `{"a" : [ "x" , { "b" : 1 } ] , "c" : 2 }`, "{\"a\":\n\t[\n\t\t\"x\",\n\t\t{\"b\":\t1}\n\t],\r\n\"c\":\n2}"} {
		r := New([]byte(body), nil)
		members, elements := 0, 0
		r.Object("", func(name string, _ schema.Span) {
			members++
			if name == "a" {
				r.Array(name, func(int) {
					elements++
					if r.Null() {
						t.Errorf("%s: an element is null", body)
					}
				})
				return
			}
			if r.Kind() != Number {
				t.Errorf("%s: %s is no number", body, name)
			}
		})
		if err := r.End(); err != nil || members != 2 || elements != 2 {
			t.Errorf("%s: %d members, %d elements, %v", body, members, elements, err)
		}
	}
}
