package config

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// problem is what is wrong with a value. In message, %s stands for the value as it may be shown.
type problem struct{ message, suggestion string }

// setScalar reads text into out and holds it to the rules.
func setScalar(text string, out reflect.Value, r rules) *problem {
	k, _ := kindOf(out.Type())
	if p := parseScalar(text, k, out); p != nil {
		return p
	}
	switch k {
	case kindText:
		return r.checkWord(text)
	case kindInt, kindDuration:
		return r.checkNumber(float64(out.Int()))
	case kindNumber:
		return r.checkNumber(out.Float())
	}
	return nil
}

func parseScalar(text string, k kind, out reflect.Value) *problem {
	switch k {
	case kindText:
		out.SetString(text)
	case kindSecret:
		out.Set(reflect.ValueOf(NewSecret(text)))
	case kindInt:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return notANumber(text, k)
		}
		out.SetInt(n)
	case kindNumber:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) || strings.ContainsAny(text, "_xXpP") {
			return notANumber(text, k)
		}
		out.SetFloat(n)
	case kindBool:
		b, ok := yamlBool(text)
		if !ok {
			return &problem{message: "%s is not true or false"}
		}
		out.SetBool(b)
	case kindDuration:
		d, err := parseDuration(text)
		if _, bare := strconv.ParseFloat(text, 64); bare == nil {
			return &problem{"%s has no unit", fmt.Sprintf("write it like %q, %q or %q", "30s", "2m", "1h30m")}
		}
		if err != nil {
			return &problem{"%s is not a duration", fmt.Sprintf("write it like %q, %q or %q", "30s", "2m", "1h30m")}
		}
		out.SetInt(int64(d))
	case kindBytes:
		n, p := parseBytes(text)
		if p != nil {
			return p
		}
		out.SetInt(int64(n))
	}
	return nil
}

func notANumber(text string, k kind) *problem {
	p := &problem{message: "%s is not " + k.wanted()}
	plain := strings.NewReplacer("_", "", ",", "", " ", "").Replace(text)
	_, err := strconv.ParseInt(plain, 10, 64)
	switch whole := err == nil && plain != text; {
	case whole && k == kindNumber && strings.Count(text, ",") == 1:
		p.suggestion = "write a point before the fraction, and nothing between other digits"
	case whole:
		p.suggestion = "write the digits without anything between them"
	case aroundNumber.MatchString(text):
		p.suggestion = "write the number alone, without its unit"
	}
	return p
}

// aroundNumber is a number with a unit before or after it.
var aroundNumber = regexp.MustCompile(`^((\$|€|USD|EUR)\s*[0-9][0-9.]*|[0-9][0-9.]*\s*(\$|€|%|[A-Za-z]+))$`)

// parseDuration is time.ParseDuration with days, which are 24 hours: 90d, 1d12h.
func parseDuration(text string) (time.Duration, error) {
	m := days.FindStringSubmatch(text)
	if m == nil {
		return time.ParseDuration(text)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil || n > math.MaxInt64/int64(48*time.Hour) {
		return 0, strconv.ErrRange
	}
	d := time.Duration(n) * 24 * time.Hour
	if m[2] == "" {
		return d, nil
	}
	rest, err := time.ParseDuration(m[2])
	if err == nil && rest > math.MaxInt64/2 {
		err = strconv.ErrRange
	}
	return d + rest, err
}

var days = regexp.MustCompile(`^([0-9]+)d([0-9.].*)?$`)

// size is a number of bytes with its unit.
var size = regexp.MustCompile(`^([0-9]+)\s*([A-Za-z]*)$`)

func parseBytes(text string) (ByteSize, *problem) {
	const example = `write it like "512KiB", "32MiB" or "1GiB"`
	m := size.FindStringSubmatch(text)
	if m == nil {
		return 0, &problem{"%s is not a size", example}
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, &problem{"%s is too large", example}
	}
	unit, ok := map[string]int64{"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[m[2]]
	switch {
	case !ok:
		return 0, &problem{"%s has a unit that is not known", example}
	case n > math.MaxInt64/unit:
		return 0, &problem{"%s is too large", example}
	}
	return ByteSize(n * unit), nil
}

func yamlBool(text string) (value, ok bool) {
	switch text {
	case "true", "True", "TRUE":
		return true, true
	case "false", "False", "FALSE":
		return false, true
	}
	return false, false
}

// aWord says what the words of an enumeration are.
var aWord = map[string]string{
	"schema": "a schema", "apis": "an API", "strategy": "a strategy", "capabilities": "a capability",
	"require": "a capability", "period": "a period", "mode": "a mode",
}

func (r rules) checkWord(text string) *problem {
	if len(r.enum) == 0 || slices.Contains(r.enum, text) {
		return nil
	}
	message := "%s is not allowed here"
	if word := aWord[r.key]; word != "" {
		message = "%s is not " + word
	}
	if s := didYouMean(text, r.enum); s != "" {
		return &problem{message, s}
	}
	return &problem{message, oneOf(r.enum)}
}

func (r rules) checkNumber(n float64) *problem {
	switch {
	case r.positive && n <= 0:
		return &problem{message: "%s must be above 0"}
	case r.natural && n < 0:
		return &problem{message: "%s must not be negative"}
	case r.unit && (n < 0 || n > 1):
		return &problem{message: "%s must be between 0 and 1"}
	}
	return nil
}

// jsonNumber is a number as JSON spells it, which is what the core schema of YAML calls a decimal number, but for
// a leading plus or zeros.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// plain is what an unquoted YAML scalar means: null, a boolean, a number or text.
func plain(text string) any {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return nil
	}
	if b, ok := yamlBool(text); ok {
		return b
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && jsonNumber.MatchString(text) {
		return n
	}
	if jsonNumber.MatchString(text) {
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	}
	return text
}
