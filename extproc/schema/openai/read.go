package openai

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonin"
	"github.com/llmroute/llmroute/extproc/schema/jsonscan"
)

// document checks that a client's body is one JSON object of bounded depth, and returns it.
func document(body []byte) (gjson.Result, error) {
	reader := jsonscan.New(body, nil)
	reader.Object("", func(string, schema.Span) { reader.Skip() })
	if err := reader.End(); err != nil {
		return gjson.Result{}, err
	}
	return schema.Parse(body), nil
}

// invalid is a client's fault in a member.
func invalid(code, param, format string, args ...any) *schema.Error {
	return &schema.Error{Kind: schema.KindInvalidRequest, Code: code, Param: param, Message: fmt.Sprintf(format, args...)}
}

// unsupported is a client's wish that no translation can fulfil and that must not be dropped either.
func unsupported(param, why string) *schema.Error {
	return invalid("unsupported_parameter", param, "%s is not supported with this model: %s", param, why)
}

// broken is a provider's answer that makes no sense.
func broken(message string) *schema.Error {
	return &schema.Error{Kind: schema.KindBadGateway, Code: "invalid_response", Message: message}
}

// empty reports whether a value says nothing: absent, null, "", [] or {}.
func empty(v gjson.Result) bool {
	switch v.Type {
	case gjson.Null:
		return true
	case gjson.String:
		return v.Str == ""
	case gjson.JSON:
		raw := strings.Trim(v.Raw, "[]{} \t\r\n")
		return raw == ""
	}
	return false
}

// fields reads members with type checks, and those that several operations share.
type fields struct{ jsonin.Reader }

// strs reads a string or a list of strings.
func (f *fields) strs(param string, v gjson.Result) []string {
	if v.Type == gjson.Null {
		return nil
	}
	if !v.IsArray() {
		return []string{f.Text(param, v)}
	}
	var list []string
	walk(v, func(item gjson.Result) bool {
		list = append(list, f.Text(fmt.Sprintf("%s[%d]", param, len(list)), item))
		return f.Err == nil
	})
	return list
}

// mediaOf reads a URL; of a data URL, type and base64 data.
//
//	data:image/png;base64,iVBORw0…
func mediaOf(link string) schema.Media {
	if len(link) < 5 || !strings.EqualFold(link[:5], "data:") {
		return schema.Media{URL: link}
	}
	head, data, ok := strings.Cut(link[5:], ",")
	if !ok {
		return schema.Media{URL: link}
	}
	mediaType, params, _ := strings.Cut(head, ";")
	if base64Said(params) {
		return schema.Media{Type: mediaType, Data: data}
	}
	plain, err := url.PathUnescape(data)
	if err != nil {
		plain = data
	}
	return schema.Media{Type: mediaType, Data: base64.StdEncoding.EncodeToString([]byte(plain))}
}

func base64Said(params string) bool {
	return strings.EqualFold(params, "base64") || len(params) > 7 && strings.EqualFold(params[len(params)-7:], ";base64")
}

// linkOf writes inline media as a data URL; else its URL.
func linkOf(m schema.Media, defaultType string) string {
	if m.Data == "" {
		return m.URL
	}
	mediaType := m.Type
	if mediaType == "" {
		mediaType = defaultType
	}
	return "data:" + mediaType + ";base64," + m.Data
}

// isWeb reports whether a server can fetch the URL.
func isWeb(link string) bool {
	return strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://")
}

// cacheOf reads OpenAI's prompt_cache_breakpoint, or the cache_control that many clients write for Anthropic.
func cacheOf(v gjson.Result) *schema.Cache { return cacheAmong(membersOf(v)) }

func cacheAmong(v *members) *schema.Cache {
	for _, name := range [...]string{"prompt_cache_breakpoint", "cache_control"} {
		if marker := v.get(name); marker.IsObject() {
			return &schema.Cache{TTL: marker.Get("ttl").String()}
		}
	}
	return nil
}

// extra keeps a member that the neutral form has no name for, if it says something.
func extra(r *schema.Request, name string, v gjson.Result) {
	if !empty(v) {
		r.Extra = append(r.Extra, schema.Field{Name: name, Value: json.RawMessage(v.Raw)})
	}
}

// walk visits the elements of an array; anything else has none. (gjson's ForEach would visit a null.)
func walk(v gjson.Result, visit func(item gjson.Result) bool) {
	if v.IsArray() {
		v.ForEach(func(_, item gjson.Result) bool { return visit(item) })
	}
}
