package extproc

import (
	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy/tokens"
	"github.com/llmroute/llmroute/policy/tokens/exact"
)

// What is not text counts as so many tokens. A message's frame is its role and what marks its ends.
const (
	frameTokens = 4
	fileTokens  = 1500 // about three pages
	audioTokens = 500  // less than a minute
)

// estimateTokens adds up what scanning the request estimated.
func estimateTokens(f *schema.Facts) int { return f.TextTokens + besidesText(f) }

// besidesText is the input that is no text. Images count by the formula for models of which nothing is known.
func besidesText(f *schema.Facts) int {
	n := f.TokenIDs + frameTokens*f.Messages + fileTokens*f.Files + audioTokens*f.Audio
	n += (f.Images - len(f.ImageSizes)) * tokens.UnknownImage
	for _, i := range f.ImageSizes {
		n += tokens.ImageRule{}.Tokens(i)
	}
	return n
}

// exactTokens is the estimate with the text counted by OpenAI's tokenizer, or 0 if the text is too long for that.
func (f *featuresOf) exactTokens() int {
	if f.facts.TextBytes+f.facts.ToolBytes > exact.MaxBytes {
		return 0
	}
	r, err := f.client.DecodeRequest(f.target, f.body)
	if err != nil {
		return 0
	}
	n := besidesText(f.facts)
	for text := range r.Texts {
		count, err := exact.Count(text)
		if err != nil {
			return 0
		}
		n += count
	}
	return n
}
