package policy

import "github.com/llmroute/llmroute/policy/tokens"

// InputTokensOf is the request's input as the model of that name counts it: its images by the formula of the model's
// maker, its text as estimated, or, if exactly is set, counted where the tokenizer is known and the text is not too long.
func (f *Features) InputTokensOf(model string, exactly bool) int {
	in := f.InputTokens
	if exactly && tokens.IsO200K(model) {
		in = f.countedInput()
	}
	return in + f.imageSurplus(tokens.ImageRuleOf(model))
}

// countedInput is InputTokens with its text counted, once, or InputTokens where that cannot be.
func (f *Features) countedInput() int {
	if !f.counted {
		f.counted, f.countedTokens = true, f.InputTokens
		if f.ExactTokens != nil {
			if n := f.ExactTokens(); n > 0 {
				f.countedTokens = n
			}
		}
	}
	return f.countedTokens
}

// imageSurplus is how many more tokens than in InputTokens the images are by rule.
func (f *Features) imageSurplus(rule tokens.ImageRule) (n int) {
	for _, i := range f.ImageSizes {
		n += rule.Tokens(i) - tokens.ImageRule{}.Tokens(i)
	}
	return n
}

// inputOf is the estimate of the input as a candidate counts it.
func (q *query) inputOf(t *profile) int {
	if len(q.f.ImageSizes) == 0 {
		return q.f.InputTokens
	}
	return q.f.InputTokens + q.f.imageSurplus(t.images)
}

// promptOf is inputOf, or the true count where the estimate is so near to a bound of the candidate that it might be on the
// wrong side.
func (q *query) promptOf(t *profile) int {
	in := q.inputOf(t)
	if !t.o200k || !near(in, t.maxInput) && !near(in, t.window) && !near(in, t.window-q.outputOf(t)) {
		return in
	}
	return in - q.f.InputTokens + q.f.countedInput()
}

// near tells whether an estimate is within a fifth of a bound; 0: there is none.
func near(estimate, bound int) bool {
	return bound > 0 && estimate > bound-bound/5 && estimate < bound+bound/5
}
