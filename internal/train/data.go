package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/llmroute/llmroute/policy/classify/feature"
)

// example is a line of the data: a prompt, and which model answered it right.
type example struct {
	Source  string `json:"source"`
	Subject string `json:"subject"`
	Prompt  string `json:"prompt"`
	Weak    bool   `json:"weak"`
	Strong  bool   `json:"strong"`
}

// need tells that only the strong model was right.
func (e *example) need() bool { return e.Strong && !e.Weak }

// gain is what calling the strong model instead of the weak one adds: 1, 0 or -1.
func (e *example) gain() int { return count(e.Strong) - count(e.Weak) }

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func readExamples(path string) ([]example, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	var all []example
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var e example
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		all = append(all, e)
	}
	return all, lines.Err()
}

// document is a prompt as its features.
type document struct {
	words, letters []uint32
	dense          [feature.NumDense]float32
}

func scan(s *feature.Scanner, text string) document {
	p := s.Scan(text)
	return document{slices.Clone(p.Words), slices.Clone(p.Letters), p.Dense}
}

// stem is an exam question without its lettered answers: what an open question would be.
func stem(prompt string) string {
	if i := strings.Index(prompt, "\nA. "); i >= 0 {
		return prompt[:i]
	}
	return prompt
}
