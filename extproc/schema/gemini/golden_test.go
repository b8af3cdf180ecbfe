package gemini

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/llmroute/llmroute/extproc/schema"
)

var update = flag.Bool("update", false, "rewrite what the golden files expect")

// TestGoldenTranscripts goes through testdata/*.txtar. A file holds some of: request.json (a Gemini client's),
// neutral.json (a request as another face decodes it), upstream.json (what goes to Google), response.json and
// stream.sse (what Google answers), events.json and client.json (what they mean, and what a Gemini client gets).
func TestGoldenTranscripts(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txtar")
	if len(files) < 4 {
		t.Fatalf("only %d golden files", len(files))
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			g := golden{t: t, archive: archive}
			g.run()
			if *update {
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

type golden struct {
	t       *testing.T
	archive *txtar.Archive
}

func (g *golden) run() {
	request := &schema.Request{Format: schema.OpenAI, Model: "gemini-2.5-flash"}
	if body := g.file("neutral.json"); body != nil {
		request = &schema.Request{}
		if err := json.Unmarshal(body, request); err != nil {
			g.t.Fatal(err)
		}
	}
	if body := g.file("request.json"); body != nil {
		var err error
		if request, err = (Client{}).DecodeRequest(schema.Target{Op: schema.OpGenerate, Model: "gemini-2.5-flash"}, body); err != nil {
			g.t.Fatal(err)
		}
		g.expect("decoded.json", toJSON(g.t, request))
	}
	if g.file("neutral.json") != nil || g.file("request.json") != nil {
		out, err := Provider{}.EncodeRequest(request)
		if err != nil {
			g.t.Fatal(err)
		}
		g.expect("upstream.json", out.Body)
		if len(out.Lost) > 0 || g.file("lost.json") != nil {
			g.expect("lost.json", toJSON(g.t, out.Lost))
		}
	}
	if body := g.file("response.json"); body != nil {
		response, err := Provider{}.DecodeResponse(request, body)
		if err != nil {
			g.t.Fatal(err)
		}
		g.expect("answer.json", toJSON(g.t, response))
		client, err := Client{}.EncodeResponse(schema.Target{}, response)
		if err != nil {
			g.t.Fatal(err)
		}
		g.expect("client.json", client)
	}
	if stream := g.file("stream.sse"); stream != nil {
		events := decode(g.t, request, stream)
		g.expect("events.json", toJSON(g.t, events))
		anySplit(g.t, request, stream, events)
		g.expect("client.sse.json", toJSON(g.t, strings.Split(string(encode(g.t, schema.Target{}, request, events)), "\n\n")))
	}
}

func (g *golden) file(name string) []byte {
	for _, f := range g.archive.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// expect compares as JSON.
func (g *golden) expect(name string, got []byte) {
	g.t.Helper()
	var indented bytes.Buffer
	if err := json.Indent(&indented, bytes.TrimSpace(got), "", " "); err != nil {
		g.t.Fatalf("%s: %v in %s", name, err, got)
	}
	indented.WriteByte('\n')
	if *update {
		for i := range g.archive.Files {
			if g.archive.Files[i].Name == name {
				g.archive.Files[i].Data = indented.Bytes()
				return
			}
		}
		g.archive.Files = append(g.archive.Files, txtar.File{Name: name, Data: indented.Bytes()})
		return
	}
	if diff := cmp.Diff(parsed(g.t, g.file(name)), parsed(g.t, got)); diff != "" {
		g.t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func parsed(t testing.TB, doc []byte) (v any) {
	t.Helper()
	if len(doc) == 0 {
		return nil
	}
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	return v
}

// toJSON leaves out what says nothing, so that golden files stay readable.
func toJSON(t testing.TB, v any) []byte {
	t.Helper()
	doc, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err = json.Marshal(pruned(parsed(t, doc)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if member = pruned(member); member == nil || reflect.ValueOf(member).IsZero() || isEmpty(member) {
				delete(v, name)
			} else {
				v[name] = member
			}
		}
	case []any:
		for i := range v {
			v[i] = pruned(v[i])
		}
	}
	return v
}

func isEmpty(v any) bool {
	m, ok := v.(map[string]any)
	return ok && len(m) == 0
}

func decode(t testing.TB, r *schema.Request, chunks ...[]byte) []schema.Event {
	t.Helper()
	d := Provider{}.NewDecoder(r)
	var events []schema.Event
	var err error
	for _, c := range chunks {
		mine := bytes.Clone(c)
		if events, err = d.Append(events, mine); err != nil {
			t.Fatal(err)
		}
		for i := range mine {
			mine[i] = 'X' // events that alias the chunk are found
		}
	}
	if events, err = d.Close(events); err != nil {
		t.Fatal(err)
	}
	return events
}

func anySplit(t *testing.T, r *schema.Request, stream []byte, want []schema.Event) {
	t.Helper()
	for i := range stream {
		if got := decode(t, r, stream[:i], stream[i:]); !reflect.DeepEqual(got, want) {
			t.Fatalf("cut at %d: %s", i, cmp.Diff(want, got))
		}
	}
	var bytewise [][]byte
	for i := range stream {
		bytewise = append(bytewise, stream[i:i+1])
	}
	if got := decode(t, r, bytewise...); !reflect.DeepEqual(got, want) {
		t.Fatalf("byte by byte: %s", cmp.Diff(want, got))
	}
}

func encode(t testing.TB, target schema.Target, r *schema.Request, events []schema.Event) []byte {
	t.Helper()
	enc := Client{}.NewEncoder(target, r)
	var out []byte
	var err error
	for i := range events {
		if out, err = enc.Append(out, &events[i]); err != nil {
			t.Fatal(err)
		}
		if events[i].Kind == schema.EventError {
			return out
		}
	}
	if out, err = enc.Close(out); err != nil {
		t.Fatal(err)
	}
	return out
}
