package jsonout

import (
	"encoding/json"
	"math"
	"testing"
)

func TestWhatIsWrittenIsJSON(t *testing.T) {
	w := Writer{B: []byte("data: ")}
	w.Open('{')
	w.Key("a\"b").String("x\n\u2028<é😀")
	w.Key("list").Open('[')
	w.Int(-3)
	w.Float(0.25)
	w.Float(1e300)
	w.Float(math.NaN())
	w.Bool(true)
	w.Open('{')
	w.Close('}')
	w.Raw([]byte("{\"k\":\r\n 1}"))
	w.Raw([]byte("{oops"))
	w.Plain("QUJD/+=")
	w.Plain("a\"\x01é")
	w.Close(']')
	w.Key("last").Open('[')
	w.Close(']')
	w.Close('}')
	got := string(w.B[len("data: "):])
	want := `{"a\"b":"x\n\u2028<é😀","list":[-3,0.25,1e300,null,true,{},{"k":1},null,"QUJD/+=","a\"\u0001é"],"last":[]}`
	if norm(t, got) != norm(t, want) {
		t.Fatalf("got %s", got)
	}
}

func FuzzStrings(f *testing.F) {
	f.Add("a\x00\"\\\u2028\xff")
	f.Fuzz(func(t *testing.T, s string) {
		var w Writer
		w.Open('[')
		w.String(s)
		w.Plain(s)
		w.Close(']')
		var got []string
		if err := json.Unmarshal(w.B, &got); err != nil {
			t.Fatalf("%q: %v in %s", s, err, w.B)
		}
		want, _ := json.Marshal(s)
		var clean string
		if json.Unmarshal(want, &clean) != nil || got[0] != clean || got[1] != clean {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

func norm(t *testing.T, s string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("%v in %s", err, s)
	}
	out, _ := json.Marshal(v)
	return string(out)
}

func TestArgumentsAreAlwaysAnObject(t *testing.T) {
	for name, c := range map[string]struct{ args, want string }{
		"an object stays":                {`{"a": 1}`, `{"a": 1}`},
		"none at all are an empty one":   {" ", `{}`},
		"a list becomes a member of one": {`[1]`, `{"arguments":"[1]"}`},
		"broken JSON becomes one too":    {`{"a"`, `{"arguments":"{\"a\""}`},
	} {
		t.Run(name, func(t *testing.T) {
			var w Writer
			w.Arguments(c.args)
			if string(w.B) != c.want {
				t.Errorf("got %s, want %s", w.B, c.want)
			}
		})
	}
}
