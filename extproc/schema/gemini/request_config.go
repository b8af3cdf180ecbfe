package gemini

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonin"
)

// generation reads one member of generationConfig.
func (d *requestDecoder) generation(name string, v gjson.Result) {
	param := "generationConfig." + name
	r := d.r
	switch name {
	case "maxOutputTokens":
		r.MaxOutputTokens = d.Whole(param, number(v))
	case "temperature":
		r.Temperature = d.Number(param, number(v))
	case "topP":
		r.TopP = d.Number(param, number(v))
	case "topK":
		r.TopK = d.Whole(param, number(v))
	case "presencePenalty":
		r.PresencePenalty = d.Number(param, number(v))
	case "frequencyPenalty":
		r.FrequencyPenalty = d.Number(param, number(v))
	case "candidateCount":
		r.N = d.Whole(param, number(v))
	case "seed":
		if n := d.Number(param, number(v)); n != nil {
			seed := int64(*n)
			r.Seed = &seed
		}
	case "stopSequences":
		d.list(param, v, func(v gjson.Result) { r.Stop = append(r.Stop, d.text(param, v)) })
	case "responseMimeType":
		switch mime := v.String(); {
		case mime == mimeJSON && r.Output.Kind == schema.OutputText:
			r.Output.Kind = schema.OutputJSON
		case mime != mimeJSON && mime != "" && mime != "text/plain": // text/x.enum
			jsonin.Extra(d.r, param, v)
		}
	case "responseSchema":
		r.Output.Kind, r.Output.Schema = schema.OutputSchema, fromOpenAPI(v)
	case "responseJsonSchema":
		r.Output.Kind, r.Output.Schema = schema.OutputSchema, raw(v)
	case "audioTimestamp":
		if v.Bool() { // else it is as without
			jsonin.Extra(d.r, param, v)
		}
	case "responseLogprobs":
		r.Logprobs = v.Bool()
	case "logprobs":
		r.TopLogprobs = d.Whole(param, number(v))
	case "thinkingConfig":
		d.fields(param, v, d.thinking)
	case "responseModalities":
		d.list(param, v, func(v gjson.Result) {
			r.Modalities = append(r.Modalities, strings.ToLower(d.text(param, v)))
		})
	default:
		jsonin.Extra(d.r, param, v)
	}
}

func (d *requestDecoder) thinking(name string, v gjson.Result) {
	re := &d.r.Reasoning
	switch name {
	case "thinkingBudget":
		re.Budget = d.Whole("generationConfig.thinkingConfig.thinkingBudget", number(v))
		if re.Budget != nil && *re.Budget == 0 {
			re.Effort = "none"
		}
	case "thinkingLevel":
		if level := strings.ToLower(v.String()); level != "thinking_level_unspecified" {
			re.Effort = level
		}
	case "includeThoughts":
		if v.Bool() {
			re.Summary = "auto"
		}
	default:
		jsonin.Extra(d.r, "generationConfig.thinkingConfig."+name, v)
	}
}

// tool reads {"functionDeclarations":[…]} or one of Google's own tools, such as {"googleSearch":{}}.
func (d *requestDecoder) tool(v gjson.Result) {
	d.fields("tools", v, func(name string, v gjson.Result) {
		switch {
		case name == "functionDeclarations":
			d.list("tools.functionDeclarations", v, d.function)
		case searchTools[name]:
			d.r.Tools = append(d.r.Tools, schema.Tool{Kind: schema.ToolWebSearch, Name: "web_search", Raw: wrap(name, v)})
		default:
			d.r.Tools = append(d.r.Tools, schema.Tool{Kind: schema.ToolOther, Name: name, Raw: wrap(name, v)})
		}
	})
}

// function reads a declaration. Its Raw serves a provider of this format.
func (d *requestDecoder) function(v gjson.Result) {
	t := schema.Tool{Kind: schema.ToolFunction, Raw: raw(v)}
	d.fields("tools.functionDeclarations", v, func(name string, v gjson.Result) {
		switch name {
		case "name":
			t.Name = d.text("tools.functionDeclarations.name", v)
		case "description":
			t.Description = v.String()
		case "parameters":
			t.Parameters = fromOpenAPI(v)
		case "parametersJsonSchema":
			t.Parameters = raw(v)
		}
	})
	d.r.Tools = append(d.r.Tools, t)
}

// toolConfig reads {"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":[…]}}.
func (d *requestDecoder) toolConfig(name string, v gjson.Result) {
	if name != "functionCallingConfig" {
		jsonin.Extra(d.r, "toolConfig."+name, v)
		return
	}
	c := &d.r.ToolChoice
	d.fields("toolConfig.functionCallingConfig", v, func(name string, v gjson.Result) {
		switch name {
		case "mode":
			switch v.String() {
			case "AUTO", "VALIDATED":
				c.Mode = schema.ToolAuto
			case "ANY":
				c.Mode = schema.ToolRequired
			case "NONE":
				c.Mode = schema.ToolNone
			}
		case "allowedFunctionNames":
			d.list("toolConfig.functionCallingConfig.allowedFunctionNames", v, func(v gjson.Result) {
				c.Allowed = append(c.Allowed, v.String())
			})
		default:
			jsonin.Extra(d.r, "toolConfig.functionCallingConfig."+name, v)
		}
	})
	if c.Mode == schema.ToolRequired && len(c.Allowed) == 1 {
		c.Mode, c.Name, c.Allowed = schema.ToolNamed, c.Allowed[0], nil
	}
}

// wrap makes {"name": value}.
func wrap(name string, v gjson.Result) []byte {
	b := append(gjson.AppendJSONString([]byte{'{'}, name), ':')
	return append(append(b, v.Raw...), '}')
}
