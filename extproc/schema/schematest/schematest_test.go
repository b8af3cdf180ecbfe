package schematest

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestCutsAreEveryPlaceAndEveryByte(t *testing.T) {
	stream := []byte("data: a\n\n")
	pieces := map[int]int{}
	for name, chunks := range Cuts(stream) {
		if got := bytes.Join(chunks, nil); !bytes.Equal(got, stream) {
			t.Errorf("%s: %q", name, got)
		}
		pieces[len(chunks)]++
	}
	if pieces[2] != len(stream) || pieces[len(stream)] != 1 {
		t.Errorf("cuttings by their number of pieces: %v", pieces)
	}
}

func TestOnlyMembersThatSaySomethingStay(t *testing.T) {
	doc := `{"a":null,"b":"","c":0,"d":false,"e":{"f":null},"g":[0,{"h":""}],"i":"x","j":[]}`
	got, err := json.Marshal(pruned(parse(t, []byte(doc))))
	if want := `{"g":[0,{}],"i":"x","j":[]}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestDocumentsAreComparedWhateverTheOrderOfTheirMembers(t *testing.T) {
	for name, c := range map[string]struct {
		want, got string
		same      bool
	}{
		"another order of members":  {`{"a":1,"b":2}`, `{"b": 2, "a": 1}`, true},
		"another order of elements": {`[1,2]`, `[2,1]`, false},
		"nothing and null":          {``, `null`, true},
		"nothing and an object":     {``, `{}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := DiffJSON(t, c.want, c.got); (diff == "") != c.same {
				t.Errorf("the difference is %q", diff)
			}
		})
	}
}
