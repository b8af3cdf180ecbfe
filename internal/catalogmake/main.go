// Command catalogmake renews policy/catalog/catalog.jsonl: it takes the facts of models (prices, limits, capabilities)
// out of the price map that the Python package litellm (MIT licence) ships.
//
//	go run ./internal/catalogmake                 the pinned version, by pip
//	go run ./internal/catalogmake -version X      another version
//	go run ./internal/catalogmake -wheel FILE     a wheel that is already here
//
// What it leaves out or does not believe goes to stderr. The same wheel gives the same file: the date in its first line
// changes only when something else does.
package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/llmroute/llmroute/policy/catalog"
)

const (
	pinned  = "1.109.1"
	file    = "litellm/model_prices_and_context_window_backup.json"
	maxFile = 64 << 20 // bytes
)

func main() {
	version := flag.String("version", pinned, "version of the package litellm")
	wheel := flag.String("wheel", "", "a wheel of that version; without it, pip downloads one")
	out := flag.String("o", "policy/catalog/catalog.jsonl", "the file to write")
	flag.Parse()
	if err := run(*version, *wheel, *out, time.Now().UTC().Format(time.DateOnly), os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "catalogmake:", err)
		os.Exit(1)
	}
}

func run(version, wheel, out, today string, messages io.Writer) error {
	if wheel == "" {
		dir, err := os.MkdirTemp("", "catalogmake-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if wheel, err = download(version, dir); err != nil {
			return err
		}
	}
	facts, err := member(wheel, file)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(facts)
	source := catalog.Source{
		Package: "litellm", Version: version, File: file, SHA256: hex.EncodeToString(sum[:]), Licence: "MIT", Taken: today,
	}
	entries, notes, err := convert(facts)
	if err != nil {
		return err
	}
	for _, n := range notes {
		fmt.Fprintln(messages, n)
	}
	text, err := render(source, entries)
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(out); err == nil && sameButDate(old, text) {
		fmt.Fprintf(messages, "%s: up to date, %d models\n", out, len(entries))
		return nil
	}
	fmt.Fprintf(messages, "%s: %d models, %d bytes\n", out, len(entries), len(text))
	return os.WriteFile(out, text, 0o644)
}

func download(version, dir string) (string, error) {
	cmd := exec.Command("python3", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
		"--dest", dir, "litellm=="+version)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("pip download litellm==%s: %w", version, err)
	}
	wheels, err := filepath.Glob(filepath.Join(dir, "litellm-*.whl"))
	if err != nil {
		return "", err
	}
	if len(wheels) != 1 {
		return "", fmt.Errorf("pip download litellm==%s: %d wheels, want 1", version, len(wheels))
	}
	return wheels[0], nil
}

// member reads one file of a zip archive.
func member(archive, name string) ([]byte, error) {
	r, err := zip.OpenReader(archive)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	f, err := r.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", archive, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = errors.New("is larger than expected")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", archive, name, err)
	}
	return data, nil
}

// render writes the catalog file, and reads it back.
func render(source catalog.Source, entries []catalog.Entry) ([]byte, error) {
	source.Models = len(entries)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(source); err != nil {
		return nil, err
	}
	for _, e := range entries {
		if err := enc.Encode(e); err != nil {
			return nil, err
		}
	}
	c, err := catalog.Parse(b.String())
	if err != nil {
		return nil, err
	}
	if n := len(c.All()); n != len(entries) {
		return nil, fmt.Errorf("of %d entries, %d can be read back", len(entries), n)
	}
	return b.Bytes(), nil
}

// sameButDate reports whether two catalog files differ in the date of their first line at most.
func sameButDate(a, b []byte) bool {
	headA, restA, _ := bytes.Cut(a, []byte("\n"))
	headB, restB, _ := bytes.Cut(b, []byte("\n"))
	var sourceA, sourceB catalog.Source
	if json.Unmarshal(headA, &sourceA) != nil || json.Unmarshal(headB, &sourceB) != nil {
		return false
	}
	sourceA.Taken = sourceB.Taken
	return sourceA == sourceB && bytes.Equal(restA, restB)
}
