package examples_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// readDockerfile returns the arguments of each instruction, by its name.
func readDockerfile() (map[string][]string, error) {
	text, err := os.ReadFile("../Dockerfile")
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if name, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == strings.ToUpper(name) && name != "#" {
			out[name] = append(out[name], rest)
		}
	}
	return out, nil
}

// buildImage runs the Dockerfile's build in a copy of its context, and returns the binary.
func buildImage(dir string) (string, error) {
	image, err := readDockerfile()
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(image["RUN"], func(r string) bool { return strings.Contains(r, "go build") })
	if i < 0 {
		return "", errors.New("it builds nothing")
	}
	src, out := filepath.Join(dir, "src"), filepath.Join(dir, "out")
	if err := copyContext(src); err != nil {
		return "", err
	}
	build := exec.Command("bash", "-c", strings.ReplaceAll(image["RUN"][i], "/out/", out+"/"))
	build.Dir = src
	build.Env = append(os.Environ(), "VERSION=v-of-the-test", "GOWORK=off")
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", image["RUN"][i], err, text)
	}
	return filepath.Join(out, "llmroute"), nil
}

// copyContext copies what .dockerignore lets through: the names after "!", without what its later lines take out.
func copyContext(to string) error {
	text, err := os.ReadFile("../.dockerignore")
	if err != nil {
		return err
	}
	var kept, dropped []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "!"); ok {
			kept = append(kept, name)
		} else if name, ok := strings.CutPrefix(line, "**/"); ok {
			dropped = append(dropped, name)
		} else if line != "*" && !strings.HasPrefix(line, "#") {
			return fmt.Errorf(".dockerignore: this reader does not know %q", line)
		}
	}
	for _, top := range kept {
		if err := copyTree(top, to, dropped); err != nil {
			return err
		}
	}
	return nil
}

func copyTree(top, to string, dropped []string) error {
	drop := func(name string) bool {
		return slices.ContainsFunc(dropped, func(pattern string) bool {
			match, err := filepath.Match(pattern, name)
			return err == nil && match
		})
	}
	return filepath.WalkDir(filepath.Join("..", top), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && drop(d.Name()):
			return fs.SkipDir
		case d.IsDir() || drop(d.Name()):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, ".."))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o644)
	})
}
