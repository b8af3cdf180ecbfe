package feature

// cue is a kind of small word that tells the form of a question. Each has a place in Prompt.Dense.
type cue uint8

const (
	noCue       cue = iota
	negation        // what is not asked
	condition       // a premise
	quantity        // how many, how much
	cause           // why, explain
	question        // who, what, where
	extreme         // best, most, likely
	firstSelf       // I, my
	relation        // each, twice, per: the arithmetic of a story
	connective      // and, or, because
	quantifier      // all, none: the words of logic
	thirdPerson     // he, she: somebody's story
	thinking        // compare, prove, design: asks for thought
	constraint      // must, exactly, without: asks for care
	common          // the rest of the commonest words
	cues
)

// cueWords are in lower case. A word stands in one row only.
var cueWords = [cues][]string{
	negation:    {"not", "except", "never", "least", "false", "incorrect", "cannot", "nicht", "pas", "no"},
	condition:   {"if", "suppose", "assume", "assuming", "given", "let", "when", "wenn", "si", "如果"},
	quantity:    {"how", "many", "much", "wie", "viele", "combien", "cuántos", "cuántas", "сколько"},
	cause:       {"why", "explain", "reason", "warum", "pourquoi", "почему"},
	question:    {"who", "whose", "which", "what", "where", "whom"},
	extreme:     {"best", "most", "likely", "primarily", "mainly", "main"},
	firstSelf:   {"i", "my", "me", "mine"},
	relation:    {"each", "every", "total", "per", "twice", "half", "than", "remaining", "altogether", "times", "percent", "more", "left"},
	connective:  {"and", "or", "then", "therefore", "because", "thus", "hence"},
	quantifier:  {"all", "some", "none", "any", "both", "neither", "only"},
	thirdPerson: {"he", "she", "his", "her", "him", "hers"},
	thinking: {"compare", "analyze", "analyse", "prove", "derive", "design", "implement", "optimize", "optimise", "evaluate", "critique",
		"diagnose", "debug", "refactor", "algorithm", "complexity", "tradeoffs", "strategy", "architecture", "solve", "determine", "compute",
		"calculate", "step", "steps", "proof", "logic", "puzzle", "deduce"},
	constraint: {"must", "exactly", "without", "should", "ensure", "constraint", "constraints", "requirements", "format", "json", "valid"},
	common: {"the", "of", "to", "a", "in", "is", "that", "for", "it", "as", "was", "with", "be", "by", "on", "are", "from", "at", "this",
		"an", "have", "has", "had", "their", "its", "were", "been", "would", "will", "can", "they", "we", "you", "there", "but", "following"},
}
