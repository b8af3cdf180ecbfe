package catalog

// Facts is what is publicly known of a model. Zero means unknown.
type Facts struct {
	Mode            Mode
	Price           Price
	PriceKnown      bool
	ContextWindow   int // tokens of input and output
	MaxOutputTokens int
	Has             Capabilities // known to have
	Lacks           Capabilities // known to lack; what is in neither set is unknown
}

// Mode is what a model is for.
type Mode string

// The modes that matter here.
const (
	ModeUnknown    Mode = ""
	ModeChat       Mode = "chat"
	ModeCompletion Mode = "completion"
	ModeResponses  Mode = "responses" // served by the Responses API only
	ModeEmbedding  Mode = "embedding"
	ModeOther      Mode = "other" // images, speech, moderation, rerank
)

// Price is in USD per million tokens.
type Price struct {
	Input, Output, CachedInput, CacheWrite float64
	// Tiers hold the prices above a context size, ascending.
	Tiers []Tier
}

// Tier holds for requests whose input has more than Above tokens. A zero price repeats the base price.
type Tier struct {
	Above                                  int
	Input, Output, CachedInput, CacheWrite float64
}

// Capabilities is a set of capabilities.
type Capabilities uint32

// The capabilities, as the configuration names them.
const (
	Tools Capabilities = 1 << iota
	ParallelTools
	JSONMode
	JSONSchema
	Vision
	Audio
	PDF
	Reasoning
	PromptCache
	WebSearch
	Logprobs
	Embeddings
)
