package extproc

import (
	"strconv"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonscan"
	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/catalog"
)

// Request headers by which a client may steer its own request.
const (
	strategyHeader = "x-llmroute-strategy"
	maxCostHeader  = "x-llmroute-max-cost-usd"
)

// textForClassifiers bounds how much prompt text is decoded, in bytes.
const textForClassifiers = 4 << 10

// featuresOf are a request's features with what lazily computed ones need.
type featuresOf struct {
	policy.Features
	head  headers
	body  []byte
	facts *schema.Facts

	client schema.Client
	target schema.Target
}

// features joins what body, headers and Envoy say.
func features(st *stream, facts *schema.Facts) *featuresOf {
	f := &featuresOf{head: st.head, body: st.body, facts: facts, client: st.client, target: st.target}
	f.Features = policy.Features{
		Op: string(st.target.Op), Schema: string(st.client.Format()), Path: st.path,
		Model: facts.Model, Models: facts.Models,
		Stream:          facts.Stream || st.target.Stream,
		MaxOutputTokens: facts.MaxOutputTokens,
		InputTokens:     estimateTokens(facts),
		N:               max(1, facts.N),
		Messages:        facts.Messages, Tools: facts.Tools, Images: facts.Images, Audio: facts.Audio, Files: facts.Files,
		ImageSizes: facts.ImageSizes, ExactTokens: f.exactTokens,
		Needs:      needs(st.target.Op, facts),
		EnvoyRoute: st.route,
		Header:     st.head.join,
		Text:       f.text,
		Opening:    f.opening,
	}
	if st.target.Model != "" {
		f.Model = st.target.Model
	}
	st.identify(&f.Features)
	return f
}

// readControls reads the headers by which the client steers.
func (f *featuresOf) readControls(h headers) error {
	f.Strategy = h.get(strategyHeader)
	text := h.get(maxCostHeader)
	if text == "" {
		return nil
	}
	usd, err := strconv.ParseFloat(text, 64)
	if err != nil || !(usd > 0) || usd > 1e6 {
		return &schema.Error{
			Kind: schema.KindInvalidRequest, Code: "invalid_header",
			Message: maxCostHeader + " must be a number of US dollars above 0, such as 0.05",
		}
	}
	f.MaxCostUSD = usd
	return nil
}

// needs are the capabilities without which a model cannot serve the request.
func needs(op schema.Op, f *schema.Facts) policy.Capabilities {
	var c policy.Capabilities
	for _, row := range []struct {
		asked bool
		need  policy.Capabilities
	}{
		{op == schema.OpEmbeddings, catalog.Embeddings},
		{f.Tools > 0, catalog.Tools},
		{f.JSONMode, catalog.JSONMode},
		{f.JSONSchema, catalog.JSONSchema},
		{f.Images > 0, catalog.Vision},
		{f.Audio > 0, catalog.Audio},
		{f.Files > 0, catalog.PDF},
		{f.Reasoning, catalog.Reasoning},
		{f.WebSearch, catalog.WebSearch},
		{f.Logprobs, catalog.Logprobs},
	} {
		if row.asked {
			c |= row.need
		}
	}
	return c
}

// opening is how the conversation began.
func (f *featuresOf) opening() (system, user []byte) {
	return f.facts.FirstSystem.Of(f.body), f.facts.FirstUser.Of(f.body)
}

// text decodes the newest user text, oldest piece first.
func (f *featuresOf) text() string {
	first, size := len(f.facts.Texts), 0
	for first > 0 && size < textForClassifiers {
		first--
		if t := f.facts.Texts[first]; t.Role == schema.RoleUser {
			size += t.Raw.End - t.Raw.Start
		}
	}
	var b strings.Builder
	for _, t := range f.facts.Texts[first:] {
		if t.Role != schema.RoleUser {
			continue
		}
		raw := t.Raw.Of(f.body)
		if room := textForClassifiers - b.Len(); len(raw) > room {
			raw = wholePrefix(raw, room)
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(jsonscan.Unescape(raw))
		if b.Len() >= textForClassifiers {
			break
		}
	}
	return b.String()
}

// wholePrefix is a prefix of an escaped string that does not end inside an escape sequence or a rune.
func wholePrefix(raw []byte, most int) []byte {
	cut := max(0, min(most, len(raw)))
	for cut > 0 && raw[cut-1]&0xC0 == 0x80 || cut > 0 && raw[cut-1] >= 0xC0 {
		cut--
	}
	for back := 1; back <= 6 && back <= cut; back++ {
		if raw[cut-back] == '\\' {
			slashes := 0
			for i := cut - back; i >= 0 && raw[i] == '\\'; i-- {
				slashes++
			}
			if slashes%2 == 1 {
				return raw[:cut-back]
			}
			break
		}
	}
	return raw[:cut]
}
