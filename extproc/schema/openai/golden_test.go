package openai

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/llmroute/llmroute/extproc/schema"
)

var update = flag.Bool("update", false, "write the results into the golden transcripts")

// A transcript holds what a client and a provider said; what this package made of each is golden:
//
//	op, via, endpoint        the client's operation; the provider's, and its address, if they differ
//	client_request.json   →  provider_request.json
//	provider_answer.json  →  client_answer.json        or .sse for streams
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { transcript(t, file) })
	}
}

func transcript(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	part := func(name string) string {
		for _, f := range archive.Files {
			if f.Name == name {
				return string(f.Data)
			}
		}
		return ""
	}
	target := schema.Target{Op: schema.Op(strings.TrimSpace(part("op")))}
	provider := Provider{}
	if endpoint := strings.TrimSpace(part("endpoint")); endpoint != "" {
		provider.Dialect = DialectOf(endpoint)
	}
	r, err := Client{}.DecodeRequest(target, []byte(part("client_request.json")))
	if err != nil {
		t.Fatal(err)
	}
	r.Via = schema.Op(strings.TrimSpace(part("via")))
	out, err := provider.EncodeRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, archive, "provider_request.json", indent(t, out.Body))
	if stream := part("provider_answer.sse"); stream != "" {
		events, err := decode(provider.NewDecoder(r), []byte(stream))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, archive, "client_answer.sse", written(t, target.Op, r, events))
	} else {
		answer, err := provider.DecodeResponse(r, []byte(part("provider_answer.json")))
		if err != nil {
			t.Fatal(err)
		}
		body, err := Client{}.EncodeResponse(target, answer)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, archive, "client_answer.json", indent(t, body))
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func golden(t *testing.T, archive *txtar.Archive, name, got string) {
	t.Helper()
	for i := range archive.Files {
		f := &archive.Files[i]
		if f.Name != name {
			continue
		}
		if *update {
			f.Data = []byte(got)
		} else if string(f.Data) != got {
			t.Errorf("%s is\n%s\nwant\n%s", name, got, f.Data)
		}
		return
	}
	if !*update {
		t.Errorf("the transcript has no %s; run with -update and read what it wrote", name)
		return
	}
	archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(got)})
}

func indent(t *testing.T, body []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, body, "", "  "); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	b.WriteByte('\n')
	return b.String()
}
