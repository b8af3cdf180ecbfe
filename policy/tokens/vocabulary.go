package tokens

import _ "embed" // the digests

// Vocabulary estimates what one tokenizer makes of text. It is immutable and safe for concurrent use.
type Vocabulary struct {
	digest     digest
	inWord     class // what words are made of
	asSymbol   class
	endsWord   class // of the ASCII characters that may follow a small letter, those that are not in its word
	splitsCase bool  // a capital after a small letter starts a word, and contractions go with theirs
}

//go:embed o200k.bin
var o200kDigest []byte

//go:embed cl100k.bin
var cl100kDigest []byte

//go:embed blocks.bin
var blocks []byte

// O200K is o200k_base, of GPT-4o and later; the default for what is not known.
func O200K() *Vocabulary { return &o200k }

// CL100K is cl100k_base, of GPT-4 and GPT-3.5.
func CL100K() *Vocabulary { return &cl100k }

var (
	o200k  = Vocabulary{digest: openDigest(o200kDigest), inWord: letters | mark, asSymbol: symbol | mark, endsWord: ^lower, splitsCase: true}
	cl100k = Vocabulary{digest: openDigest(cl100kDigest), inWord: letters, asSymbol: symbol | mark, endsWord: ^(lower | upper)}
)
