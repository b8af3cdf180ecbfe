package demo

import (
	"fmt"
	"net/http"
	"strings"
)

// Problem is what is wrong, whatever the schema calls it.
type Problem string

// The problems. Each schema has a table to its own status, type and code.
const (
	Invalid       Problem = "invalid"
	ContextLength Problem = "context-length" // the prompt is too long for the model
	ContentFilter Problem = "content-filter" // the prompt was blocked
	Auth          Problem = "auth"
	Permission    Problem = "permission"
	NotFound      Problem = "not-found"
	UnknownModel  Problem = "unknown-model"
	TooLarge      Problem = "too-large"
	RateLimit     Problem = "rate-limit"
	Quota         Problem = "quota" // paid for nothing more
	Server        Problem = "server"
	Overloaded    Problem = "overloaded"
	Timeout       Problem = "timeout"
)

// problems lists what `error=` takes.
var problems = []Problem{
	Invalid, ContextLength, ContentFilter, Auth, Permission, NotFound, UnknownModel, TooLarge, RateLimit, Quota,
	Server, Overloaded, Timeout,
}

func problemList() string {
	var b strings.Builder
	for i, p := range problems {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(p))
	}
	return b.String()
}

// failure is an error answer before it has a schema.
type failure struct {
	problem    Problem
	status     int // 0: the schema's own for problem
	message    string
	code       string // the schema's own word, where the problem has none
	param      string // the request field at fault, if one is
	retryAfter int    // seconds; 0: not said
}

func invalid(param, format string, args ...any) *failure {
	return &failure{problem: Invalid, param: param, message: fmt.Sprintf(format, args...)}
}

func unknownModel(model string) *failure {
	return &failure{problem: UnknownModel, param: "model", message: model}
}

// failure makes the error answer that f asks for.
func (f Fault) failure() *failure {
	out := &failure{problem: f.Error, status: f.Status, retryAfter: f.RetryAfter}
	if out.problem == "" {
		out.problem = problemOf(f.Status)
	}
	out.message = "injected: " + string(out.problem)
	return out
}

func problemOf(status int) Problem {
	switch status {
	case http.StatusUnauthorized:
		return Auth
	case http.StatusForbidden:
		return Permission
	case http.StatusNotFound:
		return NotFound
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return Timeout
	case http.StatusRequestEntityTooLarge:
		return TooLarge
	case http.StatusTooManyRequests:
		return RateLimit
	case http.StatusServiceUnavailable, 529:
		return Overloaded
	}
	if status >= http.StatusInternalServerError {
		return Server
	}
	return Invalid
}

// rendered is a failure in a schema's form.
type rendered struct {
	status int
	header map[string]string
	body   []byte
}
