package policy

import (
	"time"

	"github.com/llmroute/llmroute/policy/tokens"
)

// Features is what the decision may look at. Fields are plain values; what costs is a function that is called
// when a rule or strategy asks, at most once a request.
type Features struct {
	Op     string // "chat_completions", "embeddings", …: schema.Op
	Schema string // the client's wire format: schema.Format
	Path   string

	Model  string   // as asked for; empty if none
	Models []string // a list to try in order

	Stream          bool
	MaxOutputTokens int // 0: not said
	InputTokens     int // estimate, images by the formula for models of which nothing is known
	N               int // answers asked for, at least 1

	Messages, Tools, Images, Audio, Files int
	// ImageSizes are what is known of the images, at most as many as count.
	ImageSizes []tokens.Image
	// ExactTokens is InputTokens with the text counted by OpenAI's tokenizer, or 0 where that would take too long. It may
	// cost milliseconds. nil: nobody can count.
	ExactTokens func() int

	Needs Capabilities // what a model must be able to do for this request

	// Now is when the request came, for policies that hold at times; zero: not known.
	Now time.Time

	Team, User, Client string
	// Header returns a request header by lower-case name; repeated headers are joined by ",". Pseudo-headers
	// are there too. nil: no headers.
	Header func(name string) string

	// Claim returns a claim of the caller's JWT, as text, by its name or its path with dots; empty: there is none. nil: no claims.
	Claim func(name string) string

	// EnvoyRoute is the route that Envoy's own configuration chose by metadata; empty: none.
	EnvoyRoute string
	// Strategy is the client's x-llmroute-strategy; empty: the route's.
	Strategy string
	// MaxCostUSD is the client's x-llmroute-max-cost-usd; 0: none.
	MaxCostUSD float64

	// Short names the budget that has not enough left for an entry of a plan, of those that then let pass the cheapest
	// candidates only; empty: they have. nil: there are none.
	Short func(route string, e *Entry) (budget string)

	// Text returns the text of the last user messages, decoded, at most a few KiB. nil: none.
	Text func() string
	// Opening returns the text with which the conversation began, the same on each of its turns: the first of the system
	// prompt and the first of the user's, as JSON spells them. nil: none.
	Opening func() (system, user []byte)

	text     string
	textRead bool

	counted       bool
	countedTokens int
	prompt        reading
	session       string
	sessionRead   bool
}

// answers is N, at least 1.
func (f *Features) answers() int { return max(1, f.N) }

// header is Header that never fails.
func (f *Features) header(name string) string {
	if f.Header == nil {
		return ""
	}
	return f.Header(name)
}

// claim is Claim that never fails.
func (f *Features) claim(name string) string {
	if f.Claim == nil {
		return ""
	}
	return f.Claim(name)
}

// UserText is the text that classifiers read, fetched once.
func (f *Features) UserText() string {
	if !f.textRead {
		f.textRead = true
		if f.Text != nil {
			f.text = f.Text()
		}
	}
	return f.text
}
