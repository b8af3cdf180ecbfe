package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tiktoken-go/tokenizer/codec"

	"github.com/llmroute/llmroute/policy/tokens"
)

// folder is where the package is.
const folder = "policy/tokens"

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "tokenmake:", err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	for _, d := range digests {
		all := vocabulary(d.codec())
		data, leftOut := tokens.Digest(all, d.buckets)
		fmt.Fprintf(out, "%s: %d bytes, %d of %d tokens left out\n", d.file, len(data), leftOut, len(all))
		if err := os.WriteFile(filepath.Join(folder, d.file), data, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(folder, "blocks.bin"), tokens.Blocks(), 0o644)
}

// digests are the files to write. Three quarters of a digest's places are taken.
var digests = [...]struct {
	file    string
	codec   func() *codec.Codec
	buckets int
}{
	{"o200k.bin", codec.NewO200kBase, 1 << 16},
	{"cl100k.bin", codec.NewCl100kBase, 1 << 15},
}

// vocabulary lists all tokens by rank, which is the most frequent first.
func vocabulary(c *codec.Codec) (all []string) {
	const ranks = 201_000 // above the highest
	for rank := range uint(ranks) {
		if token, err := c.Decode([]uint{rank}); err == nil {
			all = append(all, token)
		}
	}
	return all
}
