package feature

// Bits of the hashed spaces.
const (
	WordBits   = 16
	LetterBits = 16
)

// Prompt is what a Scanner saw. It belongs to the Scanner and is overwritten by the next Scan.
type Prompt struct {
	Words   []uint32 // distinct buckets below 1<<WordBits: words, pairs of words, and the first words by place
	Letters []uint32 // distinct buckets below 1<<LetterBits: groups of 3 to 5 bytes of a word
	Dense   [NumDense]float32
	// Choices is how many lettered answers the text offers, at least 2, or 0: an exam question or an open one.
	Choices int
}

// The places in Prompt.Dense. Shares are of bytes or words, 0 to 1; sizes are ln(1 + bytes).
const (
	Size         = iota
	StemSize     // what precedes the lettered answers
	ChoiceSize   // the mean of them
	ChoiceSpread // the longest less the shortest
	Choices
	Numbers        // in the stem
	NumberShare    // of all words
	OperatorShare  // + - * / = < > ^, percent of bytes
	BracketShare   // percent of bytes
	WordLength     // mean, bytes
	LongWordShare  // 8 bytes and more
	VeryLongShare  // 12 bytes and more
	CommonShare    // of the commonest English words
	AsksDirectly   // a question mark in the stem
	OpenEnd        // the stem is a sentence to be completed
	Blank          // ___
	Sentences      // full stops and semicolons in the stem
	Variety        // distinct words / words
	Quotes         // in the stem
	Lines          // in the stem
	ForeignShare   // bytes beyond ASCII, percent
	NumericChoices // share of answers that start with a digit, a sign or $
	Paired         // answers such as "True, False": short with commas
	Fence          // ``` in the text
	Codelike       // (); {} => and their like, percent of bytes
	Formula        // LaTeX, powers
	List           // numbered or dashed lines
	QuestionMarks
	cueBase
	Thinking   = cueBase + int(thinking) - 1   // words that ask for thought, ln(1 + count)
	Constraint = cueBase + int(constraint) - 1 // words that ask for care, ln(1 + count)
	kindBase   = cueBase + int(cues) - 1       // one count a cue, noCue left out
	NumDense   = kindBase + int(kinds) - 1     // one count a kind of work, noKind left out
)
