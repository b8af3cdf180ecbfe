package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is expected anew: golden files and docs/configuration.md")

// testEnv is the environment of all tests. Its values must never appear in a fault.
func testEnv(name string) (string, bool) {
	v, ok := map[string]string{"TEXT": "canary", "EMPTY": "", "LIMIT": "12.5", "COUNT": "3", "REGION": "eu"}[name]
	return v, ok
}

func TestEachFaultIsReportedAtItsPlace(t *testing.T) {
	golden(t, "testdata/faults/*.txtar", func(t *testing.T, f *File, faults Faults) string {
		if len(faults) == 0 || f.Config != nil {
			t.Errorf("the file loads, with %d faults", len(faults))
		}
		return faults.Error()
	})
}

func TestEachWarningLeavesTheFileUsable(t *testing.T) {
	golden(t, "testdata/warnings/*.txtar", func(t *testing.T, f *File, faults Faults) string {
		if len(faults) > 0 || f.Config == nil {
			t.Errorf("faults: %v", faults)
		}
		return f.Warnings.Error()
	})
}

// The parts of a golden file, which has the form of a txtar archive.
const (
	inputMark = "-- llmroute.yaml --\n"
	wantMark  = "-- want --\n"
)

func golden(t *testing.T, glob string, run func(*testing.T, *File, Faults) string) {
	paths, err := filepath.Glob(glob)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files at %s: %v", glob, err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(strings.ReplaceAll(name, "_", " "), func(t *testing.T) {
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			input, want, ok := strings.Cut(strings.TrimPrefix(string(file), inputMark), wantMark)
			if !ok {
				t.Fatalf("%s lacks a line %q", path, wantMark)
			}
			f, faults := Load("llmroute.yaml", []byte(input), testEnv)
			got := run(t, f, faults) + "\n"
			if strings.Contains(got, "canary") || strings.Contains(got, "sk-live") {
				t.Errorf("a secret shows:\n%s", got)
			}
			if *update {
				want = got
				if err := os.WriteFile(path, []byte(inputMark+input+wantMark+got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s\nin\n%s", diff, input)
			}
		})
	}
}
