package extproc

import (
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy"
)

// listModels answers with the models that this caller may use, or with the one of the given name, escaped as in a path.
func (st *stream) listModels(escaped string) error {
	f := policy.Features{Schema: string(st.client.Format()), Path: st.path, N: 1, Header: st.head.join, EnvoyRoute: st.route}
	st.identify(&f)
	visible := st.snapshot.Router.Visible(&f)
	shape := modelShapes[st.client.Format()]
	answer := shape.list(visible, st.snapshot.Loaded)
	if escaped != "" {
		name, err := url.PathUnescape(escaped)
		if err != nil {
			name = escaped
		}
		one := find(visible, name)
		if one == nil {
			return &schema.Error{
				Kind: schema.KindNotFound, Code: "model_not_found", Param: "model",
				Message: "there is no model " + strconv.Quote(clip(name)) + " that you may use; GET " + modelsPath + " lists those",
			}
		}
		answer = shape.one(one, st.snapshot.Loaded)
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return st.conn.sendImmediate(200, jsonMutation(), body, "llmroute_models", nil)
}

func find(models []policy.Visible, name string) *policy.Visible {
	for i := range models {
		if models[i].Name == name {
			return &models[i]
		}
	}
	return nil
}

// modelShape is how a format lists models.
type modelShape struct {
	one  func(*policy.Visible, time.Time) any
	list func([]policy.Visible, time.Time) any
}

// modelShapes follow the API references' pages on models of OpenAI, Anthropic and Gemini.
var modelShapes = map[schema.Format]modelShape{
	schema.OpenAI:    {openAIModel, openAIModels},
	schema.Anthropic: {anthropicModel, anthropicModels},
	schema.Gemini:    {geminiModel, geminiModels},
}

func openAIModel(v *policy.Visible, loaded time.Time) any {
	owner := v.Provider
	if owner == "" {
		owner = "llmroute"
	}
	return struct {
		ID      string `json:"id"`
		Object  string `json:"object"`
		Created int64  `json:"created"`
		OwnedBy string `json:"owned_by"`
	}{v.Name, "model", loaded.Unix(), owner}
}

func openAIModels(models []policy.Visible, loaded time.Time) any {
	return struct {
		Object string `json:"object"`
		Data   []any  `json:"data"`
	}{"list", each(models, loaded, openAIModel)}
}

func anthropicModel(v *policy.Visible, loaded time.Time) any {
	return struct {
		Type        string `json:"type"`
		ID          string `json:"id"`
		DisplayName string `json:"display_name"`
		CreatedAt   string `json:"created_at"`
	}{"model", v.Name, v.Name, loaded.UTC().Format(time.RFC3339)}
}

func anthropicModels(models []policy.Visible, loaded time.Time) any {
	answer := struct {
		Data    []any   `json:"data"`
		HasMore bool    `json:"has_more"`
		FirstID *string `json:"first_id"`
		LastID  *string `json:"last_id"`
	}{Data: each(models, loaded, anthropicModel)}
	if n := len(models); n > 0 {
		answer.FirstID, answer.LastID = &models[0].Name, &models[n-1].Name
	}
	return answer
}

func geminiModel(v *policy.Visible, _ time.Time) any {
	return struct {
		Name        string   `json:"name"`
		DisplayName string   `json:"displayName"`
		Methods     []string `json:"supportedGenerationMethods"`
	}{"models/" + v.Name, v.Name, []string{"generateContent", "streamGenerateContent"}}
}

func geminiModels(models []policy.Visible, loaded time.Time) any {
	return struct {
		Models []any `json:"models"`
	}{each(models, loaded, geminiModel)}
}

func each(models []policy.Visible, loaded time.Time, one func(*policy.Visible, time.Time) any) []any {
	out := make([]any, len(models))
	for i := range models {
		out[i] = one(&models[i], loaded)
	}
	return out
}
