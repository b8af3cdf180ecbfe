package openai

import (
	"strings"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
)

// One chunk of a stream, read and written again: what a token costs on the translated path.
func BenchmarkStreamChunk(b *testing.B) {
	piece := []byte(chunks(delta(`"content":" token"`, "null")))
	d, e := Provider{}.NewDecoder(nil), Client{}.NewEncoder(schema.Target{Op: schema.OpChat}, nil)
	var events []schema.Event
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		events, _ = d.Append(events[:0], piece)
		out = out[:0]
		for i := range events {
			out, _ = e.Append(out, &events[i])
		}
	}
}

// A request with tools and 10 turns, read and written again.
func BenchmarkRequest(b *testing.B) {
	turn := `{"role":"user","content":"` + strings.Repeat("word ", 40) + `"},{"role":"assistant","content":"fine"},`
	body := []byte(`{"model":"m","messages":[` + strings.Repeat(turn, 10) + `{"role":"user","content":"go"}],"temperature":0.5,"max_tokens":5,
		"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}]}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		r, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpChat}, body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := (Provider{}).EncodeRequest(r); err != nil {
			b.Fatal(err)
		}
	}
}

// The time for a request grows with its size, not with its square.
func TestLargeRequestsTakeLinearWork(t *testing.T) {
	allocs := func(n int) float64 {
		body := []byte(`{"model":"m","messages":[` + strings.Repeat(`{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},`, n) + `{"role":"user","content":"x"}]}`)
		return testing.AllocsPerRun(3, func() {
			r, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpChat}, body)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := (Provider{}).EncodeRequest(r); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := allocs(500), allocs(5000); many > 15*few {
		t.Errorf("%v allocations for 500 messages, %v for 5000", few, many)
	}
}
