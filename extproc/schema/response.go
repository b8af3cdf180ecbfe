package schema

import "encoding/json"

// Response is a complete answer, whatever format it came in.
type Response struct {
	ID      string
	Model   string
	Created int64 // Unix seconds; 0: unknown
	Choices []Choice
	Usage   *Usage

	ServiceTier string
	Fingerprint string // OpenAI system_fingerprint

	Embeddings []Embedding // for OpEmbeddings

	// Request is the request that this answers, for formats whose answers repeat it. May be nil.
	Request *Request
}

// Choice is one of the answers.
type Choice struct {
	Index        int
	Parts        []Part // text, thinking, refusal, tool calls, images, in order
	Stop         StopReason
	StopSequence string          // the one that was met, if known
	StopDetail   string          // the provider's own word, if Stop is StopOther or a safety stop
	Logprobs     json.RawMessage // OpenAI's logprobs object
}

// StopReason says why an answer ended.
type StopReason string

// The reasons.
const (
	StopEnd           StopReason = "end"
	StopLength        StopReason = "length" // the output limit
	StopSequence      StopReason = "stop_sequence"
	StopToolCalls     StopReason = "tool_calls"
	StopContentFilter StopReason = "content_filter" // safety, recitation, blocklist
	StopRefusal       StopReason = "refusal"        // the model declined (Anthropic)
	StopPause         StopReason = "pause"          // Anthropic pause_turn
	StopContextWindow StopReason = "context_window" // the context window is full
	StopMalformedCall StopReason = "malformed_call" // Gemini MALFORMED_FUNCTION_CALL
	StopOther         StopReason = "other"
)

// Embedding is one vector: Float, or Base64 of little-endian float32.
type Embedding struct {
	Index  int
	Float  json.RawMessage // array of numbers
	Base64 string
}

// Usage counts tokens. Input counts all input, cache reads and writes included; Output counts all output,
// reasoning included. Formats that count otherwise (Anthropic's input_tokens excludes cache tokens, Gemini's
// candidatesTokenCount excludes thoughts) are converted at their face.
type Usage struct {
	Input                   int
	CachedInput             int // read from a cache; part of Input
	CacheWrite              int // written to a cache; part of Input
	CacheWrite1h            int // of CacheWrite, those kept an hour (Anthropic)
	Output                  int
	Reasoning               int // part of Output
	InputAudio, OutputAudio int
	Total                   int // as the provider says; 0: Input + Output
}

// EventKind is a kind of Event.
type EventKind string

// The kinds, in the order of a stream: Start, then for each choice PartStart Delta… PartEnd (parts of
// several choices, or parallel tool calls, may interleave) and Stop, with Usage anywhere, then End or Error.
const (
	EventStart     EventKind = "start"      // ID, Model, Created, Usage if known
	EventPartStart EventKind = "part_start" // Choice, Part, Value: its kind, and for a tool call ID and Name
	EventDelta     EventKind = "delta"      // Choice, Part, Text; or Signature; or Citations
	EventPartEnd   EventKind = "part_end"   // Choice, Part
	EventStop      EventKind = "stop"       // Choice, Stop, StopSequence
	EventUsage     EventKind = "usage"      // Usage: the newest totals, replacing what came before
	EventPing      EventKind = "ping"       // keep-alive
	EventError     EventKind = "error"      // Err; nothing follows
	EventEnd       EventKind = "end"        // complete
)

// Event is one step of a streamed answer. Which fields count depends on Kind.
type Event struct {
	Kind   EventKind
	Choice int // index of the choice
	Part   int // index of the part within the choice, from 0, each new part one more

	ID, Model   string
	Created     int64
	ServiceTier string
	Fingerprint string

	Value Part // EventPartStart: everything known of the part but its streamed text or arguments

	// Text is appended to the part's Text, or to its Args for a tool call.
	Text      string
	Signature string // of the part, complete
	Citations []Citation
	Logprobs  json.RawMessage // OpenAI's logprobs object of this delta

	Stop         StopReason
	StopSequence string
	StopDetail   string

	Usage *Usage
	Err   *Error
}
