package e2e

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema/openai"
)

var update = flag.Bool("update", false, "write docs/compatibility.md anew")

const compatibility = "../../docs/compatibility.md"

// matrixProviders are the columns of the table.
var matrixProviders = []struct{ name, schema, title, config string }{
	{"openai", "openai", "OpenAI", `{schema: openai, endpoint: "${openai}", auth: {bearer: "${openai_key}"}}`},
	{"compat", "openai", "OpenAI-compatible (vLLM)", `{schema: openai, endpoint: "${compat}", apis: [chat_completions], auth: {bearer: "${compat_key}"}}`},
	{"azure", "azure", "Azure OpenAI", `{schema: azure, endpoint: "${azure}", api_version: "2024-10-21", auth: {header: api-key, value: "${azure_key}"}}`},
	{"anthropic", "anthropic", "Anthropic", `{schema: anthropic, endpoint: "${anthropic}", auth: {header: x-api-key, value: "${anthropic_key}"}}`},
	{"gemini", "gemini", "Gemini", `{schema: gemini, endpoint: "${gemini}", auth: {header: x-goog-api-key, value: "${gemini_key}"}}`},
	{"bedrock", "bedrock", "Bedrock Converse", `{schema: bedrock, endpoint: "${bedrock}", auth: {bearer: "${bedrock_key}"}}`},
	{"claude-bedrock", "bedrock", "Claude on Bedrock", `{schema: bedrock, apis: [messages], endpoint: "${claude-bedrock}", auth: {bearer: "${claude-bedrock_key}"}}`},
	{"claude-vertex", "anthropic", "Claude on Vertex AI", `{schema: anthropic, endpoint: "${claude-vertex}/v1/projects/p/locations/us-east5/publishers/anthropic", auth: {bearer: "${claude-vertex_key}"}}`},
	{"gemini-vertex", "gemini", "Gemini on Vertex AI", `{schema: gemini, endpoint: "${gemini-vertex}/v1/projects/p/locations/us-east5/publishers/google", auth: {bearer: "${gemini-vertex_key}"}}`},
}

var wireByProvider = map[string]string{
	"openai": "chat", "compat": "chat", "azure": "chat", "anthropic": "messages", "gemini": "generate", "bedrock": "converse",
	"claude-bedrock": "messages", "claude-vertex": "messages", "gemini-vertex": "generate",
}

var matrixModels = map[string]string{
	"openai": "gpt-5-mini", "compat": "qwen3-32b", "azure": "gpt-5-mini", "anthropic": "claude-haiku-4-5", "gemini": "gemini-2.5-flash",
	"bedrock": "anthropic.claude-haiku-4-5-20251001-v1:0", "claude-bedrock": "anthropic.claude-haiku-4-5-20251001-v1:0",
	"claude-vertex": "claude-haiku-4-5@20251001", "gemini-vertex": "gemini-3-flash-preview",
}

// everything keeps policy from refusing for what the catalog says of a model: here the formats decide.
const everything = "[tools, parallel_tools, json_mode, json_schema, vision, audio, pdf, reasoning, prompt_cache, web_search, logprobs, embeddings]"

func matrixStack(t *testing.T) *stack {
	return matrixStackOf(t, func(farEnd) http.Handler { return nil })
}

// matrixStackOf has other servers behind the providers' names.
func matrixStackOf(t *testing.T, server func(farEnd) http.Handler) *stack {
	return matrixStackWith(t, "", server)
}

