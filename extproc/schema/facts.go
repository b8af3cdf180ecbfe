package schema

import "github.com/llmroute/llmroute/policy/tokens"

// Facts is what policy must know of a request, read in one pass over its body. Strings alias the body.
type Facts struct {
	Model  string   // as asked for; empty if none
	Models []string // an OpenAI-style `models` list, tried in order
	Stream bool

	// MaxOutputTokens is the limit that the client set; 0 means none. With several (`max_tokens` and
	// `max_completion_tokens`), the larger.
	MaxOutputTokens int
	N               int // answers asked for; 0 means not said

	Messages int
	Tools    int
	Images   int
	Audio    int // input parts, or audio asked for as output
	Files    int // PDFs and other documents

	JSONMode      bool // any JSON
	JSONSchema    bool // JSON that follows a schema
	ParallelTools bool // asked for expressly
	Reasoning     bool // effort or a thinking budget asked for, other than "none"
	Logprobs      bool
	WebSearch     bool // the provider's own search tool
	PromptCache   bool // cache markers present
	IncludeUsage  bool // stream_options.include_usage
	// Foreign says that the history holds what llmroute alone writes in this format: thoughts and calls of a provider of
	// another. Providers of this one may refuse it as it stands.
	Foreign bool

	TextBytes  int      // of all prompt text (system, messages, tool results), as JSON spells it
	ToolBytes  int      // of tool and schema definitions
	MediaBytes int      // of inline base64 data, not counted in TextBytes
	TextTokens int      // estimate, of what TextBytes and ToolBytes count
	TokenIDs   int      // input given as token ids (completions, embeddings)
	Texts      []Text   // where prompt text stands, in order, at most MaxTexts; the last ones win
	Members    []Member // every top-level member, in order
	// FirstSystem and FirstUser are where the conversation's first such texts stand, the same on each of its turns; empty: none.
	FirstSystem, FirstUser Span

	// ImageSizes are what is known of the first MaxImages images.
	ImageSizes []tokens.Image
}

// MaxImages bounds Facts.ImageSizes.
const MaxImages = 32

// AddImage counts an image. data is its base64 data, or a data URL, as it stands in the body; anything else is an image
// of unknown size.
func (f *Facts) AddImage(data []byte, detail tokens.Detail) {
	f.Images++
	if len(f.ImageSizes) == MaxImages {
		return
	}
	image := tokens.Image{Detail: detail}
	image.Width, image.Height, _ = tokens.Dimensions(data)
	f.ImageSizes = append(f.ImageSizes, image)
}

// MaxTexts bounds Facts.Texts.
const MaxTexts = 64

// Text is one piece of prompt text: a JSON string, between its quotes, still escaped.
type Text struct {
	Role Role
	Raw  Span
}

// Member is one top-level member of the body's object.
type Member struct {
	Name  string // decoded
	Key   Span   // with quotes
	Value Span
}

// Span is a half-open range of bytes of the body.
type Span struct{ Start, End int }

// Of returns the bytes of s in body.
func (s Span) Of(body []byte) []byte { return body[s.Start:s.End] }

// Len is the number of bytes in s.
func (s Span) Len() int { return s.End - s.Start }

// Member returns the top-level member of that name, or nil.
func (f *Facts) Member(name string) *Member {
	for i := range f.Members {
		if f.Members[i].Name == name {
			return &f.Members[i]
		}
	}
	return nil
}

// AddText remembers a piece of prompt text. Beyond MaxTexts, the newest replace the oldest.
func (f *Facts) AddText(t Text) {
	switch t.Role {
	case RoleSystem, RoleDeveloper:
		f.FirstSystem = first(f.FirstSystem, t.Raw)
	case RoleUser:
		f.FirstUser = first(f.FirstUser, t.Raw)
	}
	if len(f.Texts) < MaxTexts {
		f.Texts = append(f.Texts, t)
		return
	}
	copy(f.Texts, f.Texts[1:])
	f.Texts[MaxTexts-1] = t
}

func first(have, next Span) Span {
	if have.Len() > 0 {
		return have
	}
	return next
}
