package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity is how bad a finding is.
type Severity string

// With a fault requests fail, go wrong or are not counted. A warning is for an operator to judge.
const (
	Fault   Severity = "fault"
	Warning Severity = "warning"
)

// Finding is one place that a rule is broken at.
type Finding struct {
	Rule     Rule
	Origin   string // the file's name, or the admin server's URL
	Line     int    // from 1; 0: there is no text
	Column   int    // from 1
	Path     string // `listeners[llmroute].filter_chains[0]…`, where there is no text
	Problem  string // what is wrong there
	sequence int
}

// String is one line: where, how bad, which rule, what is wrong, what it leads to, what to do.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.Origin)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", f.Line, f.Column)
	}
	b.WriteString(": ")
	if f.Path != "" {
		b.WriteString(f.Path + ": ")
	}
	fmt.Fprintf(&b, "%s: %s: %s: %s; %s", f.Rule.Severity, f.Rule.Name, f.Problem, f.Rule.Leads, f.Rule.Do)
	return printable(b.String())
}

// printable keeps a line one line, whatever a name holds.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// Findings are in the order of the text, or in that of the rules where there is none.
type Findings []Finding

// Faults counts those that are faults.
func (f Findings) Faults() int {
	n := 0
	for _, finding := range f {
		if finding.Rule.Severity == Fault {
			n++
		}
	}
	return n
}

// sorted puts them in order, without those that say the same of the same place: anchors make one text serve twice.
func (f Findings) sorted() Findings {
	slices.SortStableFunc(f, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.sequence, b.sequence))
	})
	seen := map[string]bool{}
	return slices.DeleteFunc(f, func(finding Finding) bool {
		line := finding.String()
		if seen[line] {
			return true
		}
		seen[line] = true
		return false
	})
}
