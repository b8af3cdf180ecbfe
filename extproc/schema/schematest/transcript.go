package schematest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// transcripts is where each schema keeps them.
const transcripts = "testdata/*.txtar"

// Transcript is one golden file: parts that are given, and parts that the face makes of them. Not safe for concurrent
// use.
type Transcript struct {
	t       *testing.T
	archive *txtar.Archive
	update  bool
}

// Transcripts runs check on each of the package's testdata/*.txtar, of which there must be some. With update, the files
// are written anew with what check hands to JSON, Value and Text.
func Transcripts(t *testing.T, update bool, check func(t *testing.T, x *Transcript)) {
	t.Helper()
	files, err := filepath.Glob(transcripts)
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			check(t, &Transcript{t: t, archive: archive, update: update})
			if !update {
				return
			}
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Part returns the part of that name; nil if there is none.
func (x *Transcript) Part(name string) []byte {
	if f := x.find(name); f != nil {
		return f.Data
	}
	return nil
}

// Word returns a part of one line, without the white space around it; "" if there is none.
func (x *Transcript) Word(name string) string { return strings.TrimSpace(string(x.Part(name))) }

// JSON compares a document with the part of that name, the order of members included and white space not.
func (x *Transcript) JSON(name string, got []byte) {
	x.t.Helper()
	want := x.Part(name)
	if want != nil && !x.update {
		want = indent(x.t, want)
	}
	x.compare(name, want, indent(x.t, got))
}

// Value compares a value, as JSON without the members that say nothing, with the part of that name.
func (x *Transcript) Value(name string, v any) {
	x.t.Helper()
	doc, err := json.Marshal(v)
	if err != nil {
		x.t.Fatal(err)
	}
	if doc, err = json.Marshal(pruned(parse(x.t, doc))); err != nil {
		x.t.Fatal(err)
	}
	x.JSON(name, doc)
}

// Text compares text, such as a stream, with the part of that name, but for white space at the ends.
func (x *Transcript) Text(name, got string) {
	x.t.Helper()
	x.compare(name, x.Part(name), []byte(got))
}

func (x *Transcript) compare(name string, want, got []byte) {
	x.t.Helper()
	f := x.find(name)
	if x.update {
		if f == nil {
			x.archive.Files = append(x.archive.Files, txtar.File{Name: name})
			f = x.find(name)
		}
		f.Data = append(bytes.TrimRight(got, "\n"), '\n')
		return
	}
	if f == nil {
		x.t.Errorf("the transcript has no %s; run with -update and read what it wrote", name)
		return
	}
	if diff := cmp.Diff(string(bytes.TrimSpace(want)), string(bytes.TrimSpace(got))); diff != "" {
		x.t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func (x *Transcript) find(name string) *txtar.File {
	for i := range x.archive.Files {
		if f := &x.archive.Files[i]; f.Name == name {
			return f
		}
	}
	return nil
}

// Seeds adds the parts of that name, from all transcripts, to a fuzz target's corpus, each with the target's further
// arguments.
func Seeds(f *testing.F, part string, further ...any) {
	f.Helper()
	files, err := filepath.Glob(transcripts)
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if file.Name == part {
				f.Add(append([]any{file.Data}, further...)...)
			}
		}
	}
}
