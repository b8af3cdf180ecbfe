package anthropic

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sdk "github.com/anthropics/anthropic-sdk-go"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/llmroute/llmroute/extproc/schema"
)

var update = flag.Bool("update", false, "write the golden parts of testdata/*.txtar anew")

// TestTranscripts reads each testdata/*.txtar. Its comment names the page that the provider's side follows. Of its
// parts, request.json, answer.json and stream.sse are given, and the others are what becomes of them:
//
//	request.json  a client's request       → foreign.json     what this provider gets for it from a client of another
//	                                                           format; lost.txt: what it loses
//	answer.json   a provider's answer      → client.json       what a client of this format gets
//	stream.sse    a provider's stream      → events.txt        the neutral events; client.sse: what a client gets
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			g := golden{t: t, archive: archive}
			g.request()
			g.answer()
			g.stream()
			if *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

type golden struct {
	t       *testing.T
	archive *txtar.Archive
	r       *schema.Request
}

func (g *golden) given(name string) []byte {
	for _, f := range g.archive.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// check compares a result with its golden part, or renews that.
func (g *golden) check(name string, got []byte) {
	g.t.Helper()
	got = append(bytes.TrimRight(got, "\n"), '\n')
	if *update {
		for i := range g.archive.Files {
			if g.archive.Files[i].Name == name {
				g.archive.Files[i].Data = got
				return
			}
		}
		g.archive.Files = append(g.archive.Files, txtar.File{Name: name, Data: got})
		return
	}
	if diff := cmp.Diff(strings.TrimSpace(string(g.given(name))), strings.TrimSpace(string(got))); diff != "" {
		g.t.Errorf("%s (-want +got)\n%s", name, diff)
	}
}

func (g *golden) request() {
	body := g.given("request.json")
	if body == nil {
		g.r = foreign("claude-haiku-4-5")
		return
	}
	g.r = mustDecode(g.t, string(body))
	sameJSON(g.t, string(mustEncode(g.t, g.r).Body), string(body))
	other := *g.r
	other.Format = schema.OpenAI
	out := mustEncode(g.t, &other)
	g.check("foreign.json", indent(g.t, out.Body))
	g.check("lost.txt", []byte(strings.Join(out.Lost, "\n")))
}

func (g *golden) answer() {
	body := g.given("answer.json")
	if body == nil {
		return
	}
	out, err := Client{}.EncodeResponse(schema.Target{Op: schema.OpMessages}, decodeAnswer(g.t, g.r, string(body)))
	if err != nil {
		g.t.Fatal(err)
	}
	var message sdk.Message
	if err := json.Unmarshal(out, &message); err != nil {
		g.t.Errorf("the SDK refuses it: %v", err)
	}
	g.check("client.json", indent(g.t, out))
}

func (g *golden) stream() {
	stream := g.given("stream.sse")
	if stream == nil {
		return
	}
	events, err := decodeStream(g.r, stream)
	if err != nil {
		g.t.Fatal(err)
	}
	anySplit(g.t, g.r, string(stream), events)
	g.check("events.txt", []byte(strings.Join(short(events), "\n")))
	out := encodeStream(g.t, events)
	var message sdk.Message
	accumulate(g.t, out, &message)
	g.check("client.sse", []byte(out))
}

func indent(t *testing.T, doc []byte) []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, doc, "", "  "); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
