package demo

import (
	"encoding/json"
	"slices"
	"strings"
)

// The members that Gemini has; it refuses all others, at every level.
const (
	geminiParams = "cachedContent contents generationConfig labels model safetySettings serviceTier store systemInstruction toolConfig tools"
	geminiConfig = `audioTimestamp candidateCount enableAffectiveDialog enableEnhancedCivicAnswers frequencyPenalty imageConfig logprobs
maxOutputTokens mediaResolution presencePenalty responseFormat responseJsonSchema responseLogprobs responseMimeType responseModalities
responseSchema routingConfig seed speechConfig stopSequences temperature thinkingConfig topK topP`
	geminiPartName = `codeExecutionResult executableCode fileData functionCall functionResponse inlineData mediaResolution partMetadata text
thought thoughtSignature toolCall toolResponse videoMetadata`
	geminiFunction = "behavior description name parameters parametersJsonSchema response responseJsonSchema"
	geminiSchema   = `anyOf default description enum example format items maxItems maxLength maxProperties maximum minItems minLength
minProperties minimum nullable pattern properties propertyOrdering required title type`
)

type geminiRequest struct {
	Contents          []geminiContent   `json:"contents"`
	SystemInstruction *geminiContent    `json:"systemInstruction"`
	Tools             []geminiTool      `json:"tools"`
	ToolConfig        *geminiToolConfig `json:"toolConfig"`
	GenerationConfig  json.RawMessage   `json:"generationConfig"`
}

type geminiContent struct {
	Role  string            `json:"role,omitempty"`
	Parts []json.RawMessage `json:"parts"`
}

type geminiTool struct {
	FunctionDeclarations []json.RawMessage `json:"functionDeclarations"`
}

type geminiDeclaration struct {
	Name                 string          `json:"name"`
	Parameters           json.RawMessage `json:"parameters"`
	ParametersJSONSchema json.RawMessage `json:"parametersJsonSchema"`
}

type geminiToolConfig struct {
	FunctionCallingConfig *struct {
		Mode    string   `json:"mode"`
		Allowed []string `json:"allowedFunctionNames"`
	} `json:"functionCallingConfig"`
}

type generationConfig struct {
	CandidateCount     *int            `json:"candidateCount"`
	MaxOutputTokens    *int            `json:"maxOutputTokens"`
	StopSequences      []string        `json:"stopSequences"`
	Temperature        *float64        `json:"temperature"`
	TopP               *float64        `json:"topP"`
	ResponseMimeType   string          `json:"responseMimeType"`
	ResponseSchema     json.RawMessage `json:"responseSchema"`
	ResponseJSONSchema json.RawMessage `json:"responseJsonSchema"`
	ThinkingConfig     *struct {
		ThinkingBudget  *int   `json:"thinkingBudget"`
		ThinkingLevel   string `json:"thinkingLevel"`
		IncludeThoughts bool   `json:"includeThoughts"`
	} `json:"thinkingConfig"`
}

func readGemini(x *exchange, model string) (*ask, *failure) {
	var g geminiRequest
	body, err := camelKeys(x.body, 0)
	if err != nil {
		return nil, invalid("", "Invalid JSON payload received. %v", err)
	}
	if f := firstFailure(onlyNames(body, geminiParams, ""), decodeValue(body, &g, "")); f != nil {
		return nil, f
	}
	a := &ask{model: model}
	if s := g.SystemInstruction; s != nil {
		t := turn{role: system}
		for _, raw := range s.Parts {
			p, f := readPart(raw, "system_instruction.parts")
			if f != nil {
				return nil, f
			}
			t.say(p.Text)
		}
		a.turns = append(a.turns, t)
	}
	return a, firstFailure(g.config(a), g.tools(a), g.contents(a))
}

// onlyNames refuses members that are not among known.
func onlyNames(raw json.RawMessage, known, where string) *failure {
	var members map[string]json.RawMessage
	if f := decodeValue(raw, &members, where); f != nil {
		return f
	}
	names := strings.Fields(known)
	for name := range members {
		if !slices.Contains(names, name) {
			return unknownName(name, where)
		}
	}
	return nil
}

// verbatim members hold the client's own names.
var verbatim = []string{"args", "response", "parametersJsonSchema", "responseJsonSchema", "properties", "labels", "data"}

// camelKeys writes snake_case names of members as camelCase: the API takes both. Deeper than 16 levels nothing is the API's own.
func camelKeys(raw json.RawMessage, depth int) (json.RawMessage, error) {
	switch {
	case depth > 16 || len(raw) == 0:
		return raw, nil
	case raw[0] == '[':
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, err
		}
		for i := range items {
			item, err := camelKeys(items[i], depth+1)
			if err != nil {
				return nil, err
			}
			items[i] = item
		}
		return encode(items), nil
	case raw[0] != '{':
		if depth == 0 {
			raw = json.RawMessage(strings.TrimSpace(string(raw)))
			if len(raw) > 0 && raw[0] == '{' {
				return camelKeys(raw, 0)
			}
		}
		return raw, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	out := make(map[string]json.RawMessage, len(members))
	for name, value := range members {
		name = camel(name)
		if !slices.Contains(verbatim, name) {
			inner, err := camelKeys(value, depth+1)
			if err != nil {
				return nil, err
			}
			value = inner
		}
		out[name] = value
	}
	return encode(out), nil
}

