package catalog

// Facts is what is publicly known of a model. Zero means unknown.
type Facts struct {
	Mode       Mode
	Price      Price
	PriceKnown bool
	// ContextWindow bounds the tokens of input and output together. The catalog's source does not have it; the
	// configuration may.
	ContextWindow   int
	MaxInputTokens  int // of the prompt alone
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
