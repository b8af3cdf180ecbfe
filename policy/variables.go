package policy

import (
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Variable is a name that the expressions of routes and policies may use.
type Variable struct {
	Name string
	Type string // as CEL spells it
	Doc  string
	// Caller is true for what is known of the caller alone, before any request is read. Only policies that
	// look at nothing else decide what /v1/models lists.
	Caller bool

	// Exactly one is set, as Type says.
	text    func(*Features) string
	number  func(*Features) int64
	real    func(*Features) float64
	truth   func(*Features) bool
	strings func(*Features) []string
	lookup  func(f *Features, key string) string
}

// Variables is the table of all variables, in the order of the documentation.
func Variables() []Variable { return variables[:] }

var variables = [...]Variable{
	{Name: "op", Type: "string", Doc: "what is asked for: `chat_completions`, `completions`, `embeddings`, `responses`, …",
		text: func(f *Features) string { return f.Op }},
	{Name: "schema", Type: "string", Doc: "the client's wire format: `openai`, `anthropic`, `gemini`, `bedrock`",
		text: func(f *Features) string { return f.Schema }},
	{Name: "path", Type: "string", Doc: "the path of the request",
		text: func(f *Features) string { return f.Path }},
	{Name: "model", Type: "string", Doc: "the model, alias or `route/<name>` asked for; empty if none",
		text: func(f *Features) string { return f.Model }},
	{Name: "models", Type: "list(string)", Doc: "the list of models asked for",
		strings: func(f *Features) []string { return f.Models }},
	{Name: "stream", Type: "bool", Doc: "whether the answer is to be streamed",
		truth: func(f *Features) bool { return f.Stream }},
	{Name: "max_output_tokens", Type: "int", Doc: "the output limit that the client set; 0: none",
		number: func(f *Features) int64 { return int64(f.MaxOutputTokens) }},
	{Name: "input_tokens", Type: "int", Doc: "the estimated size of the prompt",
		number: func(f *Features) int64 { return int64(f.InputTokens) }},
	{Name: "n", Type: "int", Doc: "how many answers are asked for, at least 1",
		number: func(f *Features) int64 { return int64(f.answers()) }},
	{Name: "messages", Type: "int", Doc: "how many messages there are",
		number: func(f *Features) int64 { return int64(f.Messages) }},
	{Name: "tools", Type: "int", Doc: "how many tools are offered to the model",
		number: func(f *Features) int64 { return int64(f.Tools) }},
	{Name: "images", Type: "int", Doc: "how many images there are",
		number: func(f *Features) int64 { return int64(f.Images) }},
	{Name: "audio", Type: "int", Doc: "how many audio inputs there are, and whether audio is asked for",
		number: func(f *Features) int64 { return int64(f.Audio) }},
	{Name: "files", Type: "int", Doc: "how many documents there are",
		number: func(f *Features) int64 { return int64(f.Files) }},
	{Name: "needs", Type: "list(string)", Doc: "the capabilities that the request needs, by the names of the configuration",
		strings: func(f *Features) []string { return f.Needs.Names() }},
	{Name: "team", Type: "string", Doc: "the caller's team, from `identity`; empty if unknown", Caller: true,
		text: func(f *Features) string { return f.Team }},
	{Name: "user", Type: "string", Doc: "the caller's user, from `identity`; empty if unknown", Caller: true,
		text: func(f *Features) string { return f.User }},
	{Name: "client", Type: "string", Doc: "the program that calls, from `identity`; empty if unknown", Caller: true,
		text: func(f *Features) string { return f.Client }},
	{Name: "claims", Type: "map(string, string)", Doc: "claims of the caller's JWT by name, or by path with dots, as text; several are joined by commas; empty for a claim that is not there", Caller: true,
		lookup: (*Features).claim},
	{Name: "session", Type: "string", Doc: "the same on every turn of a conversation: a hash of how it began and of who asks; empty if nothing is said",
		text: (*Features).Session},
	{Name: "headers", Type: "map(string, string)", Doc: "request headers by name, in any case; empty for a header that is not there", Caller: true,
		lookup: func(f *Features, name string) string { return f.header(strings.ToLower(name)) }},
	{Name: "task", Type: "string", Doc: "what the last user messages ask for: `code`, `math`, `extraction`, `classification`, `translation`, `summary`, `creative`, `roleplay`, `reasoning`, `qa` or `chat`",
		text: (*Features).Task},
	{Name: "language", Type: "string", Doc: "the language of the last user messages by its ISO 639-1 code, such as `en`; empty if too few words tell",
		text: (*Features).Language},
	{Name: "complexity", Type: "double", Doc: "0 to 1, the chance that only a strong model does the request well",
		real: (*Features).Complexity},
}

// variable finds a variable by name, or returns nil.
func variable(name string) *Variable {
	for i := range variables {
		if variables[i].Name == name {
			return &variables[i]
		}
	}
	return nil
}

func variableNames() []string {
	names := make([]string, len(variables))
	for i := range variables {
		names[i] = variables[i].Name
	}
	return names
}

func (v *Variable) celType() *cel.Type {
	switch {
	case v.text != nil:
		return cel.StringType
	case v.number != nil:
		return cel.IntType
	case v.real != nil:
		return cel.DoubleType
	case v.truth != nil:
		return cel.BoolType
	case v.strings != nil:
		return cel.ListType(cel.StringType)
	default:
		return cel.MapType(cel.StringType, cel.StringType)
	}
}

func (v *Variable) value(f *Features) ref.Val {
	switch {
	case v.text != nil:
		return types.String(v.text(f))
	case v.number != nil:
		return types.Int(v.number(f))
	case v.real != nil:
		return types.Double(v.real(f))
	case v.truth != nil:
		return types.Bool(v.truth(f))
	case v.strings != nil:
		return types.NewStringList(types.DefaultTypeAdapter, v.strings(f))
	default:
		return lookupMap{f, v}
	}
}

// activation gives CEL the variables that it asks for, when it asks.
type activation struct{ f *Features }

func (a activation) ResolveName(name string) (any, bool) {
	v := variable(name)
	if v == nil {
		return nil, false
	}
	return v.value(a.f), true
}

func (a activation) Parent() cel.Activation { return nil }
