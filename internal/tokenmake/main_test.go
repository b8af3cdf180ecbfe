package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/llmroute/llmroute/policy/tokens"
)

func TestTheEmbeddedDigestsAreThoseOfThePinnedLibrary(t *testing.T) {
	for _, d := range digests {
		want, err := os.ReadFile(filepath.Join("../..", folder, d.file))
		if err != nil {
			t.Fatal(err)
		}
		all := vocabulary(d.codec())
		got, leftOut := tokens.Digest(all, d.buckets)
		if !bytes.Equal(got, want) {
			t.Errorf("%s is out of date: run make tokens", d.file)
		}
		if leftOut > len(all)/50 {
			t.Errorf("%s: %d of %d tokens are left out", d.file, leftOut, len(all))
		}
	}
}
