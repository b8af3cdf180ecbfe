package anthropic

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonscan"
)

// Patch implements schema.Client. With a lower limit, a thinking budget is lowered, too.
func (Client) Patch(t schema.Target, body []byte, f *schema.Facts, e *schema.Edit) ([]byte, error) {
	if e.System != "" {
		e = withPreamble(body, f, e)
	}
	if t.Op == schema.OpCountTokens { // it has no limit, and refuses members that it does not know
		return schema.Splice(body, f, e), nil
	}
	if e.MaxOutputTokens > 0 {
		e = withinLimit(body, f, e)
	}
	return schema.Splice(body, f, e, "max_tokens"), nil
}

// withinLimit keeps a thinking budget below a new limit, or leaves thinking out where no budget fits: the API refuses a budget
// that is not.
//
//	"thinking":{"type":"enabled","budget_tokens":10000}
func withinLimit(body []byte, f *schema.Facts, e *schema.Edit) *schema.Edit {
	names := func(field schema.Field) bool { return field.Name == "thinking" }
	m := f.Member("thinking")
	if m == nil || slices.ContainsFunc(e.Set, names) || slices.Contains(e.Remove, "thinking") {
		return e
	}
	value := m.Value.Of(body)
	if budget := gjson.GetBytes(value, "budget_tokens"); !budget.Exists() || budget.Int() < int64(e.MaxOutputTokens) {
		return e
	}
	edit := *e
	inner, err := jsonscan.Members(value, nil, "thinking")
	if err != nil || e.MaxOutputTokens <= leastBudget {
		edit.Remove = append(slices.Clone(e.Remove), "thinking")
		return &edit
	}
	budget := schema.Field{Name: "budget_tokens", Value: strconv.AppendInt(nil, int64(e.MaxOutputTokens-1), 10)}
	edit.Set = append(slices.Clone(e.Set), schema.Field{
		Name: "thinking", Value: schema.Splice(value, &inner, &schema.Edit{Set: []schema.Field{budget}}),
	})
	return &edit
}

// paths are relative to the origin: Anthropic's SDKs take a base URL without the version. An endpoint written with
// it is understood too.
var paths = map[schema.Op]string{
	schema.OpMessages:    "/v1/messages",
	schema.OpCountTokens: "/v1/messages/count_tokens",
}

// Locate implements schema.Provider.
func (Provider) Locate(prefix string, op schema.Op, _ string, _ bool) (string, bool) {
	path, ok := paths[op]
	prefix = strings.TrimSuffix(strings.TrimSuffix(prefix, "/"), "/v1")
	return prefix + path, ok
}
