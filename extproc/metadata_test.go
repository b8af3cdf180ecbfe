package extproc

import (
	"strings"
	"testing"

	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"
)

func TestMetadataReadsAsTheMessageThatItStandsFor(t *testing.T) {
	long := strings.Repeat("é", 200) // its lengths take two bytes
	var m metadata
	m = m.text("model", "m").text("empty", "").text("long", long).text("broken", "a\xff")
	m = m.list("priority_groups", door("openai"), door("eu.adapt")).list("none")
	out := &extprocv3.ProcessingResponse{Response: &extprocv3.ProcessingResponse_RequestHeaders{}}
	m.attach(out)

	raw, err := proto.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	var got extprocv3.ProcessingResponse
	if err := proto.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	group := func(cluster string) any {
		return map[string]any{"name": cluster, "clusters": []any{map[string]any{"name": cluster, "cluster_name": cluster, "weight": 1}}}
	}
	want, err := structpb.NewStruct(map[string]any{namespace: map[string]any{
		"model": "m", "empty": "", "long": long, "broken": "a?",
		"priority_groups": []any{group("openai"), group("eu.adapt")}, "none": []any{},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got.GetDynamicMetadata(), protocmp.Transform()); d != "" {
		t.Errorf("metadata (-want +got):\n%s", d)
	}
	if unknown := got.ProtoReflect().GetUnknown(); len(unknown) > 0 {
		t.Errorf("bytes that protobuf does not know: %x", unknown)
	}
}

func TestNoMetadataIsNoField(t *testing.T) {
	var out extprocv3.ProcessingResponse
	metadata(nil).attach(&out)
	if raw, err := proto.Marshal(&out); err != nil || len(raw) > 0 {
		t.Errorf("%x, %v", raw, err)
	}
}

// TestABodyIsPutTogetherWhateverItsPieces also for the usual two: all of it, then an empty end.
func TestABodyIsPutTogetherWhateverItsPieces(t *testing.T) {
	for name, pieces := range map[string][]string{
		"one":                     {"abc"},
		"one, then an empty end":  {"abc", ""},
		"an empty one first":      {"", "abc"},
		"many":                    {"a", "b", "", "c"},
		"none":                    {"", ""},
		"more than was announced": {"a", "bcd"},
	} {
		for _, announced := range []string{"", "3", "99999999", "-1", "x"} {
			st := &stream{snapshot: &Snapshot{MaxBodyBytes: 4}}
			if announced != "" {
				st.head = NewDecider("/", [][2]string{{"content-length", announced}}).head
			}
			for _, p := range pieces {
				if err := st.take([]byte(p)); err != nil {
					t.Fatal(err)
				}
			}
			if want := strings.Join(pieces, ""); string(st.body) != want || cap(st.body) > 2<<20 {
				t.Errorf("%s, announced %q: %q (cap %d), want %q", name, announced, st.body, cap(st.body), want)
			}
			if err := st.take([]byte("12345")); err == nil {
				t.Errorf("%s: a body above the limit was taken", name)
			}
		}
	}
}

func BenchmarkPlanMessage(b *testing.B) {
	group := door("openai")
	b.ReportAllocs()
	for b.Loop() {
		out := &extprocv3.ProcessingResponse{}
		m := make(metadata, 0, 1024).list("priority_groups", group, group, group)
		for _, name := range []string{"model", "provider", "route", "reason", "op", "models", "plan"} {
			m = m.text(name, "gpt-5-mini,llama-70b")
		}
		m.attach(out)
		if _, err := proto.Marshal(out); err != nil {
			b.Fatal(err)
		}
	}
}
