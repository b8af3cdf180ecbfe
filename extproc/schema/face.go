package schema

import "encoding/json"

// Format names a wire format. Client and provider of the same format need no translation.
type Format string

// The formats. Azure's, Vertex AI's and others that serve one of these are envelopes around it.
const (
	OpenAI    Format = "openai"    // Chat Completions, Completions, Embeddings, Responses, Models
	Anthropic Format = "anthropic" // Messages
	Gemini    Format = "gemini"    // generateContent
	Bedrock   Format = "bedrock"   // Converse
)

// Op is what a request asks for. An Op belongs to one Format, but for embeddings and counts of tokens.
type Op string

// The operations, by the last part of their path or the name that their API reference gives them.
const (
	OpChat        Op = "chat_completions" // OpenAI
	OpCompletions Op = "completions"      // OpenAI
	OpEmbeddings  Op = "embeddings"       // OpenAI; Gemini's embedContent and batchEmbedContents
	OpResponses   Op = "responses"        // OpenAI
	OpMessages    Op = "messages"         // Anthropic
	OpCountTokens Op = "count_tokens"     // Anthropic; Gemini's countTokens
	OpGenerate    Op = "generate_content" // Gemini, streamed or not
	OpConverse    Op = "converse"         // Bedrock, streamed or not
)

// Target is what the path of a request says.
type Target struct {
	Op     Op
	Model  string // Gemini and Bedrock name it in the path; else empty
	Stream bool   // Gemini and Bedrock say so in the path; else false
	// JSONArray asks for a stream that is one JSON array instead of server-sent events: Gemini without alt=sse.
	JSONArray bool
	// Single asks for one embedding that is not in a list: Gemini's embedContent.
	Single bool
}

// Client is the face of a format towards those who call llmroute. A face holds no state and is safe for
// concurrent use; what lasts for a stream lives in its Encoder.
type Client interface {
	// Format says which bytes this face reads and writes.
	Format() Format
	// Scan reads what policy must know, in one pass and without copying: the Facts alias body. It returns an
	// *Error (code invalid_json, duplicate_field, invalid_type, …) for a body that providers could read differently.
	Scan(t Target, body []byte) (Facts, error)
	// Patch returns body with what e names changed; everything else stays as it was, byte for byte. f must come
	// from a Scan of the same body. The result may alias body.
	Patch(t Target, body []byte, f *Facts, e *Edit) ([]byte, error)
	// DecodeRequest reads the whole request into the neutral form. Strings may alias body.
	DecodeRequest(t Target, body []byte) (*Request, error)
	// EncodeResponse writes a complete answer.
	EncodeResponse(t Target, r *Response) ([]byte, error)
	// NewEncoder writes a streamed answer to the given request.
	NewEncoder(t Target, r *Request) Encoder
	// EncodeError writes an error body. The status is e.Status, or what the format demands for e.Kind.
	EncodeError(e *Error) (status int, body []byte)
}

// Provider is the face of a format towards those whom llmroute calls. It holds no state and is safe for concurrent use.
type Provider interface {
	// Format says which bytes this face reads and writes.
	Format() Format
	// Locate gives the path, and query if any, of an operation, relative to the origin of an endpoint whose
	// path is prefix ("/v1", or empty). ok is false if this format has no such operation.
	Locate(prefix string, op Op, model string, stream bool) (path string, ok bool)
	// EncodeRequest writes r, whose Model is the provider's own name.
	EncodeRequest(r *Request) (*Outbound, error)
	// DecodeResponse reads a complete answer with a 2xx status. It may return an *Error found inside.
	DecodeResponse(r *Request, body []byte) (*Response, error)
	// NewDecoder reads a streamed answer to r.
	NewDecoder(r *Request) Decoder
	// DecodeError reads the body of an answer with an error status. header looks up response headers by lower-case name.
	DecodeError(status int, header func(name string) string, body []byte) *Error
}

// Envelope is a Provider whose service carries a format in a form of its own, as clouds do: what is in the format already
// still goes through EncodeRequest and the decoders.
type Envelope interface {
	Provider
	Enveloped()
}

// Tolerant is a Provider that may take what Facts.Foreign warns of.
type Tolerant interface {
	Provider
	TakesForeign() bool
}

// Outbound is a request as a provider takes it.
type Outbound struct {
	Op     Op     // the provider's operation, for Provider.Locate
	Body   []byte // JSON
	Header [][2]string
	// Lost names what the request says and this format cannot, as the neutral form names it:
	// "logprobs", "n", "tools[2].cache". The caller decides whether to drop it or refuse.
	Lost []string
}

// Decoder takes a provider's stream cut anywhere and appends events to dst. What it appends does not alias chunk.
type Decoder interface {
	Append(dst []Event, chunk []byte) ([]Event, error)
	// Close ends the stream. It fails with a KindTruncated *Error if the provider's last event never came.
	Close(dst []Event) ([]Event, error)
}

// Encoder turns events into the bytes of a client's stream, appended to dst.
type Encoder interface {
	// ContentType is the media type of the stream.
	ContentType() string
	Append(dst []byte, e *Event) ([]byte, error)
	// Close writes what ends a stream, such as "data: [DONE]". It is not called after an error event.
	Close(dst []byte) ([]byte, error)
}

// Edit names changes to a request that stays in its own format.
type Edit struct {
	Model           string   // the new model name; empty leaves it
	MaxOutputTokens int      // the new limit, written where the format has it; 0 leaves it
	Set             []Field  // top-level members to set, in order
	Default         []Field  // top-level members to set where there is none
	Remove          []string // top-level members to take out
	System          string   // comes before the request's own system prompt; empty adds none
}

// Field is one top-level member of a request.
type Field struct {
	Name  string
	Value json.RawMessage
}

// IsZero reports whether e changes nothing.
func (e *Edit) IsZero() bool {
	return e.Model == "" && e.MaxOutputTokens == 0 && len(e.Set) == 0 && len(e.Default) == 0 && len(e.Remove) == 0 && e.System == ""
}
