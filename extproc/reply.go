package extproc

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy"
)

// refuse answers the client with err, in the client's schema, in place of a provider.
func (st *stream) refuse(err error) error {
	e := asError(err)
	if st.server.observe != nil {
		o := &Outcome{
			Stage: st.stage, RequestID: st.head.get(requestIDHeader), ID: st.id, TraceParent: st.head.get(traceHeader), Op: st.target.Op, Err: e, Features: st.features, stream: st,
		}
		errors.As(err, &o.Refusal)
		st.server.observe(o)
	}
	code, body := st.client.EncodeError(e)
	m := jsonMutation()
	if e.RetryAfter > 0 {
		m.putInt("retry-after", int(math.Ceil(e.RetryAfter.Seconds())))
	}
	if st.allow != "" {
		m.put("allow", st.allow)
	}
	st.bill.tellRefused(m, e.Code)
	log := &structpb.Struct{Fields: map[string]*structpb.Value{"error": structpb.NewStringValue(e.Code)}}
	for name, value := range map[string]string{
		"id": st.id, "op": string(st.target.Op), "team": st.caller.team, "user": st.caller.user, "client": st.caller.client,
	} {
		if value != "" {
			log.Fields[name] = structpb.NewStringValue(strings.ToValidUTF8(value, "?"))
		}
	}
	return st.conn.sendImmediate(code, m, body, "llmroute_"+e.Code, log)
}

// jsonMutation says that an answer of llmroute's own is JSON.
func jsonMutation() *mutation {
	m := &mutation{}
	m.put("content-type", "application/json")
	return m
}

// asError gives every error a code. What has none is llmroute's own fault, whose text stays here.
func asError(err error) *schema.Error {
	if e := (*schema.Error)(nil); errors.As(err, &e) {
		return e
	}
	if e := (*policy.Error)(nil); errors.As(err, &e) {
		return fromPolicy(e)
	}
	return &schema.Error{Kind: schema.KindInternal, Code: "internal_error", Message: "llmroute failed to handle the request", Cause: err}
}

// policyKinds gives the decision's codes their meaning and status.
var policyKinds = map[policy.Code]schema.Kind{
	policy.ModelNotFound:      schema.KindNotFound,
	policy.RouteNotFound:      schema.KindNotFound,
	policy.PolicyDenied:       schema.KindPermission,
	policy.ContextTooLong:     schema.KindContextTooLong,
	policy.InputLimit:         schema.KindInvalidRequest,
	policy.Unsupported:        schema.KindInvalidRequest,
	policy.TooExpensive:       schema.KindInvalidRequest,
	policy.NoHealthyCandidate: schema.KindUnavailable,
	policy.NoCandidate:        schema.KindInvalidRequest,
	policy.InvalidStrategy:    schema.KindInvalidRequest,
}

func fromPolicy(e *policy.Error) *schema.Error {
	kind, ok := policyKinds[e.Code]
	if !ok {
		kind = schema.KindInvalidRequest
	}
	return &schema.Error{Kind: kind, Code: string(e.Code), Message: e.Message, Param: e.Param}
}

func tooLarge(limit int64) *schema.Error {
	return &schema.Error{
		Kind: schema.KindTooLarge, Code: "request_too_large",
		Message: fmt.Sprintf("the request body is larger than the limit of %d bytes; send less, or raise limits.body_bytes", limit),
	}
}

func wrongMethod(method, path, allowed string) *schema.Error {
	return &schema.Error{
		Kind: schema.KindMethod, Code: "method_not_allowed",
		Message: fmt.Sprintf("%s does not take %s; use %s", path, method, allowed),
	}
}

func unknownPath(path string, client schema.Format) *schema.Error {
	return &schema.Error{
		Kind: schema.KindNotFound, Code: "unknown_path",
		Message: fmt.Sprintf("there is nothing at %s; %s", strconv.Quote(clip(path)), served[client]),
	}
}

func wrongType(got string) *schema.Error {
	return &schema.Error{
		Kind: schema.KindMediaType, Code: "unsupported_media_type",
		Message: fmt.Sprintf("content-type is %s; send application/json", strconv.Quote(clip(got))),
	}
}

func wrongEncoding(got string) *schema.Error {
	return &schema.Error{
		Kind: schema.KindMediaType, Code: "unsupported_content_encoding",
		Message: fmt.Sprintf("content-encoding is %s; send the body as it is", strconv.Quote(clip(got))),
	}
}

// clip bounds what an error repeats of the client's words.
func clip(s string) string {
	const most = 100
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
