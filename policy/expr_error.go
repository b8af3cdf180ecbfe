package policy

import (
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
)

// ExprError says what is wrong with an expression, and where.
type ExprError struct {
	Line, Column int // within the expression, from 1; 0: unknown
	Message      string
	Suggestion   string // what to write instead; may be empty
}

func (e *ExprError) Error() string {
	var b strings.Builder
	if e.Line > 1 {
		fmt.Fprintf(&b, "line %d, ", e.Line)
	}
	if e.Column > 0 {
		fmt.Fprintf(&b, "column %d: ", e.Column)
	}
	b.WriteString(e.Message)
	if e.Suggestion != "" {
		b.WriteString("; " + e.Suggestion)
	}
	return b.String()
}

// CEL reports these as text only.
var (
	undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	noOverload = regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '([^']*)'`)
)

// exprError keeps the first of CEL's issues, in words of this package.
func exprError(issues *cel.Issues) *ExprError {
	all := issues.Errors()
	if len(all) == 0 {
		return &ExprError{Message: issues.Err().Error()}
	}
	first := all[0]
	e := &ExprError{Line: first.Location.Line(), Column: first.Location.Column() + 1, Message: oneLine(first.Message)}
	if m := undeclared.FindStringSubmatch(first.Message); m != nil {
		e.Message = fmt.Sprintf("no variable or function %q", m[1])
		e.Suggestion = suggest(m[1], append(variableNames(), "glob", "size"))
		if e.Suggestion == "" {
			e.Suggestion = "the variables are " + strings.Join(variableNames(), ", ")
		}
	}
	if m := noOverload.FindStringSubmatch(first.Message); m != nil {
		e.Message = fmt.Sprintf("%s does not take %s", strings.Trim(m[1], "_@"), m[2])
	}
	return e
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
