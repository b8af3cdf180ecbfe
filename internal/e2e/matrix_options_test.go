package e2e

import (
	"fmt"
	"strings"
)

// saw spells what each provider's format makes of an option: chat, responses, messages, generate, converse. Empty: it
// has no place for it.
func saw(chat, responses, messages, generate, converse string) map[string]string {
	out := map[string]string{}
	for wire, want := range map[string]string{"chat": chat, "responses": responses, "messages": messages, "generate": generate, "converse": converse} {
		if want != "" {
			out[wire] = want
		}
	}
	return out
}

// config is a member of Gemini's generationConfig.
func generation(members string) string { return `"generationConfig":{` + members + `}` }

var optionFeatures = []feature{
	{name: "output limit", ask: saying("Count to 20.").and(four{`"max_completion_tokens":900`, `"max_output_tokens":900`, `"max_tokens":900`, generation(`"maxOutputTokens":900`)}),
		saw: saw("@this ~ 900", "max_output_tokens = 900", "max_tokens = 900", "generationConfig.maxOutputTokens = 900", "inferenceConfig.maxTokens = 900")},
	{name: "output limit, its old name", ask: four{`"max_tokens":900`},
		saw: saw("@this ~ 900", "max_output_tokens = 900", "max_tokens = 900", "generationConfig.maxOutputTokens = 900", "inferenceConfig.maxTokens = 900")},
	{name: "no output limit", ask: saying("Hello!").only("chat responses generate"), got: says("Hello!")},
	{name: "stop sequences", ask: four{`"stop":["said"]`, "", `"stop_sequences":["said"]`, generation(`"stopSequences":["said"]`)},
		saw: saw("stop.0 = said", "", "stop_sequences.0 = said", "generationConfig.stopSequences.0 = said", "inferenceConfig.stopSequences.0 = said"),
		got: func(r *reply, x *crossing) string {
			if r.dropped == "" && strings.Contains(r.said(), "said") || r.stop != "end" {
				return fmt.Sprintf("%q, stopped for %s", r.said(), r.stop)
			}
			if x.client.name == "messages" && x.wire == "messages" && r.stopMet != "said" {
				return "stop_sequence: " + r.stopMet
			}
			return ""
		}},
	{name: "one stop sequence", ask: four{`"stop":"said"`}, got: func(r *reply, _ *crossing) string {
		if strings.Contains(r.said(), "said") {
			return r.said()
		}
		return ""
	}},
	{name: "stop sequence of white space", ask: four{`"stop":["\n\n"]`, "", "", generation(`"stopSequences":["\n\n"]`)},
		saw: saw("stop.0 ~ \n", "", "", "generationConfig.stopSequences.# = 1", ""), got: says("Hello!")},
	{name: "temperature", ask: four{`"temperature":0.25`, `"temperature":0.25`, `"temperature":0.25`, generation(`"temperature":0.25`)},
		saw: saw("temperature = 0.25", "temperature = 0.25", "temperature = 0.25", "generationConfig.temperature = 0.25", "inferenceConfig.temperature = 0.25")},
	{name: "temperature of 0", ask: four{`"temperature":0`, `"temperature":0`, `"temperature":0`, generation(`"temperature":0`)},
		saw: saw("temperature = 0", "temperature = 0", "temperature = 0", "generationConfig.temperature = 0", "inferenceConfig.temperature = 0")},
	{name: "temperature above 1", ask: four{`"temperature":1.5`, `"temperature":1.5`, "", generation(`"temperature":1.5`)},
		saw: saw("temperature = 1.5", "temperature = 1.5", "", "generationConfig.temperature = 1.5", "")},
	{name: "top_p", ask: four{`"top_p":0.5`, `"top_p":0.5`, `"top_p":0.5`, generation(`"topP":0.5`)},
		saw: saw("top_p = 0.5", "top_p = 0.5", "top_p = 0.5", "generationConfig.topP = 0.5", "inferenceConfig.topP = 0.5")},
	{name: "temperature and top_p", ask: four{`"temperature":0.25,"top_p":0.5`, `"temperature":0.25,"top_p":0.5`, "", generation(`"temperature":0.25,"topP":0.5`)},
		saw: saw("temperature = 0.25\ntop_p = 0.5", "temperature = 0.25\ntop_p = 0.5", "temperature = 0.25", "generationConfig.temperature = 0.25\ngenerationConfig.topP = 0.5", "inferenceConfig.temperature = 0.25")},
	{name: "top_k", ask: four{"", "", `"top_k":5`, generation(`"topK":5`)}, saw: saw("top_k = 5", "", "top_k = 5", "generationConfig.topK = 5", "@this ~ top_k")},
	{name: "frequency penalty", ask: four{`"frequency_penalty":0.5`, "", "", generation(`"frequencyPenalty":0.5`)}, saw: saw("frequency_penalty = 0.5", "", "", "generationConfig.frequencyPenalty = 0.5", "")},
	{name: "presence penalty", ask: four{`"presence_penalty":0.5`, "", "", generation(`"presencePenalty":0.5`)}, saw: saw("presence_penalty = 0.5", "", "", "generationConfig.presencePenalty = 0.5", "")},
	{name: "penalties of 0", ask: four{`"frequency_penalty":0,"presence_penalty":0`}, got: says("Hello!")},
	{name: "two answers", ask: four{`"n":2`, "", "", generation(`"candidateCount":2`)}, saw: saw("n = 2", "", "", "generationConfig.candidateCount = 2", ""),
		got: func(r *reply, _ *crossing) string {
			if len(r.texts) != 2 || !strings.Contains(r.texts[1], "(answer 2)") {
				return fmt.Sprintf("%d answers: %q", len(r.texts), r.texts)
			}
			return ""
		}},
	{name: "one answer, said expressly", ask: four{`"n":1`, "", "", generation(`"candidateCount":1`)}, got: says("Hello!")},
	{name: "seed", ask: four{`"seed":7`, "", "", generation(`"seed":7`)}, saw: saw("seed = 7", "", "", "generationConfig.seed = 7", "")},
	{name: "logprobs", ask: four{`"logprobs":true,"top_logprobs":2`, "", "", ""}, saw: saw("logprobs = true\ntop_logprobs = 2", "", "", "generationConfig.responseLogprobs = true\ngenerationConfig.logprobs = 2", ""),
		got: func(r *reply, x *crossing) string {
			if x.wire == "chat" && r.logprobs == 0 {
				return "no logprobs"
			}
			return ""
		}},
	{name: "no logprobs, said expressly", ask: four{`"logprobs":false`}, got: says("Hello!")},
	{name: "logit bias", ask: four{`"logit_bias":{"50256":-100}`}, saw: saw("logit_bias.50256 = -100", "", "", "", "")},
	{name: "end user", ask: four{`"user":"u-1"`, `"user":"u-1"`, `"metadata":{"user_id":"u-1"}`, ""}, saw: saw("@this ~ u-1", "@this ~ u-1", "metadata.user_id = u-1", "", ""), got: says("Hello!")},
	{name: "safety identifier", ask: four{`"safety_identifier":"u-1"`, `"safety_identifier":"u-1"`, "", ""}, saw: saw("@this ~ u-1", "@this ~ u-1", "metadata.user_id = u-1", "", ""), got: says("Hello!")},
	{name: "metadata", ask: four{`"metadata":{"run":"7"}`, `"metadata":{"run":"7"}`, "", `"labels":{"run":"7"}`},
		saw: saw("metadata.run = 7", "metadata.run = 7", "", "", "requestMetadata.run = 7"), got: says("Hello!")},
	{name: "store", ask: four{`"store":true`, `"store":true`, "", ""}, saw: saw("store = true", "store = true", "", "", ""), got: says("Hello!")},
	{name: "store, not", ask: four{`"store":false`, `"store":false`, "", ""}, got: says("Hello!")},
	{name: "service tier auto", ask: four{`"service_tier":"auto"`, `"service_tier":"auto"`, `"service_tier":"auto"`, ""}, got: says("Hello!")},
	{name: "service tier flex", ask: four{`"service_tier":"flex"`, `"service_tier":"flex"`, "", `"serviceTier":"flex"`}, saw: saw("service_tier = flex", "service_tier = flex", "", "serviceTier = flex", "serviceTier.type = flex"), got: says("Hello!")},
	{name: "verbosity", ask: four{`"verbosity":"low"`, `"text":{"verbosity":"low"}`, "", ""}, saw: saw("verbosity = low", "text.verbosity = low", "", "", "")},
	{name: "prompt cache key", ask: four{`"prompt_cache_key":"k-1"`, `"prompt_cache_key":"k-1"`, "", ""}, saw: saw("-", "prompt_cache_key = k-1", "", "", ""), got: says("Hello!")},
	{name: "cache markers", ask: four{
		"", "", `"system":[{"type":"text","text":"Be kind.","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"Hello!","cache_control":{"type":"ephemeral","ttl":"1h"}}]}]`, "",
	}, saw: saw("-", "-", "@this ~ cache_control", "", "@this ~ cachePoint"), got: says("Hello!", "Be kind.")},
	{name: "safety settings", ask: four{"", "", "", `"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}]`}, saw: saw("", "", "", "@this ~ BLOCK_NONE", "")},
	{name: "text output, said expressly", ask: four{`"modalities":["text"],"response_format":{"type":"text"}`, `"text":{"format":{"type":"text"}}`, "", generation(`"responseModalities":["TEXT"],"responseMimeType":"text/plain"`)}, got: says("Hello!")},
	{name: "null for what is not said", ask: four{
		`"temperature":null,"stop":null,"tools":null,"n":null,"response_format":null,"user":null,"max_tokens":null,"tool_choice":null,"seed":null,"logprobs":null`,
		`"temperature":null,"tools":[],"text":null,"reasoning":null,"user":null,"metadata":null,"max_output_tokens":null,"previous_response_id":null,"include":[]`, "", "",
	}, got: func(r *reply, x *crossing) string {
		return says("Hello!")(r, x)
	}},
}

