package demo

import (
	"encoding/json"
)

const responseParams = `access_programs background context_management conversation include input instructions max_output_tokens
max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options
prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature text tool_choice tools
top_logprobs top_p truncation user`

type responsesRequest struct {
	Model              string          `json:"model"`
	Input              json.RawMessage `json:"input"`
	Instructions       *string         `json:"instructions"`
	MaxOutputTokens    *int            `json:"max_output_tokens"`
	ParallelToolCalls  *bool           `json:"parallel_tool_calls"`
	PreviousResponseID string          `json:"previous_response_id"`
	Reasoning          *struct {
		Effort  string `json:"effort"`
		Summary string `json:"summary"`
	} `json:"reasoning"`
	Stream bool `json:"stream"`
	Text   *struct {
		Format *struct {
			Type   string          `json:"type"`
			Name   string          `json:"name"`
			Schema json.RawMessage `json:"schema"`
		} `json:"format"`
	} `json:"text"`
	Tools []struct {
		Type       string          `json:"type"`
		Name       string          `json:"name"`
		Parameters json.RawMessage `json:"parameters"`
	} `json:"tools"`
	ToolChoice  json.RawMessage   `json:"tool_choice"`
	Metadata    map[string]string `json:"metadata"`
	Temperature *float64          `json:"temperature"`
	TopP        *float64          `json:"top_p"`
	Store       *bool             `json:"store"`
}

// responseItem is an item of the input: a message, a call, a call's output, or reasoning of an earlier answer.
type responseItem struct {
	Type      string          `json:"type"`
	Role      string          `json:"role"`
	Content   json.RawMessage `json:"content"`
	CallID    string          `json:"call_id"`
	Name      string          `json:"name"`
	Arguments string          `json:"arguments"`
	Output    json.RawMessage `json:"output"` // text, or content parts
}

type responsePart struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Refusal  string `json:"refusal"`
	ImageURL string `json:"image_url"`
	FileID   string `json:"file_id"`
	FileData string `json:"file_data"`
	FileURL  string `json:"file_url"`
}

func (r *responsesRequest) ask() (*ask, *failure) {
	a := &ask{model: r.Model, stream: r.Stream, single: r.ParallelToolCalls != nil && !*r.ParallelToolCalls}
	switch {
	case absent(r.Input):
		return nil, invalid("input", "Missing required parameter: 'input'.")
	case r.PreviousResponseID != "":
		return nil, invalid("previous_response_id", "Previous response with id '%s' not found.", r.PreviousResponseID)
	case r.MaxOutputTokens != nil && *r.MaxOutputTokens < 16:
		return nil, invalid("max_output_tokens", "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got %d instead.", *r.MaxOutputTokens)
	}
	if r.MaxOutputTokens != nil {
		a.limit = *r.MaxOutputTokens
	}
	if r.Reasoning != nil {
		a.reasoning, a.thoughts = effortTokens[r.Reasoning.Effort], r.Reasoning.Summary != ""
	}
	if r.Instructions != nil {
		a.turns = append(a.turns, turn{role: system, text: *r.Instructions})
	}
	return a, firstFailure(
		inRange(r.Temperature, 0, 2, "temperature"), inRange(r.TopP, 0, 1, "top_p"), r.format(a), r.tools(a), r.input(a))
}

func (r *responsesRequest) format(a *ask) *failure {
	if r.Text == nil || r.Text.Format == nil {
		return nil
	}
	switch f := r.Text.Format; f.Type {
	case "text":
	case "json_object":
		a.format = formatJSON
	case "json_schema":
		if !toolName(f.Name, 64) || absent(f.Schema) {
			return invalid("text.format.name", "Missing required parameter: 'text.format.name' or 'text.format.schema'.")
		}
		a.format, a.schema = formatSchema, f.Schema
	default:
		return invalid("text.format.type", "Invalid value: '%s'. Supported values are: 'json_object', 'json_schema', and 'text'.", f.Type)
	}
	return nil
}