func camel(name string) string {
	parts := strings.Split(name, "_")
	for i, p := range parts {
		if i > 0 && p != "" {
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "")
}

func (g *geminiRequest) config(a *ask) *failure {
	if absent(g.GenerationConfig) {
		return nil
	}
	var c generationConfig
	if f := firstFailure(onlyNames(g.GenerationConfig, geminiConfig, "generation_config"), decodeValue(g.GenerationConfig, &c, "generation_config")); f != nil {
		return f
	}
	a.stops, a.n = c.StopSequences, 1
	if c.CandidateCount != nil {
		a.n = *c.CandidateCount
	}
	if c.MaxOutputTokens != nil {
		a.limit = *c.MaxOutputTokens
	}
	switch {
	case a.n < 1 || a.n > 8:
		return invalid("generation_config.candidate_count", "candidateCount must be from 1 to 8.")
	case c.MaxOutputTokens != nil && a.limit < 1:
		return invalid("generation_config.max_output_tokens", "max_output_tokens must be positive.")
	case len(a.stops) > 5:
		return invalid("generation_config.stop_sequences", "at most 5 stop sequences are allowed.")
	case c.ResponseMimeType != "application/json" && !(absent(c.ResponseSchema) && absent(c.ResponseJSONSchema)):
		return invalid("generation_config.response_schema", "Response schema requires response_mime_type application/json.")
	}
	if c.ResponseMimeType == "application/json" {
		a.format = formatJSON
		for _, s := range []json.RawMessage{c.ResponseSchema, c.ResponseJSONSchema} {
			if !absent(s) {
				a.format, a.schema = formatSchema, s
			}
		}
	}
	if !absent(c.ResponseSchema) {
		if f := checkSchema(c.ResponseSchema, "generation_config.response_schema"); f != nil {
			return f
		}
	}
	if t := c.ThinkingConfig; t != nil {
		a.thoughts = t.IncludeThoughts
		a.reasoning = effortTokens[strings.ToLower(t.ThinkingLevel)]
		if b := t.ThinkingBudget; b != nil && *b < 0 {
			a.reasoning = 32
		} else if b != nil {
			a.reasoning = (*b + 31) / 32
		}
	}
	return firstFailure(inRange(c.Temperature, 0, 2, "temperature"), inRange(c.TopP, 0, 1, "top_p"))
}

func (g *geminiRequest) tools(a *ask) *failure {
	for _, t := range g.Tools {
		for _, raw := range t.FunctionDeclarations {
			const where = "tools.function_declarations"
			var d geminiDeclaration
			if f := firstFailure(onlyNames(raw, geminiFunction, where), decodeValue(raw, &d, where)); f != nil {
				return f
			}
			if !geminiName(d.Name) {
				return invalid(where+".name", "Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:) or dashes (-), with a maximum length of 64.")
			}
			schema := d.ParametersJSONSchema
			if !absent(d.Parameters) {
				schema = d.Parameters
				if f := checkSchema(d.Parameters, where+".parameters"); f != nil {
					return f
				}
			}
			a.tools = append(a.tools, tool{name: d.Name, schema: schema})
		}
	}
	if g.ToolConfig == nil || g.ToolConfig.FunctionCallingConfig == nil {
		return nil
	}
	c := g.ToolConfig.FunctionCallingConfig
	choices := map[string]toolChoice{"": chooseAuto, "AUTO": chooseAuto, "VALIDATED": chooseAuto, "ANY": chooseRequired, "NONE": chooseNone}
	choice, known := choices[strings.ToUpper(c.Mode)]
	switch {
	case !known:
		return invalid("tool_config.function_calling_config.mode", "Invalid value at 'tool_config.function_calling_config.mode': %q", c.Mode)
	case len(c.Allowed) > 0 && choice != chooseRequired:
		return invalid("tool_config", "Function calling mode must be ANY, if allowed function names are set.")
	}
	a.choice = choice
	for _, name := range c.Allowed {
		if !a.has(name) {
			return invalid("tool_config", "allowed_function_names contains %q, which is not declared.", name)
		}
	}
	if len(c.Allowed) == 1 {
		a.choice, a.named = chooseNamed, c.Allowed[0]
	}
	return nil
}

func geminiName(s string) bool {
	if s == "" || len(s) > 64 || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	return toolName(strings.NewReplacer(".", "_", ":", "_").Replace(s), 64)
}

// checkSchema refuses what Gemini's subset of JSON Schema does not have: $ref, additionalProperties, oneOf, …
func checkSchema(raw json.RawMessage, where string) *failure {
	if f := onlyNames(raw, geminiSchema, where); f != nil {
		return f
	}
	var s struct {
		Type       *string                    `json:"type"` // no lists of types
		Properties map[string]json.RawMessage `json:"properties"`
		Items      json.RawMessage            `json:"items"`
		AnyOf      []json.RawMessage          `json:"anyOf"`
		Enum       []string                   `json:"enum"` // nothing but text
	}
	if f := decodeValue(raw, &s, where); f != nil {
		return f
	}
	inner := s.AnyOf
	if !absent(s.Items) {
		inner = append(inner, s.Items)
	}
	for _, p := range s.Properties {
		inner = append(inner, p)
	}
	for _, p := range inner {
		if f := checkSchema(p, where); f != nil {
			return f
		}
	}
	return nil
}
