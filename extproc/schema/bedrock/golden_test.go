package bedrock

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/llmroute/llmroute/extproc/schema"
)

var update = flag.Bool("update", false, "rewrite what the golden files expect")

// TestGoldenTranscripts goes through testdata/*.txtar: neutral.json (a request as a client face decodes it) becomes
// upstream.json and lost.json; events.jsonl (a line an event of ConverseStream: name, space, payload) or response.json
// becomes answer.json.
func TestGoldenTranscripts(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txtar")
	if len(files) < 2 {
		t.Fatalf("only %d golden files", len(files))
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			in := map[string][]byte{}
			for _, f := range archive.Files {
				in[f.Name] = f.Data
			}
			for file, got := range results(t, in) {
				compare(t, archive, file, got)
			}
			if *update {
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// results computes what a golden file expects.
func results(t *testing.T, in map[string][]byte) map[string]any {
	t.Helper()
	r, out := &schema.Request{}, map[string]any{}
	if err := json.Unmarshal(in["neutral.json"], r); err != nil {
		t.Fatal(err)
	}
	sent, err := Provider{}.EncodeRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	out["upstream.json"], out["lost.json"] = json.RawMessage(sent.Body), sent.Lost
	if body := in["response.json"]; body != nil {
		if out["answer.json"], err = (Provider{}).DecodeResponse(r, body); err != nil {
			t.Fatal(err)
		}
	}
	if lines := in["events.jsonl"]; lines != nil {
		var all []byte
		for line := range bytes.Lines(lines) {
			name, payload, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
			all = append(all, framed(t, "event", name, payload)...)
		}
		if out["answer.json"], err = decode(r, all); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func compare(t *testing.T, archive *txtar.Archive, file string, value any) {
	t.Helper()
	got, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	var x, y any
	for i := range archive.Files {
		f := &archive.Files[i]
		if f.Name != file {
			continue
		}
		if *update {
			f.Data = append(got, '\n')
			return
		}
		if json.Unmarshal(f.Data, &x) != nil || json.Unmarshal(got, &y) != nil {
			t.Fatalf("%s: not JSON", file)
		}
		if diff := cmp.Diff(x, y); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
		return
	}
	if *update {
		archive.Files = append(archive.Files, txtar.File{Name: file, Data: append(got, '\n')})
		return
	}
	t.Errorf("%s is missing", file)
}