func (r *responsesRequest) tools(a *ask) *failure {
	for i, t := range r.Tools {
		if t.Type != "function" {
			continue // the provider's own tools, which the demo does not use
		}
		if !toolName(t.Name, 64) {
			return invalid(at("tools", i)+".name", "Missing required parameter: '%s.name'.", at("tools", i))
		}
		a.tools = append(a.tools, tool{name: t.Name, schema: t.Parameters})
	}
	if len(a.tools) == 0 {
		return nil // a choice among the provider's own tools is not judged
	}
	return openAIToolChoice(r.ToolChoice, a)
}

func (r *responsesRequest) input(a *ask) *failure {
	if r.Input[0] == '"' {
		t := turn{role: user}
		f := decodeValue(r.Input, &t.text, "input")
		a.turns = append(a.turns, t)
		return f
	}
	var items []responseItem
	if f := decodeValue(r.Input, &items, "input"); f != nil {
		return f
	}
	if len(items) == 0 {
		return invalid("input", "Invalid 'input': empty array.")
	}
	names := map[string]string{} // of the tools, by the ids of calls that wait for a result
	for i := range items {
		if f := items[i].into(a, names, at("input", i)); f != nil {
			return f
		}
	}
	for id := range names {
		return invalid("input", "No tool output found for function call %s.", id)
	}
	return nil
}

func (it *responseItem) into(a *ask, names map[string]string, where string) *failure {
	roles := map[string]role{"system": system, "developer": system, "user": user, "assistant": assistant}
	switch it.Type {
	case "", "message":
		r, known := roles[it.Role]
		if !known {
			return invalid(where+".role", "Invalid value: '%s'. Supported values are: 'assistant', 'system', 'developer', and 'user'.", it.Role)
		}
		t := turn{role: r}
		f := t.responseContent(it.Content, where+".content")
		a.turns = append(a.turns, t)
		return f
	case "function_call":
		if it.CallID == "" || it.Name == "" || !json.Valid([]byte(it.Arguments)) {
			return invalid(where, "Missing required parameter: '%s.call_id', name or arguments.", where)
		}
		names[it.CallID] = it.Name
		c := call{id: it.CallID, name: it.Name, args: it.Arguments}
		if last := len(a.turns) - 1; last >= 0 && len(a.turns[last].calls) > 0 {
			a.turns[last].calls = append(a.turns[last].calls, c)
			return nil
		}
		a.turns = append(a.turns, turn{role: assistant, calls: []call{c}})
		return nil
	case "function_call_output":
		return it.output(a, names, where)
	case "reasoning", "item_reference":
		return nil
	}
	return invalid(where+".type", "Invalid value: '%s'.", it.Type)
}

func (it *responseItem) output(a *ask, names map[string]string, where string) *failure {
	name, waited := names[it.CallID]
	if !waited {
		return invalid(where+".call_id", "No tool call found for function call output with call_id %s.", it.CallID)
	}
	delete(names, it.CallID)
	t := turn{}
	if f := t.responseContent(it.Output, where+".output"); f != nil {
		return f
	}
	r := result{id: it.CallID, name: name, text: t.text, images: t.images}
	if last := len(a.turns) - 1; last >= 0 && len(a.turns[last].results) > 0 {
		a.turns[last].results = append(a.turns[last].results, r)
		return nil
	}
	a.turns = append(a.turns, turn{role: user, results: []result{r}})
	return nil
}

func (t *turn) responseContent(raw json.RawMessage, where string) *failure {
	if absent(raw) {
		return invalid(where, "Missing required parameter: '%s'.", where)
	}
	if raw[0] == '"' {
		return decodeValue(raw, &t.text, where)
	}
	var parts []responsePart
	if f := decodeValue(raw, &parts, where); f != nil {
		return f
	}
	for i, p := range parts {
		switch p.Type {
		case "input_text", "output_text":
			t.say(p.Text)
		case "refusal":
			t.say(p.Refusal)
		case "input_image":
			t.images++
			if f := imageURL(p.ImageURL, at(where, i)+".image_url"); f != nil && p.FileID == "" {
				return f
			}
		case "input_file":
			if p.FileID+p.FileData+p.FileURL == "" {
				return invalid(at(where, i), "Missing required parameter: '%s.file_data'.", at(where, i))
			}
			t.files++
		default:
			return invalid(at(where, i)+".type", "Invalid value: '%s'. Supported values are: 'input_text', 'input_image', 'output_text', 'refusal', 'input_file'.", p.Type)
		}
	}
	return nil
}
