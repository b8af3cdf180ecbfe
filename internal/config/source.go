package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
)

// reference finds what a `${…}` covers, with the dollar signs before it.
var reference = regexp.MustCompile(`\$+\{[^}\n]*\}`)

// parse reads one YAML document. The nodes' values hold references to variables as the file spells them.
func parse(name string, data []byte) (*yaml.Node, *Fault) {
	at := func(p Pos, message, suggestion string) *Fault {
		return &Fault{File: name, Pos: p, Message: message, Suggestion: suggestion}
	}
	if p, what := unreadable(data); what != "" {
		return nil, at(p, what, "the file must be UTF-8 text")
	}
	masked, unmask := mask(data)
	loader, err := yaml.NewLoader(bytes.NewReader(masked), yaml.WithV4Defaults())
	if err != nil {
		return nil, at(Pos{}, err.Error(), "")
	}
	var doc, next yaml.Node
	err = loader.Load(&doc)
	switch {
	case errors.Is(err, io.EOF), err == nil && (len(doc.Content) == 0 || isNull(doc.Content[0])):
		return nil, at(Pos{1, 1}, "the file is empty", "it needs at least `providers:` and `models:`; `llmroute schema` describes every key")
	case err != nil:
		return nil, syntaxFault(name, data, err, unmask)
	}
	err = loader.Load(&next)
	switch {
	case err == nil:
		return nil, at(Pos{next.Line, next.Column}, "a second YAML document starts here", "keep one, and take out the `---` between them")
	case !errors.Is(err, io.EOF):
		return nil, syntaxFault(name, data, err, unmask)
	}
	restore(doc.Content[0], unmask)
	return doc.Content[0], nil
}

// mask replaces each reference to a variable by as many characters of private use, so that YAML sees one plain
// word: `{bearer: ${KEY}}` would otherwise open a mapping, and `${A:-b, c}` would end at the comma. Positions
// stay as they were.
func mask(data []byte) (masked []byte, unmask func(string) string) {
	base, ok := unusedBlock(data)
	if !ok {
		return data, func(s string) string { return s }
	}
	masked = reference.ReplaceAllFunc(data, func(ref []byte) []byte {
		out := make([]byte, 0, 3*len(ref))
		for _, r := range string(ref) {
			if r < utf8.RuneSelf {
				r += base
			}
			out = utf8.AppendRune(out, r)
		}
		return out
	})
	return masked, func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= base && r < base+utf8.RuneSelf {
				return r - base
			}
			return r
		}, s)
	}
}

// unusedBlock finds 128 code points of the private use area (U+E000 to U+F8FF) that data does not use.
func unusedBlock(data []byte) (base rune, ok bool) {
	used := map[rune]bool{}
	for _, r := range string(data) {
		if r >= 0xE000 && r <= 0xF8FF {
			used[r/utf8.RuneSelf] = true
		}
	}
	for base = 0xE000; base < 0xF880; base += utf8.RuneSelf {
		if !used[base/utf8.RuneSelf] {
			return base, true
		}
	}
	return 0, false
}

func restore(n *yaml.Node, unmask func(string) string) {
	n.Value = unmask(n.Value)
	for _, c := range n.Content {
		restore(c, unmask)
	}
}

// unreadable finds the first byte that no text file has.
func unreadable(data []byte) (Pos, string) {
	p := Pos{1, 1}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return p, "a byte that is not UTF-8"
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7F:
			return p, fmt.Sprintf("a control character (U+%04X)", r)
		case r == '\n':
			p = Pos{p.Line + 1, 0}
		}
		p.Column++
		i += size
	}
	return p, ""
}

func syntaxFault(name string, data []byte, err error, unmask func(string) string) *Fault {
	f := &Fault{File: name, Message: "not YAML: " + unmask(err.Error())}
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		return f
	}
	f.Pos = Pos{le.Mark.Line, le.Mark.Column}
	f.Message = "not YAML: " + unmask(le.Message)
	if le.ContextMsg != "" {
		f.Message += " " + le.ContextMsg
	}
	if c := le.ContextMark.Line; c > 0 && c != le.Mark.Line {
		f.Message += fmt.Sprintf(" that starts at line %d", c)
	}
	f.Suggestion = syntaxHint(le.Message, character(data, f.Pos))
	return f
}

// syntaxHint is what usually is behind an error of the YAML parser.
func syntaxHint(message string, at rune) string {
	switch {
	case at == '\t':
		return "indent with spaces, not tabs"
	case strings.Contains(message, "cannot start any token"):
		return "put the value in quotes"
	case strings.Contains(message, "mapping values are not allowed"):
		return "check the indentation, and put a value that contains `: ` in quotes"
	case strings.Contains(message, "expected ',' or"):
		return "close what was opened, and put values with brackets, braces or commas in quotes"
	case strings.Contains(message, "unexpected end of stream"):
		return "a quote is not closed"
	case strings.Contains(message, "expected key"), strings.Contains(message, "block end"), strings.Contains(message, "could not find expected ':'"):
		return "check the indentation, and that each key ends in a colon"
	}
	return ""
}

// character is the one at p, or 0.
func character(data []byte, p Pos) rune {
	lines := bytes.Split(data, []byte("\n"))
	if p.Line < 1 || p.Line > len(lines) {
		return 0
	}
	line := []rune(string(lines[p.Line-1]))
	if p.Column < 1 || p.Column > len(line) {
		return 0
	}
	return line[p.Column-1]
}
