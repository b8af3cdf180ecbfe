package schema

import "encoding/json"

// Role is who speaks.
type Role string

// The roles. System and developer messages stay where the client put them; formats that take one system
// prompt hoist them.
const (
	RoleSystem    Role = "system"
	RoleDeveloper Role = "developer"
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool" // holds PartToolResult parts only
)

// Request asks for an answer, whatever format it came in. A nil pointer or zero value means not said.
type Request struct {
	// Format and Op are what the client spoke. Extra and the parts and tools of kind other are in this Format.
	Format Format
	Op     Op
	// Via is the provider's operation to use, where its format has several (OpenAI). Empty: Op, if the format
	// has it, else the usual one.
	Via Op

	Model        string
	Stream       bool
	IncludeUsage bool // the client wants a usage chunk at the end of the stream (OpenAI stream_options)

	Messages []Message
	// Turns is the number of messages where Messages does not hold them all: see ForAnswer.
	Turns int

	Tools         []Tool
	ToolChoice    ToolChoice
	ParallelTools *bool // false: at most one tool call an answer

	MaxOutputTokens *int
	// OutputCeiling is what the output limit may not be raised above, in tokens, not even to make room for thoughts: a
	// policy's limit, or what the model can give. 0: there is none.
	OutputCeiling int

	Temperature      *float64
	TopP             *float64
	TopK             *int
	FrequencyPenalty *float64
	PresencePenalty  *float64
	Seed             *int64
	N                *int
	Stop             []string
	Logprobs         bool
	TopLogprobs      *int
	LogitBias        json.RawMessage // {"token id": bias}

	Output    OutputFormat
	Reasoning Reasoning

	Modalities     []string        // output: "text", "audio", "image"
	ServiceTier    string          // as the client's format spells it
	User           string          // end-user id
	Metadata       json.RawMessage // object of strings
	Store          *bool
	Verbosity      string          // low, medium, high
	CacheKey       string          // OpenAI prompt_cache_key
	SafetySettings json.RawMessage // Gemini

	// Betas are Anthropic's beta features that a client asked for in a header, where the provider does not see it.
	Betas []string

	// Thread is Anthropic's `thread` object, by which its server keeps the conversation. See ThreadLost.
	Thread json.RawMessage

	// Extra holds members that the client sent and this form has no name for. They travel only to a provider
	// of the same format, and count as lost elsewhere.
	Extra []Field

	// Embeddings, for OpEmbeddings.
	Embed *Embed

	// Legacy is set for OpenAI Completions: the answer is text without roles.
	Legacy bool
	// LegacyFunctions is set for an OpenAI client that gave `functions`: it expects `function_call` back.
	LegacyFunctions bool
}

// Embed is a request for embeddings.
type Embed struct {
	Input          []string
	Tokens         [][]int // instead of Input
	Dimensions     *int
	EncodingFormat string // float or base64
	// TaskTypes and Titles are Gemini's, one for each Input; nil: no input has one.
	TaskTypes, Titles []string
}

// OutputFormat constrains the answer's text.
type OutputFormat struct {
	Kind        OutputKind
	Name        string // of the schema
	Description string
	Schema      json.RawMessage
	Strict      *bool
}

// OutputKind is a kind of OutputFormat.
type OutputKind string

// The kinds; the zero value is plain text.
const (
	OutputText   OutputKind = ""
	OutputJSON   OutputKind = "json"        // any JSON object
	OutputSchema OutputKind = "json_schema" // JSON that follows Schema
)

// Reasoning says how much to think before answering.
type Reasoning struct {
	// Effort: none, minimal, low, medium, high, xhigh. Empty: not said.
	Effort string
	// Budget in tokens; nil: not said. -1: the model decides (Gemini's dynamic thinking, Anthropic's adaptive).
	Budget *int
	// Summary asks for readable thoughts: auto, concise, detailed (OpenAI), or "auto" for Gemini's includeThoughts.
	Summary string
	// Word is the client's own word for the effort where Effort is only the nearest that all formats have
	// (Anthropic's "max"). For providers of the client's format.
	Word string
	// Switch is the `thinking` object of an OpenAI client, for servers that follow OpenAI.
	Switch json.RawMessage
	// Hidden says that the client wants no readable thoughts (Anthropic's display: omitted).
	Hidden bool
}

