// Package tokens tells how many tokens a request has: text by a fast estimate from the bytes of its body, images by their
// providers' own formulas, and, in the package exact below, a true count by a real tokenizer.
//
//	raw JSON string → plain text → pieces, as a tokenizer cuts it → is the piece in the vocabulary? one token : longest
//	pieces of it that are
//
// What a tokenizer needs megabytes and merge ranks for is here a digest: which byte sequences are tokens, as fingerprints.
// It is pure and allocates nothing. How near it comes is in docs/tokens.md.
package tokens
