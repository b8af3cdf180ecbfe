package extproc

import (
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy"
)

// modelObject is one entry of OpenAI's list of models.
type modelObject struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

type modelList struct {
	Object string        `json:"object"`
	Data   []modelObject `json:"data"`
}

// listModels answers with the models that this caller may use, or with the one of the given name, escaped as in a path.
func (st *stream) listModels(escaped string) error {
	f := policy.Features{Op: string(schema.OpChat), Schema: string(st.client.Format()), Path: st.path, N: 1, Header: st.head.join, EnvoyRoute: st.route}
	if h := st.snapshot.TeamHeader; h != "" {
		f.Team = st.head.get(h)
	}
	if h := st.snapshot.UserHeader; h != "" {
		f.User = st.head.get(h)
	}
	list := modelList{Object: "list", Data: []modelObject{}}
	for _, v := range st.snapshot.Router.Visible(&f) {
		list.Data = append(list.Data, modelObject{ID: v.Name, Object: "model", Created: st.snapshot.Loaded.Unix(), OwnedBy: v.Provider})
	}
	var answer any = list
	if escaped != "" {
		name, err := url.PathUnescape(escaped)
		if err != nil {
			name = escaped
		}
		one := find(list.Data, name)
		if one == nil {
			return &schema.Error{
				Kind: schema.KindNotFound, Code: "model_not_found", Param: "model",
				Message: "there is no model " + strconv.Quote(clip(name, 100)) + " that you may use; GET /v1/models lists those",
			}
		}
		answer = one
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	var m mutation
	m.put("content-type", "application/json")
	return st.conn.sendImmediate(200, &m, body, "llmroute_models", nil)
}

func find(models []modelObject, name string) *modelObject {
	for i := range models {
		if models[i].ID == name {
			return &models[i]
		}
	}
	return nil
}