var thinkingFeatures = []feature{
	{name: "reasoning effort", ask: four{`"reasoning_effort":"high"`, `"reasoning":{"effort":"high"}`, "", generation(`"thinkingConfig":{"thinkingLevel":"HIGH"}`)},
		saw: saw("reasoning_effort = high", "reasoning.effort = high", "thinking ~ enabled", "generationConfig.thinkingConfig ~ thinking", "additionalModelRequestFields.thinking.type = enabled"),
		got: func(r *reply, x *crossing) string {
			if r.usage.reasoning == 0 && x.wire != "messages" && x.wire != "converse" { // which do not count thoughts apart
				return fmt.Sprintf("no reasoning tokens: %+v", r.usage)
			}
			return ""
		}},
	{name: "reasoning effort minimal", ask: four{`"reasoning_effort":"minimal"`, `"reasoning":{"effort":"minimal"}`, "", ""}, got: says("Hello!")},
	{name: "no reasoning", ask: four{`"reasoning_effort":"none"`, `"reasoning":{"effort":"none"}`, `"thinking":{"type":"disabled"}`, generation(`"thinkingConfig":{"thinkingBudget":0}`)}, got: says("Hello!")},
	{name: "thinking budget", ask: four{"", "", `"max_tokens":8000,"thinking":{"type":"enabled","budget_tokens":4096}`, generation(`"thinkingConfig":{"thinkingBudget":4096}`)},
		saw: saw("reasoning_effort ~ m", "reasoning.effort ~ m", "thinking.budget_tokens = 4096", "generationConfig.thinkingConfig.thinkingBudget = 4096", "additionalModelRequestFields.thinking.budget_tokens = 4096"), got: says("Hello!")},
	{name: "thinking left to the model", ask: four{"", "", "", generation(`"thinkingConfig":{"thinkingBudget":-1}`)}, got: says("Hello!")},
	{name: "readable thoughts", ask: four{
		"", `"reasoning":{"effort":"medium","summary":"auto"}`, `"max_tokens":8000,"thinking":{"type":"enabled","budget_tokens":2048}`, generation(`"thinkingConfig":{"thinkingBudget":2048,"includeThoughts":true}`),
	}, got: func(r *reply, x *crossing) string {
		if x.wire != "chat" && !strings.Contains(r.thought, "think") { // Chat Completions has no words for thoughts
			return fmt.Sprintf("thoughts %q", r.thought)
		}
		return says("Hello!")(r, x)
	}},
	{name: "thoughts and calls, kept into the next turn", then: true, ask: saying("What is the weather in both Paris and London?").and(weather, four{
		`"reasoning_effort":"medium"`, `"reasoning":{"effort":"medium","summary":"auto"},"include":["reasoning.encrypted_content"]`,
		`"max_tokens":8000,"thinking":{"type":"enabled","budget_tokens":2048}`, generation(`"thinkingConfig":{"thinkingBudget":2048,"includeThoughts":true}`),
	}), saw: map[string]string{
		"chat": "-", "responses": "-", "messages": "messages.1.content.0.type = thinking\nmessages.1.content.0.signature ~ c2lnbmVk",
		"generate": "@this ~ ZGVtbyB0aG91Z2h0IHNpZ25hdHVyZQ==", "converse": "messages.1.content.0.reasoningContent.reasoningText.signature ~ c2lnbmVk",
	}, got: says("21 degrees")},
	{name: "another provider's thoughts", ask: four{
		`"messages":[{"role":"user","content":"Hi."},{"role":"assistant","content":"Yes?","reasoning_content":"Hm.","reasoning_details":[{"type":"reasoning.text","text":"Hm.","signature":"Zm9yZWlnbg==","format":"unknown-v1","index":0}]},{"role":"user","content":"Hello!"}]`,
		`"input":[{"role":"user","content":"Hi."},{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Hm."}],"encrypted_content":"Zm9yZWlnbg=="},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Yes?"}]},{"role":"user","content":"Hello!"}]`,
		"", "",
	}, got: says("Hello!")},
}
