// Command tokenmake renews what policy/tokens embeds: digests of the vocabularies o200k_base and cl100k_base, out of
// github.com/tiktoken-go/tokenizer (MIT licence), and the classes of characters, out of Go's own Unicode tables.
//
//	go run ./internal/tokenmake
//
// The same version of that library, pinned in go.mod, gives the same digests, and the same Go the same classes. No text
// is learned from.
package main
