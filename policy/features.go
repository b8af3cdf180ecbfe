package policy

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
	InputTokens     int // estimate
	N               int // answers asked for, at least 1

	Messages, Tools, Images, Audio, Files int

	Needs Capabilities // what a model must be able to do for this request

	Team, User, Client string
	// Header returns a request header by lower-case name; repeated headers are joined by ",". Pseudo-headers
	// are there too. nil: no headers.
	Header func(name string) string

	// EnvoyRoute is the route that Envoy's own configuration chose by metadata; empty: none.
	EnvoyRoute string
	// Strategy is the client's x-llmroute-strategy; empty: the route's.
	Strategy string
	// MaxCostUSD is the client's x-llmroute-max-cost-usd; 0: none.
	MaxCostUSD float64

	// Text returns the text of the last user messages, decoded, at most a few KiB. nil: none.
	Text func() string

	text     string
	textRead bool
	prompt   reading
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
