package usage

import (
	"time"

	"github.com/llmroute/llmroute/envoy/accesslog"
)

// shape is how an answer of an operation spends its bytes, as the client gets them: so many for its frame, of which so many
// come after the last token, and so many for each token.
type shape struct{ frame, tail, token float64 }

// Streams of the formats spend most of their bytes on the frame of each event, so it matters how many tokens come in one:
// about one with OpenAI, several with the others. JSON answers are text. These are what is taken until answers have been
// seen; an operation that is not here has no output.
var (
	streamed = map[string]shape{
		"chat_completions": {700, 400, 220},
		"completions":      {300, 300, 200},
		"responses":        {5000, 2500, 220},
		"messages":         {800, 400, 60},
		"generate_content": {400, 200, 60},
	}
	whole = map[string]shape{
		"chat_completions": {700, 0, 4.5},
		"completions":      {400, 0, 4.5},
		"responses":        {1500, 0, 4.5},
		"messages":         {400, 0, 4.5},
		"generate_content": {400, 0, 4.5},
	}
)

func shapeOf(e *accesslog.Entry) (shape, bool) {
	table := whole
	if e.Stream {
		table = streamed
	}
	s, ok := table[e.Op]
	return s, ok
}

// How much is learned.
const (
	maxPaces     = 1 << 12 // kinds of answers, twice
	keptAnswers  = 200     // beyond, older answers count less and less
	opWeight     = 0.5     // of what the answers of all models show, in answers of one model
	shapeWeight  = 0.2     // of a shape, in answers of all models
	inputWeight  = 2       // of route's estimate of input being right
	maxScale     = 4       // of that estimate, up or down
	halfOfWeight = 0.5
)

// paces are what answers have cost so far: of each model by each operation, and of each operation.
type paces struct{ kinds aged[*pace] }

func newPaces(now time.Time) paces { return paces{newAged[*pace](maxPaces, 0, now)} }

// of is the pace of answers like that of e, and that of its operation at all models.
func (p *paces) of(e *accesslog.Entry) (model, op *pace) {
	kind := e.Op
	if e.Stream {
		kind += " stream"
	}
	return p.kind(e.Provider+"\x00"+e.Model+"\x00"+kind, e.Started), p.kind(kind, e.Started)
}

func (p *paces) kind(name string, now time.Time) *pace {
	k, ok := p.kinds.get(name)
	if !ok {
		k = &pace{}
		p.kinds.put(name, k, now)
	}
	return k
}

// learn takes in an answer that was complete and told its usage.
func (p *paces) learn(e *accesslog.Entry, t Tokens) {
	model, op := p.of(e)
	model.learn(e, t)
	op.learn(e, t)
}

// estimate is what an answer used of which only the size is known.
func (p *paces) estimate(e *accesslog.Entry) Tokens {
	model, op := p.of(e)
	guess := float64(e.InputTokens)
	input := model.input.with(0, 1, inputWeight)
	t := Tokens{Input: round(min(max(input.frame()+input.slope()*guess, guess/maxScale), guess*maxScale))}
	s, ok := shapeOf(e)
	if !ok {
		return t
	}
	known := op.line.with(s.frame, s.token, shapeWeight)
	known = model.line.with(known.frame(), known.slope(), opWeight)
	sent := float64(e.ResponseBytes)
	if e.ClientLeft {
		sent += s.tail // which had not come
	}
	t.Reasoning = round(model.reasoning()) // it comes first
	t.Output = max(1, round((sent-known.frame())/known.slope())) + t.Reasoning
	return t
}

// pace is what answers of one kind have cost.
type pace struct {
	line   line    // of tokens to bytes. Where tokens that nobody sees are not counted apart, its frame is below 0
	hidden float64 // reasoning tokens, of as many answers as line has
	input  line    // of what route took the input for to what it was
}

func (p *pace) learn(e *accesslog.Entry, t Tokens) {
	if t.Output > 0 {
		p.line = p.line.and(float64(t.Output-t.Reasoning), float64(e.ResponseBytes), 1)
		p.hidden += float64(t.Reasoning)
		if p.line.answers > keptAnswers {
			p.line, p.hidden = p.line.times(halfOfWeight), p.hidden*halfOfWeight
		}
	}
	if t.Input > 0 && e.InputTokens > 0 {
		p.input = p.input.and(float64(e.InputTokens), float64(t.Input), 1)
		if p.input.answers > keptAnswers {
			p.input = p.input.times(halfOfWeight)
		}
	}
}

// reasoning is how many tokens the model thinks before it answers, in the mean.
func (p *pace) reasoning() float64 { return p.hidden / max(1, p.line.answers) }

func round(f float64) int64 { return int64(f + 0.5) }
