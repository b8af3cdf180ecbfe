package openai

import (
	"strconv"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// responseHead is what a response object says besides its output. It repeats the request, as OpenAI's does.
type responseHead struct {
	id, base string // "resp_…", and the same without prefix for the ids of items
	model    string
	created  int64
	tier     string
	request  *schema.Request
}

func headOf(id, model string, created int64, r *schema.Request) responseHead {
	base := strings.TrimPrefix(idOr(id, ""), "resp_")
	if r == nil {
		r = &schema.Request{}
	}
	if model == "" {
		model = r.Model
	}
	return responseHead{id: "resp_" + base, base: base, model: model, created: created, request: r}
}

func (h *responseHead) itemID(index int) string { return h.base + "_" + strconv.Itoa(index) }

// write appends the object. items are complete items, separated by commas. fault is nil unless the status is failed.
//
// Source: https://platform.openai.com/docs/api-reference/responses/object
func (h *responseHead) write(w *writer, status responseStatus, items []byte, usage *schema.Usage, fault *schema.Error) {
	w.object()
	w.str("id", h.id)
	w.str("object", "response")
	w.num("created_at", h.created)
	w.str("status", status.name)
	w.key("background")
	w.value([]byte("false"))
	w.key("error")
	if fault != nil {
		w.object()
		w.str("code", codeOf(fault))
		w.str("message", fault.Message)
		w.endObject()
	} else {
		w.value(nil)
	}
	w.key("incomplete_details")
	if status.reason != "" {
		w.object()
		w.str("reason", status.reason)
		w.endObject()
	} else {
		w.value(nil)
	}
	w.str("model", h.model)
	w.list0("output", items)
	h.echo(w)
	w.key("usage")
	if usage != nil {
		w.responsesUsage(usage)
	} else {
		w.value(nil)
	}
	w.endObject()
}

func codeOf(e *schema.Error) string {
	if e.Code != "" {
		return e.Code
	}
	if code := errorCodes[e.Kind]; code != "" {
		return code
	}
	return "server_error"
}

// echo repeats the request's settings.
func (h *responseHead) echo(w *writer) {
	r := h.request
	o := newOutbound(r, Dialect{})
	instructions := ""
	if len(r.Messages) > 1 && r.Messages[0].Role == schema.RoleSystem {
		instructions, _ = plainText(&r.Messages[0])
	}
	w.orNull("instructions", instructions)
	w.number("max_output_tokens", r.MaxOutputTokens)
	w.null("previous_response_id")
	w.truth("parallel_tool_calls", r.ParallelTools == nil || *r.ParallelTools)
	w.key("temperature")
	w.floatOr(r.Temperature, 1)
	w.key("top_p")
	w.floatOr(r.TopP, 1)
	w.objectAt("reasoning")
	w.orNull("effort", r.Reasoning.Effort)
	w.orNull("summary", r.Reasoning.Summary)
	w.endObject()
	w.truth("store", false) // nobody stores an answer that was translated
	w.list0("tools", o.toolItems())
	o.w, *w = *w, o.w // the rest is written as in a request
	if c := r.ToolChoice; len(r.Tools) > 0 && (c.Mode != "" || c.Allowed != nil) {
		o.responsesChoice()
	} else {
		o.w.str("tool_choice", "auto")
	}
	if r.Output.Kind != schema.OutputText || r.Verbosity != "" {
		o.responsesText()
	} else {
		o.w.raw("text", []byte(`{"format":{"type":"text"}}`))
	}
	o.w, *w = *w, o.w
	w.str("truncation", "disabled")
	w.metadata(r.Metadata)
	w.orNull("user", r.User)
	w.optional("service_tier", h.tier)
}

func (w *writer) number(name string, n *int) {
	if n == nil {
		w.null(name)
		return
	}
	w.num(name, int64(*n))
}

func (w *writer) floatOr(f *float64, otherwise float64) {
	if f == nil {
		f = &otherwise
	}
	w.b = strconv.AppendFloat(w.b, *f, 'g', -1, 64)
}

func (w *writer) metadata(raw []byte) {
	if len(raw) == 0 {
		raw = []byte("{}")
	}
	w.raw("metadata", raw)
}
