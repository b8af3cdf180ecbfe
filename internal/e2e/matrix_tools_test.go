package e2e

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

const cityParams = `{"type":"object","properties":{"city":{"type":"string","description":"where"}},"required":["city"]}`

// offering declares a function.
func offering(name, params string) four {
	return four{
		fmt.Sprintf(`"tools":[{"type":"function","function":{"name":%q,"description":"Tells it.","parameters":%s}}]`, name, params),
		fmt.Sprintf(`"tools":[{"type":"function","name":%q,"description":"Tells it.","parameters":%s}]`, name, params),
		fmt.Sprintf(`"tools":[{"name":%q,"description":"Tells it.","input_schema":%s}]`, name, params),
		fmt.Sprintf(`"tools":[{"functionDeclarations":[{"name":%q,"description":"Tells it.","parametersJsonSchema":%s}]}]`, name, params),
	}
}

var weather = offering("get_weather", cityParams)

// twoTools are get_weather and get_time.
var twoTools = four{
	fmt.Sprintf(`"tools":[{"type":"function","function":{"name":"get_weather","parameters":%s}},{"type":"function","function":{"name":"get_time","parameters":%[1]s}}]`, cityParams),
	fmt.Sprintf(`"tools":[{"type":"function","name":"get_weather","parameters":%s,"strict":false},{"type":"function","name":"get_time","parameters":%[1]s,"strict":false}]`, cityParams),
	fmt.Sprintf(`"tools":[{"name":"get_weather","input_schema":%s},{"name":"get_time","input_schema":%[1]s}]`, cityParams),
	fmt.Sprintf(`"tools":[{"functionDeclarations":[{"name":"get_weather","parametersJsonSchema":%s},{"name":"get_time","parametersJsonSchema":%[1]s}]}]`, cityParams),
}

// calls wants these calls, as "name {arguments}".
func calls(want ...string) func(*reply, *crossing) string {
	return func(r *reply, x *crossing) string {
		if len(r.calls) != len(want) {
			return fmt.Sprintf("%d calls: %+v", len(r.calls), r.calls)
		}
		ids := map[string]bool{}
		for i, w := range want {
			name, args, _ := strings.Cut(w, " ")
			c := r.calls[i]
			if c.name != name || !sameJSON(c.args, args) {
				return fmt.Sprintf("call %d is %+v, want %s", i, c, w)
			}
			ids[c.id] = true
		}
		switch {
		case len(ids) != len(want) && x.client.name != "generate", ids[""] && x.client.name != "generate":
			return fmt.Sprintf("the calls' ids: %+v", r.calls)
		case r.stop != "tools":
			return "stopped for " + r.stop
		}
		return ""
	}
}

func noCalls(r *reply, _ *crossing) string {
	if len(r.calls) > 0 || r.said() == "" {
		return fmt.Sprintf("called %+v", r.calls)
	}
	return ""
}

func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	one, _ := json.Marshal(x)
	two, _ := json.Marshal(y)
	return string(one) == string(two)
}

// resulting is a conversation with one call and its result, as each schema spells the result.
func resulting(chat, responses, messages, generate string) four {
	f := four{
		`"messages":[{"role":"user","content":"What is the weather in Paris?"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Paris\"}"}}]},{"role":"tool","tool_call_id":"call_1","content":` + chat + `}]`,
		`"input":[{"role":"user","content":"What is the weather in Paris?"},{"type":"function_call","call_id":"call_1","name":"get_weather","arguments":"{\"city\":\"Paris\"}"},{"type":"function_call_output","call_id":"call_1","output":` + responses + `}]`,
		`"messages":[{"role":"user","content":"What is the weather in Paris?"},{"role":"assistant","content":[{"type":"tool_use","id":"call_1","name":"get_weather","input":{"city":"Paris"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1"` + messages + `}]}]`,
		`"contents":[{"role":"user","parts":[{"text":"What is the weather in Paris?"}]},{"role":"model","parts":[{"thoughtSignature":"skip_thought_signature_validator","functionCall":{"name":"get_weather","args":{"city":"Paris"}}}]},{"role":"user","parts":[{"functionResponse":{"name":"get_weather",` + generate + `}}]}]`,
	}
	for i, s := range [...]string{chat, responses, messages, generate} {
		if s == "" {
			f[i] = ""
		}
	}
	return f.and(weather)
}