// Said reports whether the client asked for reasoning in any way.
func (r Reasoning) Said() bool { return r.Effort != "" || r.Budget != nil }

// Tool is something the model may call.
type Tool struct {
	Kind        ToolKind
	Name        string
	Description string
	Parameters  json.RawMessage // JSON Schema; nil: none
	Strict      *bool
	Cache       *Cache          // a cache marker on this definition
	Raw         json.RawMessage // the whole definition, for ToolOther and options of ToolWebSearch
}

// ToolKind is a kind of Tool.
type ToolKind string

// The kinds. ToolOther is a provider's own tool, which only its own format can carry.
const (
	ToolFunction  ToolKind = "function"
	ToolWebSearch ToolKind = "web_search"
	ToolOther     ToolKind = "other"
)

// ToolChoice says which tools the model may or must call.
type ToolChoice struct {
	Mode    ToolMode
	Name    string   // for ToolNamed
	Allowed []string // restricts Auto and Required to these; nil: all
}

// ToolMode is a mode of ToolChoice.
type ToolMode string

// The modes; the zero value is not said.
const (
	ToolAuto     ToolMode = "auto"
	ToolNone     ToolMode = "none"
	ToolRequired ToolMode = "required" // at least one, whichever
	ToolNamed    ToolMode = "named"
)

// Message is one turn.
type Message struct {
	Role  Role
	Name  string // of the participant
	Parts []Part
}

// Part is one piece of a message or answer. Which fields count depends on Kind.
type Part struct {
	Kind PartKind

	Text string // PartText, PartThinking, PartRefusal

	// PartImage, PartAudio, PartFile
	Media Media

	// PartToolCall: ID, Name, Args. PartToolResult: ID of the call, Name if known, Result, IsError.
	// PartThinking: ID of OpenAI's reasoning item, if it has one.
	ID      string
	Name    string
	Args    string // JSON object as text; "" means {}
	Result  []Part // text, image and file parts
	IsError bool

	// Signature proves a thought to the provider that made it and must come back unchanged: Anthropic's
	// thinking signature, Gemini's thoughtSignature (which may stand on any part), OpenAI's encrypted_content.
	Signature string
	// SignedBy is the format of the provider that made Signature; empty if unknown. Others cannot use it.
	SignedBy Format
	// Redacted marks a PartThinking whose text is not readable; Signature holds the data.
	Redacted bool

	Cache     *Cache
	Citations []Citation

	// Raw is a PartOther in its own format.
	Raw json.RawMessage
}

// PartKind is a kind of Part.
type PartKind string

// The kinds.
const (
	PartText       PartKind = "text"
	PartImage      PartKind = "image"
	PartAudio      PartKind = "audio"
	PartFile       PartKind = "file"
	PartToolCall   PartKind = "tool_call"
	PartToolResult PartKind = "tool_result"
	PartThinking   PartKind = "thinking"
	PartRefusal    PartKind = "refusal"
	PartOther      PartKind = "other" // only its own format can carry it
)

// Media is an image, a sound or a document: inline Data, a URL, or a provider's FileID.
type Media struct {
	Type     string // MIME type; may be empty with a URL
	Data     string // base64, as received
	URL      string // http(s), gs, s3
	FileID   string
	Filename string
	Detail   string // OpenAI image detail: low, high, auto
	Text     string // a plain-text document
}

// Cache is a prompt-cache marker.
type Cache struct {
	TTL string // "5m", "1h"; empty: the format's default
}

// Citation points from answer text to a source.
type Citation struct {
	URL, Title, CitedText string
	Start, End            int             // characters of the text, if known; both 0 otherwise
	Raw                   json.RawMessage // the whole citation in its own format, if of another kind
}
