package openai

import (
	"net/url"
	"slices"
	"strings"
)

// Dialect says how a server that follows OpenAI differs from it. It is data: each field is one difference, and the
// zero value is OpenAI itself (and Azure OpenAI).
type Dialect struct {
	// Name of the server or service; empty for OpenAI.
	Name string
	// MaxTokens: the output limit is spelled max_tokens, but for OpenAI's own reasoning models.
	MaxTokens bool
	// NoDeveloper: the role developer is unknown; system is sent.
	NoDeveloper bool
	// FlatText: outside user messages, content must be one string.
	FlatText bool
	// TopK: top_k is taken.
	TopK bool
	// NoSchema: response_format has json_object, but no json_schema.
	NoSchema bool
	// Seed is the spelling of seed; empty: seed.
	Seed string
	// Thoughts is the member of assistant messages that takes earlier thoughts back; empty: none does.
	Thoughts string
	// ReasoningObject: reasoning: {effort, max_tokens} rather than reasoning_effort.
	ReasoningObject bool
	// ShortCallIDs: tool call ids must be nine letters and digits.
	ShortCallIDs bool
	// CacheControl: parts take Anthropic's cache_control markers.
	CacheControl bool
	// Without lists the members that the server refuses, or ignores though they change the answer.
	Without []string
}

// Members that only OpenAI's own service knows.
var openAIOnly = []string{"store", "verbosity", "prompt_cache_key", "service_tier", "web_search_options", "prediction", "audio", "modalities"}

// dialects are chosen by the endpoint. Each row gives its source; what is not said there counts as like OpenAI.
var dialects = []struct {
	hosts   []string // a host, or a suffix that begins with a dot, or a port that begins with a colon
	dialect Dialect
}{
	{[]string{"api.openai.com", ".api.openai.com", ".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com"}, Dialect{}},
	{ // https://console.groq.com/docs/openai#currently-unsupported-openai-features
		[]string{"api.groq.com"},
		Dialect{Name: "groq", NoDeveloper: true, FlatText: true, Thoughts: "reasoning",
			Without: without("logprobs", "top_logprobs", "logit_bias", "n", "metadata", "presence_penalty", "frequency_penalty", "name")},
	},
	{ // https://docs.mistral.ai/api/#tag/chat: unknown members are refused with 422; usage comes in the last chunk, unasked
		[]string{"api.mistral.ai", ".mistral.ai"},
		Dialect{Name: "mistral", MaxTokens: true, NoDeveloper: true, Seed: "random_seed", ShortCallIDs: true,
			Without: without("logprobs", "top_logprobs", "logit_bias", "user", "stream_options", "name", "reasoning_effort")},
	},
	{ // https://api-docs.deepseek.com/api/create-chat-completion
		[]string{"api.deepseek.com"},
		Dialect{Name: "deepseek", MaxTokens: true, NoDeveloper: true, FlatText: true, NoSchema: true, Thoughts: "reasoning_content",
			Without: without("n", "seed", "logit_bias", "parallel_tool_calls", "metadata")},
	},
	{ // https://docs.x.ai/docs/api-reference#chat-completions
		[]string{"api.x.ai", ".api.x.ai"},
		Dialect{Name: "xai", FlatText: true, Without: without("logit_bias", "metadata")},
	},
	{ // https://docs.together.ai/reference/chat-completions-1
		[]string{"api.together.xyz", "api.together.ai"},
		Dialect{Name: "together", MaxTokens: true, NoDeveloper: true, TopK: true, Thoughts: "reasoning", Without: without("user", "metadata")},
	},
	{ // https://docs.fireworks.ai/api-reference/post-chatcompletions
		[]string{"api.fireworks.ai"},
		Dialect{Name: "fireworks", MaxTokens: true, NoDeveloper: true, TopK: true, Thoughts: "reasoning_content", Without: without("metadata")},
	},
	{ // https://openrouter.ai/docs/api-reference/parameters; usage always comes: stream_options has no effect
		[]string{"openrouter.ai"},
		Dialect{Name: "openrouter", MaxTokens: true, TopK: true, Thoughts: "reasoning_details", ReasoningObject: true, CacheControl: true,
			Without: without("n", "stream_options")},
	},
	{ // https://docs.ollama.com/api/openai-compatibility
		[]string{":11434"},
		Dialect{Name: "ollama", MaxTokens: true, NoDeveloper: true, FlatText: true, Thoughts: "reasoning",
			Without: without("tool_choice", "parallel_tool_calls", "logit_bias", "n", "user", "metadata", "logprobs", "top_logprobs")},
	},
}

// compatible is any other server: vLLM, SGLang, llama.cpp, TGI and the like. They ignore members that they do not
// know, and their chat templates fail on the role developer.
//
// Source: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
var compatible = Dialect{
	Name: "compatible", MaxTokens: true, NoDeveloper: true, FlatText: true, TopK: true, Thoughts: "reasoning_content",
	Without: without("metadata"),
}

func without(members ...string) []string { return append(slices.Clone(openAIOnly), members...) }

// DialectOf chooses the dialect of an endpoint such as "https://api.groq.com/openai/v1" by its host or port.
func DialectOf(endpoint string) Dialect {
	u, err := url.Parse(endpoint)
	if err != nil {
		return compatible
	}
	host, port := strings.ToLower(u.Hostname()), ":"+u.Port()
	for _, row := range dialects {
		for _, known := range row.hosts {
			if host == known || port == known || known[0] == '.' && strings.HasSuffix(host, known) {
				return row.dialect
			}
		}
	}
	return compatible
}

// official reports whether the dialect is OpenAI's own.
func (d Dialect) official() bool { return d.Name == "" }

// takes reports whether the server knows a request member.
func (d Dialect) takes(member string) bool { return !slices.Contains(d.Without, member) }

// limitName spells the output limit. A server in front of OpenAI's reasoning models needs their spelling.
func (d Dialect) limitName(model string) string {
	if d.MaxTokens && !isReasoningModel(model) {
		return "max_tokens"
	}
	return "max_completion_tokens"
}
