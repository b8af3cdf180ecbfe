package compile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/llmroute/llmroute/policy"
)

// expression compiles CEL. The place of a fault within the expression is part of its message.
func (c *compiler) expression(path, source string) *policy.Expr {
	if strings.TrimSpace(source) == "" {
		return nil
	}
	e, err := policy.Compile(source)
	if err != nil {
		c.exprFault(path, source, err)
		return e
	}
	for _, m := range comparedTask.FindAllStringSubmatch(source, -1) {
		if task := m[1]; !slices.Contains(policy.Tasks(), task) {
			c.warn(path, fmt.Sprintf("no request has the task %q", task), "one of "+strings.Join(policy.Tasks(), ", "))
		}
	}
	return e
}

// comparedTask is a comparison of the variable task with a constant.
var comparedTask = regexp.MustCompile(`\btask\s*[!=]=\s*["']([^"']*)["']`)

func (c *compiler) exprFault(path, source string, err error) {
	var e *policy.ExprError
	if !errors.As(err, &e) {
		c.fault(path, err.Error(), "")
		return
	}
	message := e.Message
	switch {
	case e.Line > 1:
		message = fmt.Sprintf("line %d, column %d of the expression: %s", e.Line, e.Column, message)
	case e.Column > 0:
		message = fmt.Sprintf("column %d of the expression: %s", e.Column, message)
	}
	suggestion := e.Suggestion
	if suggestion == "" {
		suggestion = notCEL(source, e.Message)
	}
	c.fault(path, message, suggestion)
}

// Spellings that other languages have and CEL has not.
var (
	assignment = regexp.MustCompile(`[^=!<>]=[^=]`)
	wordyLogic = regexp.MustCompile(`(?i)\s(and|or|not)\s`)
	dashedKey  = regexp.MustCompile(`\b(headers|claims)\.(\w+(?:-\w+)+)`)
	quotedText = regexp.MustCompile(`"[^"]*"|'[^']*'`)
)

// notCEL says what to write instead of a spelling that CEL does not have; empty if there is none of them.
func notCEL(source, message string) string {
	if m := dashedKey.FindStringSubmatch(source); m != nil {
		return fmt.Sprintf("write %s[%q]", m[1], m[2])
	}
	bare := quotedText.ReplaceAllString(source, `""`)
	switch syntax := strings.HasPrefix(message, "Syntax error"); {
	case syntax && assignment.MatchString(bare):
		return "compare with =="
	case syntax && wordyLogic.MatchString(bare):
		return "write && for and, || for or, and ! for not"
	}
	return ""
}
