package demo

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// bedrock speaks the Bedrock Runtime API: Converse, and InvokeModel for Claude.
//
// Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html
type bedrock struct{}

var _ dialect = bedrock{}

func (bedrock) routes(on func(string, endpoint)) {
	on("POST /model/{id}/converse", func(x *exchange) *failure { return converse(x, false) })
	on("POST /model/{id}/converse-stream", func(x *exchange) *failure { return converse(x, true) })
	on("POST /model/{id}/invoke", func(x *exchange) *failure { return invoke(x, false) })
	on("POST /model/{id}/invoke-with-response-stream", func(x *exchange) *failure { return invoke(x, true) })
}

// authorized: a Bedrock API key as bearer, or an AWS signature, which is checked where the secret is known.
func (bedrock) authorized(r *http.Request, body []byte, key string) bool {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return false
	}
	if token, bearer := strings.CutPrefix(values[0], "Bearer "); bearer {
		return token == key
	}
	id, secret, signed := strings.Cut(key, ":")
	s, err := parseSignature(values[0])
	if err != nil || s.keyID != id {
		return false
	}
	return !signed || s.verify(r, body, secret)
}

// bedrockErrors gives each problem its status and exception.
//
// Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors
var bedrockErrors = map[Problem]struct {
	status             int
	exception, message string
}{
	Invalid:       {400, "ValidationException", ""},
	ContextLength: {400, "ValidationException", "Input is too long for requested model."},
	ContentFilter: {400, "ValidationException", "The request was blocked by a content filter."},
	Auth:          {403, "UnrecognizedClientException", "The security token included in the request is invalid."},
	Permission:    {403, "AccessDeniedException", "You don't have access to the model with the specified model ID."},
	NotFound:      {404, "UnknownOperationException", ""},
	UnknownModel:  {400, "ValidationException", "The provided model identifier is invalid."},
	TooLarge:      {413, "ValidationException", "Request body is too large."},
	RateLimit:     {429, "ThrottlingException", "Too many requests, please wait before trying again."},
	Quota:         {400, "ServiceQuotaExceededException", "Your request exceeds the service quota for your account."},
	Server:        {500, "InternalServerException", "The system encountered an unexpected error during processing. Try your request again."},
	Overloaded:    {503, "ServiceUnavailableException", "Bedrock is unable to process your request."},
	Timeout:       {408, "ModelTimeoutException", "Model has timed out in processing the request."},
}

type bedrockMessage struct {
	Message string `json:"message"`
}

func bedrockErrorOf(f *failure) (status int, exception string, m bedrockMessage) {
	row := bedrockErrors[f.problem]
	status, m.Message = row.status, row.message
	if f.status != 0 {
		status = f.status
	}
	if m.Message == "" {
		m.Message = f.message
	}
	return status, row.exception, m
}

func (bedrock) render(f *failure) rendered {
	status, exception, m := bedrockErrorOf(f)
	return rendered{
		status: status, body: encode(m),
		header: map[string]string{"X-Amzn-Errortype": exception + ":http://internal.amazon.com/coral/com.amazon.bedrock/", "X-Amzn-Requestid": "00000000-0000-4000-8000-000000000000"},
	}
}

func (bedrock) streamError(_ *http.Request, f *failure, _ int) []byte {
	_, exception, m := bedrockErrorOf(f)
	return amazonMessage("exception", strings.ToLower(exception[:1])+exception[1:], m)
}

// amazonMessage frames v as application/vnd.amazon.eventstream. kind is event or exception.
//
// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html
func amazonMessage(kind, name string, v any) []byte {
	m := eventstream.Message{Payload: encode(v)}
	m.Headers.Set(":message-type", eventstream.StringValue(kind))
	m.Headers.Set(":"+kind+"-type", eventstream.StringValue(name))
	m.Headers.Set(":content-type", eventstream.StringValue("application/json"))
	var b bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
		return nil // only for headers and payloads beyond the format's sizes
	}
	return b.Bytes()
}

const amazonStream = "application/vnd.amazon.eventstream"

// bedrockModel is the model of the path; SDKs escape its colon or not.
func bedrockModel(x *exchange) (string, *failure) {
	id := x.r.PathValue("id")
	if !x.p.serves(id) {
		return "", unknownModel(id)
	}
	return id, nil
}

// invoke serves InvokeModel for Claude: the Messages API in an envelope.
//
// Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
func invoke(x *exchange, streamed bool) *failure {
	w, _, f := answerMessages(x, onBedrock)
	if f != nil {
		return f
	}
	if !streamed {
		x.json(w.whole(), w.cost())
		return nil
	}
	w.event = func(_ string, v any) []byte {
		return amazonMessage("event", "chunk", struct {
			Bytes string `json:"bytes"`
			Pad   string `json:"p"`
		}{base64.StdEncoding.EncodeToString(encode(v)), "abcdefgh"})
	}
	x.stream(amazonStream, w.cost(), w.frames())
	return nil
}

// onBedrock: the path names the model and whether to stream, the body the version.
func onBedrock(x *exchange, m *messagesRequest) *failure {
	model, f := bedrockModel(x)
	switch {
	case f != nil:
		return f
	case m.AnthropicVersion != "bedrock-2023-05-31":
		return invalid("anthropic_version", "Field required")
	case m.Model != "":
		return invalid("model", "Extra inputs are not permitted")
	case m.Stream:
		return invalid("stream", "Extra inputs are not permitted")
	case m.Thread != nil:
		return invalid("thread", "Extra inputs are not permitted")
	}
	m.Model = model
	return nil
}

func (bedrock) chat(text string, stream bool) (path, body string) {
	path = "/model/demo/converse"
	if stream {
		path += "-stream"
	}
	return path, fmt.Sprintf(`{"messages":[{"role":"user","content":[{"text":%q}]}]}`, text)
}
