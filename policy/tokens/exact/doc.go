// Package exact counts tokens with a real tokenizer: github.com/tiktoken-go/tokenizer with the vocabulary o200k_base.
//
// It is for where an estimate is too near a limit that matters. It is apart from package tokens for what it costs: 7 MB of
// the binary, 6 MB of memory and some 15 ms when first used, and about 10 MB of text a second.
package exact
