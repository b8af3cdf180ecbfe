package anthropic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
	"github.com/llmroute/llmroute/extproc/schema/sse"
)

// frames writes events of a provider's stream, each named as its type says.
func frames(datas ...string) string {
	var out []byte
	for _, data := range datas {
		out = sse.AppendEvent(out, gjson.Get(data, "type").String(), []byte(data))
	}
	return string(out)
}

const (
	begin = `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[],"stop_reason":null,"usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}}}`
	end   = `{"type":"message_stop"}`
)

func blockStart(i int, block string) string {
	return fmt.Sprintf(`{"type":"content_block_start","index":%d,"content_block":%s}`, i, block)
}

func blockDelta(i int, delta string) string {
	return fmt.Sprintf(`{"type":"content_block_delta","index":%d,"delta":%s}`, i, delta)
}

func blockStop(i int) string { return fmt.Sprintf(`{"type":"content_block_stop","index":%d}`, i) }

func stopped(reason, usage string) string {
	return `{"type":"message_delta","delta":{"stop_reason":"` + reason + `","stop_sequence":null},"usage":` + usage + `}`
}

// short writes events so that a test can be read.
func short(events []schema.Event) []string {
	var lines []string
	for _, e := range events {
		line := string(e.Kind)
		switch e.Kind {
		case schema.EventStart:
			line += " " + e.ID + " " + e.Model
			if e.Usage != nil {
				line += fmt.Sprintf(" in %d", e.Usage.Input)
			}
		case schema.EventPartStart:
			line = fmt.Sprintf("%d start %s %s %s %s%s", e.Part, e.Value.Kind, e.Value.ID, e.Value.Name, e.Value.Signature, e.Value.Raw)
		case schema.EventDelta:
			line = fmt.Sprintf("%d %s%s", e.Part, e.Text, e.Signature)
			for _, c := range e.Citations {
				line += " cites " + c.URL
			}
		case schema.EventPartEnd:
			line = fmt.Sprintf("%d end", e.Part)
		case schema.EventStop:
			line += " " + strings.TrimSpace(string(e.Stop)+" "+e.StopSequence+" "+e.StopDetail)
		case schema.EventUsage:
			line += fmt.Sprintf(" in %d cached %d out %d", e.Usage.Input, e.Usage.CachedInput, e.Usage.Output)
		case schema.EventError:
			line += " " + string(e.Err.Kind) + ": " + e.Err.Message
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

func TestDecodeStream(t *testing.T) {
	jsonTool := foreign("claude-3-7-sonnet-latest")
	jsonTool.Output = schema.OutputFormat{Kind: schema.OutputSchema, Schema: json.RawMessage(`{"type":"object"}`)}
	jsonWords := foreign("claude-haiku-4-5")
	jsonWords.Output.Kind = schema.OutputJSON
	odd := foreign("claude-haiku-4-5")
	odd.Tools = []schema.Tool{function("math.add")}
	started := "start msg_1 claude-haiku-4-5 in 15"

	for name, tc := range map[string]struct {
		r      *schema.Request
		stream string
		want   []string
		fails  schema.Kind
	}{
		"text": {
			stream: frames(begin, blockStart(0, `{"type":"text","text":""}`), `{"type":"ping"}`, blockDelta(0, `{"type":"text_delta","text":"Hé"}`),
				blockDelta(0, `{"type":"text_delta","text":"llo"}`), blockStop(0), stopped("end_turn", `{"output_tokens":15}`), end),
			want: []string{started, "0 start text", "ping", "0 Hé", "0 llo", "0 end", "usage in 15 cached 5 out 15", "stop end", "end"},
		},
		"usage is cumulative, input may come late, and zero is a value (cases 19, 20, 25)": {
			stream: frames(begin, stopped("end_turn", `{"input_tokens":30,"cache_read_input_tokens":0,"output_tokens":7}`),
				`{"type":"message_delta","delta":{},"usage":{"output_tokens":9}}`, end),
			want: []string{started, "usage in 30 cached 0 out 7", "stop end", "usage in 30 cached 0 out 9", "end"},
		},
		"thoughts with their signature": {
			stream: frames(begin, blockStart(0, `{"type":"thinking","thinking":"","signature":""}`), blockDelta(0, `{"type":"thinking_delta","thinking":"hm"}`),
				blockDelta(0, `{"type":"signature_delta","signature":"Eq"}`), blockDelta(0, `{"type":"signature_delta","signature":"QB"}`), blockStop(0),
				blockStart(1, `{"type":"redacted_thinking","data":"Emw"}`), blockStop(1), stopped("end_turn", `{"output_tokens":1}`), end),
			want: []string{started, "0 start thinking", "0 hm", "0 anthropic:EqQB", "0 end", "1 start thinking   anthropic:Emw", "1 end", "usage in 15 cached 5 out 1", "stop end", "end"},
		},
		"the first input is no part of the arguments (case 3)": {
			stream: frames(begin, blockStart(0, `{"type":"tool_use","id":"toolu_1","name":"f","input":{}}`), blockDelta(0, `{"type":"input_json_delta","partial_json":""}`),
				blockDelta(0, `{"type":"input_json_delta","partial_json":"{\"a\":"}`), blockDelta(0, `{"type":"input_json_delta","partial_json":"1}"}`), blockStop(0), stopped("tool_use", `{"output_tokens":1}`), end),
			want: []string{started, "0 start tool_call toolu_1 f", `0 {"a":`, `0 1}`, "0 end", "usage in 15 cached 5 out 1", "stop tool_calls", "end"},
		},
		"no arguments are {} (case 4)": {
			stream: frames(begin, blockStart(0, `{"type":"tool_use","id":"toolu_1","name":"f","input":{}}`), blockStop(0),
				blockStart(1, `{"type":"tool_use","id":"toolu_2","name":"g","input":{"whole":1}}`), blockStop(1), stopped("tool_use", `{"output_tokens":1}`), end),
			want: []string{started, "0 start tool_call toolu_1 f", "0 {}", "0 end", "1 start tool_call toolu_2 g", `1 {"whole":1}`, "1 end", "usage in 15 cached 5 out 1", "stop tool_calls", "end"},
		},
		"tool names are mapped back (case 30)": {
			r:      odd,
			stream: frames(begin, blockStart(0, `{"type":"tool_use","id":"a","name":"`+toolNames.Fit("math.add")+`","input":{}}`), blockStop(0), end),
			want:   []string{started, "0 start tool_call a math.add", "0 {}", "0 end", "stop tool_calls", "end"},
		},
		"a server's tool comes whole": {
			stream: frames(begin, blockStart(0, `{"type":"server_tool_use","id":"s","name":"web_search","input":{}}`), blockDelta(0, `{"type":"input_json_delta","partial_json":"{\"query\":\"q\"}"}`), blockStop(0),
				blockStart(1, `{"type":"web_search_tool_result","tool_use_id":"s","content":[]}`), blockStop(1),
				blockStart(2, `{"type":"text","text":"","citations":[]}`), blockDelta(2, `{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://a"}}`), blockDelta(2, `{"type":"text_delta","text":"x"}`), blockStop(2),
				stopped("pause_turn", `{"output_tokens":1}`), end),
			want: []string{started, `0 start other   {"id":"s","input":{"query":"q"},"name":"web_search","type":"server_tool_use"}`, "0 end",
				`1 start other   {"type":"web_search_tool_result","tool_use_id":"s","content":[]}`, "1 end", "2 start text", "2  cites https://a", "2 x", "2 end", "usage in 15 cached 5 out 1", "stop pause", "end"},
		},
		"a JSON answer by tool is text": {
			r:      jsonTool,
			stream: frames(begin, blockStart(0, `{"type":"tool_use","id":"a","name":"json_answer","input":{}}`), blockDelta(0, `{"type":"input_json_delta","partial_json":"{\"a\":1}"}`), blockStop(0), stopped("tool_use", `{"output_tokens":1}`), end),
			want:   []string{started, "0 start text", `0 {"a":1}`, "0 end", "usage in 15 cached 5 out 1", "stop end", "end"},
		},
		"a JSON answer by instruction loses its fence": {
			r: jsonWords,
			stream: frames(begin, blockStart(0, `{"type":"text","text":""}`), blockDelta(0, `{"type":"text_delta","text":"`+"``"+`"}`), blockDelta(0, `{"type":"text_delta","text":"`+"`json\\n"+`"}`),
				blockDelta(0, `{"type":"text_delta","text":"{}\n"}`), blockDelta(0, `{"type":"text_delta","text":"`+"```"+`"}`), blockStop(0), stopped("end_turn", `{"output_tokens":1}`), end),
			want: []string{started, "0 start text", "0 {}", "0 end", "usage in 15 cached 5 out 1", "stop end", "end"},
		},
		"a refusal tells its category": {
			stream: frames(begin, `{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal","category":"bio"}}}`, end),
			want:   []string{started, "stop refusal  bio", "end"},
		},
		"an error within the stream keeps its kind (case 17), and nothing follows": {
			stream: frames(begin, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, stopped("end_turn", `{"output_tokens":1}`), end),
			want:   []string{started, "error overloaded: Overloaded"},
		},
		"an error before the start": {
			stream: frames(`{"type":"error","error":{"type":"rate_limit_error","message":"slow down, key sk-ant-REDACTED"}}`),
			want:   []string{"error rate_limit: slow down, key ••••"},
		},
		"a stream that breaks off is no answer": {
			stream: frames(begin, blockStart(0, `{"type":"text","text":"a"}`)), want: []string{started, "0 start text", "0 a"}, fails: schema.KindTruncated,
		},
		"a stop reason without an end is no answer": {
			stream: frames(begin, stopped("end_turn", `{"output_tokens":1}`)), want: []string{started, "usage in 15 cached 5 out 1", "stop end"}, fails: schema.KindTruncated,
		},
		"nothing at all is no answer": {fails: schema.KindTruncated},
		"what is not JSON is no answer": {
			stream: "data: {\"type\":\n\n", fails: schema.KindBadGateway,
		},
		"unknown events and deltas are passed over": {
			stream: frames(begin, `{"type":"new_event"}`, blockDelta(7, `{"type":"text_delta","text":"x"}`), blockStart(0, `{"type":"text"}`), blockDelta(0, `{"type":"new_delta"}`), end),
			want:   []string{started, "0 start text", "0 end", "stop end", "end"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.r == nil {
				tc.r = foreign("claude-haiku-4-5")
			}
			whole, err := decodeStream(tc.r, []byte(tc.stream))
			if tc.fails != "" {
				if e := asError(t, err); e.Kind != tc.fails {
					t.Errorf("got %v", e)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, short(whole)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			anySplit(t, tc.r, tc.stream, whole)
		})
	}
}

// anySplit checks that no cutting changes the events (case 13).
func anySplit(t *testing.T, r *schema.Request, stream string, want []schema.Event) {
	t.Helper()
	for _, ends := range []string{"\n", "\r\n", "\r"} {
		for cut, chunks := range schematest.Cuts([]byte(strings.ReplaceAll(stream, "\n", ends))) {
			if got, _ := decodeStream(r, chunks...); !reflect.DeepEqual(want, got) {
				t.Fatalf("%s: (-whole +cut)\n%s", cut, cmp.Diff(want, got))
			}
		}
	}
}

func TestAnEventLeavesAsSoonAsItIsWhole(t *testing.T) {
	d := Provider{}.NewDecoder(foreign("m"))
	for _, step := range []struct {
		data string
		want int
	}{{begin, 1}, {blockStart(0, `{"type":"text","text":""}`), 1}, {blockDelta(0, `{"type":"text_delta","text":"x"}`), 1}, {blockStop(0), 1}} {
		events, err := d.Append(nil, []byte(frames(step.data)))
		if err != nil || len(events) != step.want {
			t.Errorf("%s: %d events, %v", step.data, len(events), err)
		}
	}
}

func FuzzStream(f *testing.F) {
	for _, seed := range []string{
		frames(begin, blockStart(0, `{"type":"text","text":""}`), blockDelta(0, `{"type":"text_delta","text":"é"}`), blockStop(0), stopped("end_turn", `{"output_tokens":1}`), end),
		frames(begin, blockStart(0, `{"type":"tool_use","id":"a","name":"f","input":{}}`), blockDelta(0, `{"type":"input_json_delta","partial_json":"{}"}`), blockStart(1, `{"type":"thinking"}`), blockDelta(1, `{"type":"thinking_delta","thinking":"x"}`), blockDelta(1, `{"type":"signature_delta","signature":"x"}`), end),
		frames(begin, blockStart(0, `{"type":"server_tool_use","id":"s"}`), blockDelta(0, `{"type":"input_json_delta","partial_json":"{}"}`), `{"type":"error","error":{}}`),
	} {
		f.Add([]byte(seed), uint16(3), uint16(40))
	}
	r := foreign("claude-haiku-4-5")
	r.Output.Kind = schema.OutputJSON
	f.Fuzz(func(t *testing.T, stream []byte, a, b uint16) {
		want, wantErr := decodeStream(r, stream)
		i := int(a) % (len(stream) + 1)
		j := i + int(b)%(len(stream)-i+1)
		got, gotErr := decodeStream(r, stream[:i], stream[i:j], stream[j:])
		if !reflect.DeepEqual(want, got) || (wantErr == nil) != (gotErr == nil) {
			t.Fatalf("cut at %d and %d: %v, %v\n%s", i, j, wantErr, gotErr, cmp.Diff(want, got))
		}
		if wantErr != nil {
			asError(t, wantErr)
			return
		}
		if want[len(want)-1].Kind == schema.EventError {
			return
		}
		out := encodeStream(t, want)
		again, err := decodeStream(foreign("claude-haiku-4-5"), []byte(out))
		if err != nil {
			t.Fatalf("refused what was written: %v\n%s", err, out)
		}
		if first, second := said(want), said(again); first != second {
			t.Fatalf("said %q, then %q", first, second)
		}
	})
}

// said is all text of a stream, by kind of part.
func said(events []schema.Event) string {
	var texts = make(map[schema.PartKind]*bytes.Buffer)
	kinds := make(map[int]schema.PartKind)
	for _, e := range events {
		switch e.Kind {
		case schema.EventPartStart:
			kinds[e.Part] = e.Value.Kind
		case schema.EventDelta:
			kind := kinds[e.Part]
			if texts[kind] == nil {
				texts[kind] = new(bytes.Buffer)
			}
			texts[kind].WriteString(e.Text)
		}
	}
	var out string
	for _, kind := range []schema.PartKind{schema.PartText, schema.PartThinking} {
		if texts[kind] != nil {
			out += string(kind) + ": " + texts[kind].String() + "\n"
		}
	}
	return out
}

func BenchmarkStream(b *testing.B) {
	r := foreign("claude-haiku-4-5")
	chunk := []byte(frames(blockDelta(0, `{"type":"text_delta","text":"word"}`)))
	d := Provider{}.NewDecoder(r)
	enc := Client{}.NewEncoder(schema.Target{}, r)
	events, err := d.Append(nil, []byte(frames(begin, blockStart(0, `{"type":"text","text":""}`))))
	if err != nil {
		b.Fatal(err)
	}
	var out []byte
	for i := range events {
		if out, err = enc.Append(out, &events[i]); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(chunk)))
	b.ReportAllocs()
	for b.Loop() {
		if events, err = d.Append(events[:0], chunk); err != nil {
			b.Fatal(err)
		}
		out = out[:0]
		for i := range events {
			if out, err = enc.Append(out, &events[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
}