// matrixStackWith has more in its configuration.
func matrixStackWith(t *testing.T, more string, server func(farEnd) http.Handler) *stack {
	var providers, models strings.Builder
	var ends []farEnd
	for _, p := range matrixProviders {
		fmt.Fprintf(&providers, "  %s: %s\n", p.name, p.config)
		fmt.Fprintf(&models, "  m-%s: {provider: %s, name: %q, capabilities: %s}\n", p.name, p.name, matrixModels[p.name], everything)
		end := farEnd{name: p.name, schema: p.schema}
		switch p.name {
		case "openai": // the demo's address would make it one of those that follow OpenAI
			end.face = openai.Provider{}
		case "compat":
			end.compatible = true
		}
		end.handler, end.wrap = server(end), serveCanned(p.name)
		ends = append(ends, end)
	}
	return start(t, "providers:\n"+providers.String()+"models:\n"+models.String()+more, ends...)
}

// TestEveryFeatureBetweenEveryPair writes the table of compatibility, or compares it.
func TestEveryFeatureBetweenEveryPair(t *testing.T) {
	s := matrixStack(t)
	table := make(map[string]cell)
	var mu sync.Mutex
	t.Run("cells", func(t *testing.T) {
		for _, p := range matrixProviders {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				for i := range features {
					for j := range apiClients {
						f, c := &features[i], &apiClients[j]
						if f.ask[c.index] == "" && f.ask != (four{}) {
							continue
						}
						if f.canned != nil && f.canned[expectedWire(c, p.name)] == nil {
							continue
						}
						got := s.cross(t, f, c, p.name)
						if got.refused != "" && reasonFor(got.wire, got.refused) == "" {
							got.fault = "refused for " + got.refused + ", for which the table of reasons has no word"
						}
						if got.fault != "" {
							t.Errorf("%s: %s to %s: %s", f.name, c.name, p.name, got.fault)
						}
						mu.Lock()
						table[f.name+"|"+c.name+"|"+p.name] = got
						mu.Unlock()
					}
				}
			})
		}
	})
	if t.Failed() {
		return
	}
	page := compatibilityPage(table)
	if *update {
		if err := os.WriteFile(compatibility, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	old, err := os.ReadFile(compatibility)
	if err != nil || string(old) != page {
		t.Errorf("docs/compatibility.md is not what the tests find (%v); run go test ./internal/e2e -run TestEveryFeature -update", err)
	}
}

// reasons say why a format cannot carry what a client asked for. what matches the parameter.
var reasons = []struct{ wire, what, why string }{
	{"chat", "*(file)", "Chat Completions takes files inline or by id, not by URL"},
	{"chat", "*(audio)", "the server takes WAV and MP3 only"},
	{"chat", "top_k", "OpenAI has no such parameter; servers that follow it do"},
	{"chat", "*verbosity", "only OpenAI's own service has it"},
	{"chat", "*seed", "Responses has no such parameter"},
	{"messages", "*(audio)", "the Messages API takes no audio"},
	{"messages", "*(image)", "the Messages API fetches images by https only"},
	{"messages", "temperature", "Claude's goes from 0 to 1"},
	{"messages", "frequency_penalty", "the Messages API has no such parameter"},
	{"messages", "presence_penalty", "the Messages API has no such parameter"},
	{"messages", "n", "the Messages API gives one answer a request"},
	{"messages", "seed", "the Messages API has no such parameter"},
	{"messages", "logprobs*", "the Messages API tells no probabilities"},
	{"messages", "logit_bias", "the Messages API has no such parameter"},
	{"messages", "verbosity", "the Messages API has no such parameter"},
	{"generate", "response_format (with tools)", "before Gemini 3, JSON output and functions exclude each other"},
	{"generate", "logit_bias", "generateContent has no such parameter"},
	{"generate", "verbosity", "generateContent has no such parameter"},
	{"converse", "*by URL)", "Converse takes media inline or from S3, not by URL"},
	{"converse", "temperature (above 1)", "Converse's goes from 0 to 1"},
	{"converse", "frequency_penalty", "Converse has no such parameter"},
	{"converse", "presence_penalty", "Converse has no such parameter"},
	{"converse", "n", "Converse gives one answer a request"},
	{"converse", "seed", "Converse has no such parameter"},
	{"converse", "logprobs", "Converse tells no probabilities"},
	{"converse", "logit_bias", "Converse has no such parameter"},
	{"converse", "verbosity", "Converse has no such parameter"},
}

func reasonFor(wire, refused string) string {
	for _, r := range reasons {
		if ok, err := path.Match(r.what, strings.ReplaceAll(refused, "/", "_")); r.wire == wire && ok && err == nil {
			return r.why
		}
	}
	return ""
}

func compatibilityPage(table map[string]cell) string {
	var b strings.Builder
	b.WriteString(`# Compatibility

Made by the end-to-end tests, which send each feature in each client schema to each kind of provider through a real
Envoy, as JSON and as a stream, and look at what the provider saw and what the client got. Do not edit: ` + "`make docs`" + `.

| | means |
| --- | --- |
| ✓ | works |
| ✓ᵈ | works; the provider has no place for a hint that does not change the answer, which ` + "`x-llmroute-dropped`" + ` names |
| *name* | the provider cannot do it: with ` + "`unsupported: drop`" + ` it is left out and named in ` + "`x-llmroute-dropped`" + `, with ` + "`reject`" + ` refused with code ` + "`unsupported_parameter`" + `, and by default another candidate is tried first; the reasons are below |
| – | nothing to see: providers of this format do not do it |

Features for which a client's schema has no word are not in its table.

`)
	counts := map[string]int{}
	for _, c := range apiClients {
		fmt.Fprintf(&b, "## Clients of %s\n\n| feature |", clientTitles[c.name])
		for _, p := range matrixProviders {
			fmt.Fprintf(&b, " %s |", p.title)
		}
		b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(matrixProviders)) + "\n")
		for i := range features {
			f := &features[i]
			if f.ask != (four{}) && f.ask[c.index] == "" {
				counts["unasked"] += len(matrixProviders)
				continue
			}
			fmt.Fprintf(&b, "| %s |", f.name)
			for _, p := range matrixProviders {
				word := shownCell(f, table, c.name, p.name)
				fmt.Fprintf(&b, " %s |", word)
				switch {
				case strings.HasPrefix(word, "✓"):
					counts["passed"]++
				case word != "–":
					counts["refused"]++
				}
			}
			b.WriteString("\n")
		}
		b.WriteString("\n")
	}
	b.WriteString("## Why providers refuse\n\n| provider's format | parameter | reason |\n| --- | --- | --- |\n")
	used := map[string]bool{}
	for _, c := range table {
		if c.refused != "" {
			used[reasonFor(c.wire, c.refused)] = true
		}
	}
	for _, r := range reasons {
		if used[r.why] {
			fmt.Fprintf(&b, "| %s | `%s` | %s |\n", wireTitles[r.wire], r.what, r.why)
		}
	}
	fmt.Fprintf(&b, "\n%d features; %d cells pass, %d are refused for the reasons above, %d cannot be asked for, none fails.\n", len(features), counts["passed"], counts["refused"], counts["unasked"])
	return b.String()
}

var clientTitles = map[string]string{"chat": "OpenAI Chat Completions", "responses": "OpenAI Responses", "messages": "Anthropic Messages", "generate": "Gemini generateContent"}

var wireTitles = map[string]string{"chat": "Chat Completions", "responses": "Responses", "messages": "Messages", "generate": "generateContent", "converse": "Converse"}

func shownCell(f *feature, table map[string]cell, client, provider string) string {
	c, ok := table[f.name+"|"+client+"|"+provider]
	switch {
	case !ok:
		return "–"
	case c.refused != "":
		return "`" + c.refused + "`"
	case c.dropped != "":
		return "✓ᵈ"
	}
	return "✓"
}

// The table is only worth something while its names are distinct.
func TestFeaturesHaveDistinctNames(t *testing.T) {
	var names []string
	for i := range features {
		if slices.Contains(names, features[i].name) {
			t.Errorf("two features are called %s", features[i].name)
		}
		names = append(names, features[i].name)
	}
}