var toolFeatures = []feature{
	{name: "tool call", ask: saying("What is the weather in Paris?").and(weather), got: calls(`get_weather {"city":"Paris"}`)},
	{name: "parallel calls of one tool", ask: saying("What is the weather in both Paris and London?").and(weather),
		got: calls(`get_weather {"city":"Paris"}`, `get_weather {"city":"London"}`)},
	{name: "parallel calls of two tools", ask: saying("Tell me weather and time in Paris.").and(twoTools),
		got: func(r *reply, x *crossing) string {
			if len(r.calls) != 2 || r.calls[0].name != "get_weather" || r.calls[1].name != "get_time" {
				return fmt.Sprintf("calls %+v", r.calls)
			}
			return ""
		}},
	{name: "call without arguments", ask: saying("Please do refresh it").and(offering("refresh", `{"type":"object","properties":{}}`)),
		got: calls(`refresh {}`)},
	{name: "tool without parameters", ask: four{
		`"tools":[{"type":"function","function":{"name":"refresh"}}]`, `"tools":[{"type":"function","name":"refresh"}]`, "",
		`"tools":[{"functionDeclarations":[{"name":"refresh"}]}]`,
	}.and(saying("Please do refresh it")), got: calls(`refresh {}`)},
	{name: "tool with $ref, anyOf and closed objects", ask: saying("What is the weather in Paris?").and(offering("get_weather",
		`{"type":"object","additionalProperties":false,"$defs":{"city":{"type":"string","minLength":1}},"properties":{"city":{"$ref":"#/$defs/city"},"unit":{"anyOf":[{"type":"string","enum":["C","F"]},{"type":"null"}]},"days":{"type":["integer","null"],"format":"int32"}},"required":["city"]}`)),
		got: calls(`get_weather {"city":"Paris"}`)},
	{name: "tool name with dots", ask: four{"", "", "", offering("home.get_weather", cityParams)[3]}.and(four{"", "", "", saying("What is the weather in Paris?")[3]}),
		got: calls(`home.get_weather {"city":"Paris"}`)},
	{name: "tool name of more than 64 letters", ask: saying("What is the weather in Paris?").and(offering("get_weather_"+strings.Repeat("x", 90), cityParams)).only("messages"),
		got: calls(`get_weather_` + strings.Repeat("x", 90) + ` {"city":"Paris"}`)},
	{name: "functions, the old way", ask: four{`"functions":[{"name":"get_weather","parameters":` + cityParams + `}],"messages":[{"role":"user","content":"What is the weather in Paris?"}]`},
		got: func(r *reply, x *crossing) string {
			if x.direct { // the demo does not know them
				return ""
			}
			if len(r.calls) != 1 || r.calls[0].name != "get_weather" || !strings.Contains(r.raw, `"function_call"`) && !strings.Contains(r.raw, `"tool_calls"`) {
				return fmt.Sprintf("calls %+v", r.calls)
			}
			return ""
		}},

	{name: "tool result", ask: resulting(`"21 degrees"`, `"21 degrees"`, `,"content":"21 degrees"`, `"response":{"result":"21 degrees"}`), got: says("21 degrees")},
	{name: "tool result in parts", ask: resulting(
		`[{"type":"text","text":"21 degrees"},{"type":"text","text":"and sun"}]`, `[{"type":"input_text","text":"21 degrees"},{"type":"input_text","text":"and sun"}]`,
		`,"content":[{"type":"text","text":"21 degrees"},{"type":"text","text":"and sun"}]`, ""), got: says("21 degrees", "and sun")},
	{name: "tool result as an object", ask: resulting("", "", "", `"response":{"temperature":21,"sky":"clear"}`),
		got: func(r *reply, _ *crossing) string {
			if flat := strings.NewReplacer(" ", "", `\`, "").Replace(r.said()); !strings.Contains(flat, `"temperature":21`) || !strings.Contains(flat, `"sky":"clear"`) {
				return r.said()
			}
			return ""
		}},
	{name: "tool result with an image", ask: resulting(
		"", `[{"type":"input_text","text":"a map"},{"type":"input_image","image_url":"data:image/png;base64,`+png+`"}]`,
		`,"content":[{"type":"text","text":"a map"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"`+png+`"}}]`,
		`"response":{"result":"a map"},"parts":[{"inlineData":{"mimeType":"image/png","data":"`+png+`"}}]`),
		saw: map[string]string{
			"chat": "@this ~ a map\nmessages.#.content|@flatten.#.image_url.url ~ data:image/png", "responses": "@this ~ a map\n@this ~ data:image/png",
			"messages": "@this ~ " + png + "\n@this ~ a map", "generate": "@this ~ " + png + "\n@this ~ a map", "converse": "@this ~ " + png + "\n@this ~ a map",
		}},
	{name: "tool result that is an error", ask: resulting("", "", `,"is_error":true,"content":"no such city"`, `"response":{"error":"no such city"}`),
		saw: map[string]string{
			"chat": "messages.2.content ~ no such city\nmessages.2.content ~ rror", "responses": "@this ~ no such city",
			"messages": "messages.2.content.0.is_error = true", "generate": "contents.2.parts.0.functionResponse.response.error ~ no such city",
			"converse": "messages.2.content.0.toolResult.status = error",
		}, got: says("no such city")},
	{name: "empty tool result", ask: resulting(`""`, `""`, `,"content":""`, `"response":{}`), got: func(r *reply, _ *crossing) string { return noCalls(r, nil) }},
	{name: "tool result without content", ask: resulting("", "", ` `, ""), got: noCalls},
	{name: "results of parallel calls", ask: four{
		`"messages":[{"role":"user","content":"weather in both"},{"role":"assistant","content":"","tool_calls":[{"id":"call_1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Paris\"}"}},{"id":"call_2","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"London\"}"}}]},{"role":"tool","tool_call_id":"call_2","content":"12 degrees"},{"role":"tool","tool_call_id":"call_1","content":"21 degrees"},{"role":"user","content":"So?"}]`,
		`"input":[{"role":"user","content":"weather in both"},{"type":"function_call","call_id":"call_1","name":"get_weather","arguments":"{\"city\":\"Paris\"}"},{"type":"function_call","call_id":"call_2","name":"get_weather","arguments":"{\"city\":\"London\"}"},{"type":"function_call_output","call_id":"call_1","output":"21 degrees"},{"type":"function_call_output","call_id":"call_2","output":"12 degrees"},{"role":"user","content":"So?"}]`,
		`"messages":[{"role":"user","content":"weather in both"},{"role":"assistant","content":[{"type":"text","text":"Let me look."},{"type":"tool_use","id":"call_1","name":"get_weather","input":{"city":"Paris"}},{"type":"tool_use","id":"call_2","name":"get_weather","input":{"city":"London"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"21 degrees"},{"type":"tool_result","tool_use_id":"call_2","content":"12 degrees"},{"type":"text","text":"So?"}]}]`,
		`"contents":[{"role":"user","parts":[{"text":"weather in both"}]},{"role":"model","parts":[{"thoughtSignature":"skip_thought_signature_validator","functionCall":{"name":"get_weather","args":{"city":"Paris"}}},{"functionCall":{"name":"get_weather","args":{"city":"London"}}}]},{"role":"user","parts":[{"functionResponse":{"name":"get_weather","response":{"result":"21 degrees"}}},{"functionResponse":{"name":"get_weather","response":{"result":"12 degrees"}}},{"text":"So?"}]}]`,
	}.and(weather), saw: map[string]string{
		"chat": "@this ~ 21 degrees\n@this ~ 12 degrees\n@this ~ So?", "responses": "@this ~ 21 degrees\n@this ~ 12 degrees\n@this ~ So?",
		"messages": "messages.# = 3\nmessages.2.content.# = 3\n@this ~ 12 degrees", "generate": "contents.2.parts.# = 3\n@this ~ 12 degrees",
		"converse": "messages.# = 3\nmessages.2.content.# = 3\n@this ~ 12 degrees",
	}},
	{name: "history with calls, but no tools now", ask: four{
		resultOnly(resulting(`"21 degrees"`, "x", "x", "x"), 0), resultOnly(resulting("x", `"21 degrees"`, "x", "x"), 1),
		resultOnly(resulting("x", "x", `,"content":"21 degrees"`, "x"), 2), resultOnly(resulting("x", "x", "x", `"response":{"result":"21 degrees"}`), 3),
	}, got: says("21 degrees")},
	{name: "call and answer in the next turn", ask: saying("What is the weather in both Paris and London?").and(weather), then: true, got: says("21 degrees")},

	{name: "tool choice auto", ask: saying("What is the weather in Paris?").and(weather, four{`"tool_choice":"auto"`, `"tool_choice":"auto"`, `"tool_choice":{"type":"auto"}`, `"toolConfig":{"functionCallingConfig":{"mode":"AUTO"}}`}),
		got: calls(`get_weather {"city":"Paris"}`)},
	{name: "tool choice none", ask: saying("What is the weather in Paris?").and(weather, four{`"tool_choice":"none"`, `"tool_choice":"none"`, `"tool_choice":{"type":"none"}`, `"toolConfig":{"functionCallingConfig":{"mode":"NONE"}}`}),
		got: noCalls},
	{name: "tool choice required", ask: saying("Hello to Paris!").and(weather, four{`"tool_choice":"required"`, `"tool_choice":"required"`, `"tool_choice":{"type":"any"}`, `"toolConfig":{"functionCallingConfig":{"mode":"ANY"}}`}),
		got: calls(`get_weather {"city":"Paris"}`)},
	{name: "tool choice by name", ask: saying("Tell the weather in Paris!").and(twoTools, four{`"tool_choice":{"type":"function","function":{"name":"get_time"}}`, `"tool_choice":{"type":"function","name":"get_time"}`, `"tool_choice":{"type":"tool","name":"get_time"}`, `"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["get_time"]}}`}),
		got: calls(`get_time {"city":"Paris"}`)},
	{name: "tool choice among some", ask: saying("Tell the weather in Paris!").and(twoTools, four{
		`"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"get_weather"}}]}}`,
		`"tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"get_weather"}]}`, "",
		`"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["get_weather"]}}`,
	}), got: calls(`get_weather {"city":"Paris"}`)},
	{name: "one call at a time", ask: saying("What is the weather in both Paris and London?").and(weather, four{`"parallel_tool_calls":false`, `"parallel_tool_calls":false`, `"tool_choice":{"type":"auto","disable_parallel_tool_use":true}`, ""}),
		saw: map[string]string{"chat": "parallel_tool_calls = false", "responses": "parallel_tool_calls = false", "messages": "tool_choice.type = auto\ntool_choice.disable_parallel_tool_use = true", "generate": "-", "converse": "-"},
		got: calls(`get_weather {"city":"Paris"}`)},
	{name: "parallel calls allowed", ask: saying("What is the weather in both Paris and London?").and(weather, four{`"parallel_tool_calls":true`, `"parallel_tool_calls":true`, `"tool_choice":{"type":"auto","disable_parallel_tool_use":false}`, ""}),
		got: calls(`get_weather {"city":"Paris"}`, `get_weather {"city":"London"}`)},
	{name: "strict tool", ask: four{
		`"tools":[{"type":"function","function":{"name":"get_weather","strict":true,"parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}}}]`,
		`"tools":[{"type":"function","name":"get_weather","strict":true,"parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}}]`,
	}.and(saying("What is the weather in Paris?")), got: calls(`get_weather {"city":"Paris"}`)},
}

// resultOnly takes the tools out.
func resultOnly(f four, i int) string {
	talk := []string{"messages", "input", "messages", "contents"}[i]
	return fmt.Sprintf("%q:%s", talk, gjson.Get("{"+f[i]+"}", talk).Raw)
}
