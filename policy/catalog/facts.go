package catalog

// Facts is what is publicly known of a model. Zero means unknown.
type Facts struct {
	Mode       Mode
	Price      Price
	PriceKnown bool
	// ContextWindow is in tokens. The catalog has the longest input here, which for most models is the window of input
	// and output together, and for some the window less the longest output.
	ContextWindow   int
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
