package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/llmroute/llmroute/policy"
)

// Content tells the kinds of lines apart.
type Content string

// The kinds.
const (
	ContentFeatures Content = "features" // Line.Features, without any text of the prompt
	ContentFull     Content = "full"     // Line.Request
	ContentUsage    Content = "usage"    // Line.Usage, of an earlier line of the same id
)

// Line is one line of a recording.
type Line struct {
	Recorded time.Time `json:"recorded"`
	Content  Content   `json:"content"`
	ID       string    `json:"id"`               // of the request, by llmroute
	Config   string    `json:"config,omitempty"` // the version of the configuration that decided

	Features *Features `json:"features,omitempty"`
	Request  *Request  `json:"request,omitempty"`
	Decision *Decision `json:"decision,omitempty"` // nil in lines of usage
	Usage    *Usage    `json:"usage,omitempty"`
}

// Features is all that a decision looked at.
type Features struct {
	policy.FeatureRecord
	Model    string   `json:"model,omitempty"` // as asked for
	Models   []string `json:"models,omitempty"`
	Strategy string   `json:"strategy,omitempty"` // the client's x-llmroute-strategy
	// Headers and Claims are those that the configuration names; headers by lower-case name.
	Headers    map[string]string `json:"headers,omitempty"`
	Claims     map[string]string `json:"claims,omitempty"`
	BodySHA256 string            `json:"body_sha256,omitempty"`
}

// Request is a request as it came, but for its credentials.
type Request struct {
	Path    string          `json:"path"` // with the query
	Headers [][2]string     `json:"headers,omitempty"`
	Route   string          `json:"route,omitempty"` // as Envoy's route metadata named it
	Body    json.RawMessage `json:"body"`

	// Who asked, and the claims that the configuration names: they need not stand in headers.
	Team   string            `json:"team,omitempty"`
	User   string            `json:"user,omitempty"`
	Client string            `json:"client,omitempty"`
	Claims map[string]string `json:"claims,omitempty"`
}

// Decision is what became of the request.
type Decision struct {
	Route       string   `json:"route,omitempty"`
	Strategy    string   `json:"strategy,omitempty"`
	Model       string   `json:"model,omitempty"` // of the plan's first entry
	Provider    string   `json:"provider,omitempty"`
	ExpectedUSD *float64 `json:"expected_usd,omitempty"` // of the same; nil: unknown
	Fallbacks   []string `json:"fallbacks,omitempty"`    // "model at provider", in order
	Policies    []string `json:"policies,omitempty"`     // that matched and were enforced; not told of refusals
	Refused     *Refusal `json:"refused,omitempty"`      // nil: it went on
}

// Refusal says why a request got no plan.
type Refusal struct {
	Code   string `json:"code"`
	Policy string `json:"policy,omitempty"` // that refused, if one did
}

// Usage is how a request ended.
type Usage struct {
	Model     string        `json:"model"` // that answered, or was tried last
	Provider  string        `json:"provider"`
	Status    int           `json:"status"`
	Attempts  int           `json:"attempts"`
	Stream    bool          `json:"stream,omitempty"`
	Elapsed   time.Duration `json:"elapsed_ns"`
	FirstByte time.Duration `json:"first_byte_ns,omitempty"` // 0: there was none
	Input     int64         `json:"input_tokens"`
	Output    int64         `json:"output_tokens"`
	CostUSD   *float64      `json:"cost_usd,omitempty"` // nil: unknown
}

// ErrNotRecorded is what Parse says of a line that is no line of a recording: the body of a request, perhaps.
var ErrNotRecorded = errors.New("not a line of a recording")

// Parse reads a line. A JSON object without `recorded` and `content` is [ErrNotRecorded].
func Parse(text []byte) (*Line, error) {
	var kind struct {
		Recorded *json.RawMessage `json:"recorded"`
		Content  *json.RawMessage `json:"content"`
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		return nil, fmt.Errorf("is not JSON: %w", err)
	}
	if kind.Recorded == nil || kind.Content == nil {
		return nil, ErrNotRecorded
	}
	var l Line
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, err
	}
	missing := ""
	switch l.Content {
	case ContentFeatures:
		if l.Features == nil {
			missing = "features"
		}
	case ContentFull:
		if l.Request == nil || len(l.Request.Body) == 0 {
			missing = "request.body"
		}
	case ContentUsage:
		if l.Usage == nil {
			missing = "usage"
		}
	default:
		return nil, fmt.Errorf("content is %.40q; known are features, full and usage", l.Content)
	}
	if missing != "" {
		return nil, fmt.Errorf("content is %s, and %s is missing", l.Content, missing)
	}
	return &l, nil
}
