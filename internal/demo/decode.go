package demo

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// decode reads the request's object into v. known lists the members that the API has, separated by spaces: any other
// is refused, as the providers do it, and so is one in another case, which encoding/json would take.
func decode(body []byte, v any, known string) *failure {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return invalid("", "We could not parse the JSON body of your request: %v", err)
	}
	names := strings.Fields(known)
	for name := range members {
		if !slices.Contains(names, name) {
			return invalid(name, "Unknown parameter: '%s'.", name)
		}
	}
	return decodeValue(body, v, "")
}

// decodeValue reads one value; at names it in the error.
func decodeValue(raw []byte, v any, at string) *failure {
	err := json.Unmarshal(raw, v)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		param := strings.Trim(at+"."+wrong.Field, ".")
		return invalid(param, "Invalid type for '%s': got %s.", param, wrong.Value)
	}
	return invalid(at, "Invalid value for '%s': %v", at, err)
}

// absent reports whether a member is missing or null.
func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// textOrList reads a string, or a list of strings.
func textOrList(raw json.RawMessage, at string) ([]string, *failure) {
	if absent(raw) {
		return nil, nil
	}
	if raw[0] == '"' {
		var one string
		f := decodeValue(raw, &one, at)
		return []string{one}, f
	}
	var list []string
	f := decodeValue(raw, &list, at)
	return list, f
}

// inRange checks a number that must be from least to most, if it is given.
func inRange(v *float64, least, most float64, param string) *failure {
	if v != nil && (*v < least || *v > most) {
		return invalid(param, "Invalid '%s': expected a value from %v to %v.", param, least, most)
	}
	return nil
}

// firstFailure returns the first that is not nil.
func firstFailure(fs ...*failure) *failure {
	for _, f := range fs {
		if f != nil {
			return f
		}
	}
	return nil
}

// at spells the place of a list item: messages[2].
func at(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// toolName reports whether a name is one that OpenAI, Anthropic and Bedrock take.
func toolName(s string, most int) bool {
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= most
}

// effortTokens is how long each reasoning effort thinks.
var effortTokens = map[string]int{
	"none": 0, "minimal": 8, "low": 16, "medium": 64, "high": 256, "xhigh": 512, "max": 512,
}

// isBase64 reports whether s is not empty and may be standard base64.
func isBase64(s string) bool {
	_, err := base64.StdEncoding.DecodeString(s)
	return s != "" && err == nil
}
