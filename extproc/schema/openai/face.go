package openai

import (
	"encoding/json"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// DecodeRequest implements schema.Client.
func (Client) DecodeRequest(t schema.Target, body []byte) (*schema.Request, error) {
	root, err := document(body)
	if err != nil {
		return nil, err
	}
	var r *schema.Request
	var fault *schema.Error
	switch t.Op {
	case schema.OpResponses:
		r, fault = decodeResponsesRequest(root)
	case schema.OpEmbeddings:
		r, fault = decodeEmbeddingsRequest(root)
	case schema.OpCompletions:
		r, fault = decodeCompletionsRequest(root)
	default:
		r, fault = decodeChatRequest(root)
	}
	if fault != nil {
		return nil, fault
	}
	r.Format, r.Op = schema.OpenAI, t.Op
	return r, nil
}

// EncodeResponse implements schema.Client.
func (Client) EncodeResponse(t schema.Target, r *schema.Response) ([]byte, error) {
	switch t.Op {
	case schema.OpResponses:
		return encodeResponsesResponse(r), nil
	case schema.OpEmbeddings:
		return encodeEmbeddingsResponse(r)
	case schema.OpCompletions:
		return encodeCompletionsResponse(r), nil
	}
	return encodeChatResponse(r), nil
}

// NewEncoder implements schema.Client.
func (Client) NewEncoder(t schema.Target, r *schema.Request) schema.Encoder {
	if r == nil {
		r = &schema.Request{}
	}
	switch t.Op {
	case schema.OpResponses:
		return newResponsesEncoder(r)
	case schema.OpCompletions:
		return &chatEncoder{request: r, text: true}
	}
	return &chatEncoder{request: r}
}

// operation is the one of this format's that carries r.
func operation(r *schema.Request) schema.Op {
	switch {
	case r.Embed != nil:
		return schema.OpEmbeddings
	case paths[r.Via] != "":
		return r.Via
	case r.Format == schema.OpenAI && r.Op == schema.OpResponses:
		return schema.OpResponses
	case r.Legacy:
		return schema.OpCompletions
	}
	return schema.OpChat
}

// EncodeRequest implements schema.Provider.
func (p Provider) EncodeRequest(r *schema.Request) (*schema.Outbound, error) {
	r = schema.EnumInWords(r)
	if lost := schema.ThreadLost(r); lost != nil {
		return nil, lost
	}
	o := newOutbound(r, p.Dialect)
	var fault *schema.Error
	switch o.op {
	case schema.OpResponses:
		fault = o.responses()
	case schema.OpEmbeddings:
		fault = o.embeddings()
	case schema.OpCompletions:
		fault = o.completions()
	default:
		fault = o.chat()
	}
	if fault != nil {
		return nil, fault
	}
	return &schema.Outbound{Op: o.op, Body: o.w.b, Lost: o.lost}, nil
}

// DecodeResponse implements schema.Provider.
func (p Provider) DecodeResponse(r *schema.Request, body []byte) (*schema.Response, error) {
	if r == nil {
		r = &schema.Request{}
	}
	if !json.Valid(body) {
		return nil, broken("the provider's answer is not valid JSON")
	}
	root := schema.Parse(body)
	if !root.IsObject() {
		return nil, broken("the provider's answer is not a JSON object")
	}
	if e := errorIn(root); e != nil {
		return nil, e
	}
	var answer *schema.Response
	var fault *schema.Error
	switch operation(r) {
	case schema.OpResponses:
		answer, fault = decodeResponsesResponse(r, root)
	case schema.OpEmbeddings:
		answer, fault = decodeEmbeddingsResponse(root)
	case schema.OpCompletions:
		answer, fault = decodeCompletionsResponse(root)
	default:
		answer, fault = decodeChatResponse(r, root)
	}
	if fault != nil {
		return nil, fault
	}
	answer.Request = r
	return answer, nil
}

var _ schema.Tolerant = Provider{}

// TakesForeign implements schema.Tolerant: servers that take thoughts back take them of anyone, for they are but text.
func (p Provider) TakesForeign() bool { return p.Dialect.Thoughts != "" }

// NewDecoder implements schema.Provider.
func (p Provider) NewDecoder(r *schema.Request) schema.Decoder {
	if r == nil {
		r = &schema.Request{}
	}
	if operation(r) == schema.OpResponses {
		return newResponsesDecoder(r)
	}
	return newChatDecoder(r)
}

// errorIn finds an error inside an answer or a stream event that came with status 200:
//
//	{"error":{"message":"…","type":"…","code":…}}     most servers
//	{"object":"error","message":"…","code":400}       older vLLM
//
// Such an error often carries an HTTP status as its code. Else it is the provider's failure, whatever it says.
func errorIn(root gjson.Result) *schema.Error {
	object := root.Get("error")
	if object.Type == gjson.Null || empty(object) {
		if root.Get("object").Str != "error" {
			return nil
		}
		object = root
	}
	status := 502
	for _, name := range [...]string{"code", "status", "status_code"} {
		if n := object.Get(name).Int(); n >= 400 && n < 600 {
			status = int(n)
			break
		}
	}
	e := decodeErrorObject(status, noHeader, []byte(root.Raw))
	if status != 502 {
		return e
	}
	e.Status = 0 // what the format gives the kind
	if kindsOfCode[e.Code] != "" {
		return e
	}
	for _, word := range [...]string{e.Type, e.Code} { // Responses has the word as its code
		if kind, ok := kindsOfType[word]; ok {
			e.Kind = kind
			break
		}
	}
	if (e.Kind == schema.KindInternal || e.Kind == schema.KindBadGateway) && isOverload(e.Message) {
		e.Kind = schema.KindOverloaded
	}
	return e
}

func noHeader(string) string { return "" }

// kindsOfType reads the `type` of an error that comes without a status.
//
// Source: https://platform.openai.com/docs/guides/error-codes; Anthropic's words, which gateways pass on:
// https://docs.claude.com/en/api/errors
var kindsOfType = map[string]schema.Kind{
	"invalid_request_error": schema.KindInvalidRequest,
	"BadRequestError":       schema.KindInvalidRequest, // vLLM
	"authentication_error":  schema.KindAuth,
	"permission_error":      schema.KindPermission,
	"not_found_error":       schema.KindNotFound,
	"NotFoundError":         schema.KindNotFound, // vLLM
	"insufficient_quota":    schema.KindBilling,
	"rate_limit_error":      schema.KindRateLimit,
	"rate_limit_exceeded":   schema.KindRateLimit,
	"tokens":                schema.KindRateLimit, // OpenAI, tokens per minute
	"requests":              schema.KindRateLimit, // OpenAI, requests per minute
	"server_error":          schema.KindInternal,
	"api_error":             schema.KindInternal,
	"InternalServerError":   schema.KindInternal, // vLLM
	"overloaded_error":      schema.KindOverloaded,
	"service_unavailable":   schema.KindUnavailable,
	"timeout_error":         schema.KindTimeout,
}
