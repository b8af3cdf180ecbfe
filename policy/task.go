package policy

import "strings"

// The tasks that Features.Task tells apart.
const (
	TaskCode        = "code"
	TaskMath        = "math"
	TaskTranslation = "translation"
	TaskSummary     = "summary"
	TaskExtraction  = "extraction"
	TaskCreative    = "creative"
	TaskChat        = "chat" // also everything that shows no sign of another
)

// promptGuess is what the heuristics say of the last user messages.
type promptGuess struct {
	task       string
	language   string
	complexity float64
}

// Task guesses the kind of work from the last user messages. It is a heuristic: it counts words that tell tasks apart,
// the first and the last ones of the text twice, since that is where people say what they want, and knows a
// few signs such as code fences. It reads English best. Some microseconds, once a request.
func (f *Features) Task() string { return f.guess().task }

// Language guesses the language from the script of the last user messages; see guessLanguage.
func (f *Features) Language() string { return f.guess().language }

// Complexity guesses, from 0 to 1, how hard the request is; see guessComplexity.
func (f *Features) Complexity() float64 { return f.guess().complexity }

func (f *Features) guess() *promptGuess {
	if f.promptRead {
		return &f.prompt
	}
	f.promptRead = true
	text := f.UserText()
	signs := readSigns(text)
	f.prompt = promptGuess{
		task:       guessTask(text, &signs),
		language:   guessLanguage(text),
		complexity: guessComplexity(f, text, &signs),
	}
	return &f.prompt
}

// taskOrder lists the tasks that score, the first winning ties.
var taskOrder = [...]string{TaskCode, TaskMath, TaskTranslation, TaskSummary, TaskExtraction, TaskCreative}

const (
	code = iota
	mathematics
	translation
	summary
	extraction
	creative
)

// sign is what one word tells: a task and how strongly, or that thinking is asked for.
type sign struct {
	task   int8
	weight int8
	hard   bool
}

// taskWords maps lower-case words to what they tell. Weight 3 nearly decides, 1 hints; 6 is for the verbs that name the work, whatever it is done to.
var taskWords = map[string]sign{
	"code": {code, 2, false}, "function": {code, 2, false}, "python": {code, 3, false}, "javascript": {code, 3, false},
	"typescript": {code, 3, false}, "golang": {code, 3, false}, "rust": {code, 2, false}, "java": {code, 3, false}, "c++": {code, 3, false},
	"sql": {code, 3, false}, "regex": {code, 3, false}, "bug": {code, 2, false}, "debug": {code, 3, false}, "refactor": {code, 3, true},
	"compile": {code, 2, false}, "compiler": {code, 2, false}, "stacktrace": {code, 3, false}, "traceback": {code, 3, false},
	"exception": {code, 2, false}, "unittest": {code, 3, false}, "api": {code, 1, false}, "algorithm": {code, 2, true},
	"implement": {code, 2, true}, "script": {code, 1, false}, "bash": {code, 3, false}, "html": {code, 2, false}, "css": {code, 2, false},
	"async": {code, 2, false}, "class": {code, 1, false}, "def": {code, 2, false}, "func": {code, 2, false}, "import": {code, 1, false},
	"dockerfile": {code, 3, false}, "kubernetes": {code, 2, false}, "git": {code, 2, false}, "variable": {code, 1, false},

	"solve": {mathematics, 2, true}, "equation": {mathematics, 3, false}, "integral": {mathematics, 3, true}, "derivative": {mathematics, 3, false},
	"calculate": {mathematics, 2, false}, "compute": {mathematics, 1, false}, "probability": {mathematics, 3, true}, "theorem": {mathematics, 3, true},
	"prove": {mathematics, 2, true}, "proof": {mathematics, 2, true}, "polynomial": {mathematics, 3, false}, "matrix": {mathematics, 2, false},
	"triangle": {mathematics, 2, false}, "algebra": {mathematics, 3, false}, "geometry": {mathematics, 2, false}, "arithmetic": {mathematics, 3, false},
	"modulo": {mathematics, 2, false}, "prime": {mathematics, 1, false}, "sqrt": {mathematics, 3, false}, "percent": {mathematics, 1, false},

	"translate": {translation, 6, false}, "translation": {translation, 3, false}, "übersetze": {translation, 6, false},
	"traduce": {translation, 6, false}, "traduis": {translation, 6, false}, "traduzir": {translation, 6, false},

	"summarize": {summary, 6, false}, "summarise": {summary, 6, false}, "summary": {summary, 3, false}, "tldr": {summary, 6, false},
	"tl;dr": {summary, 6, false}, "condense": {summary, 3, false}, "recap": {summary, 3, false}, "takeaways": {summary, 3, false},
	"shorten": {summary, 2, false},

	"extract": {extraction, 6, false}, "classify": {extraction, 3, false}, "categorize": {extraction, 3, false}, "categorise": {extraction, 3, false},
	"label": {extraction, 1, false}, "entities": {extraction, 3, false}, "sentiment": {extraction, 3, false}, "parse": {extraction, 1, false},
	"invoice": {extraction, 1, false}, "fields": {extraction, 1, false},

	"poem": {creative, 4, false}, "story": {creative, 3, false}, "haiku": {creative, 4, false}, "lyrics": {creative, 4, false}, "song": {creative, 2, false},
	"novel": {creative, 2, false}, "fiction": {creative, 3, false}, "slogan": {creative, 3, false}, "tagline": {creative, 3, false},
	"brainstorm": {creative, 3, false}, "imagine": {creative, 2, false}, "limerick": {creative, 4, false}, "screenplay": {creative, 4, false},
	"rhyme": {creative, 3, false}, "character": {creative, 1, false}, "creative": {creative, 2, false},

	"why": {-1, 0, true}, "compare": {-1, 0, true}, "analyze": {-1, 0, true}, "analyse": {-1, 0, true}, "derive": {mathematics, 2, true},
	"explain": {-1, 0, true}, "evaluate": {-1, 0, true}, "design": {-1, 0, true}, "optimize": {-1, 0, true}, "optimise": {-1, 0, true},
	"tradeoffs": {-1, 0, true}, "trade-offs": {-1, 0, true}, "architecture": {-1, 0, true}, "strategy": {-1, 0, true}, "diagnose": {-1, 0, true},
	"argue": {-1, 0, true}, "critique": {-1, 0, true}, "constraints": {-1, 0, true}, "steps": {-1, 0, true}, "edge": {-1, 0, true},
}

// edgeWords is how many words at the start and at the end count twice.
const edgeWords = 12

// signs is what one walk over the words found.
type signs struct {
	words  int
	scores [len(taskOrder)]int
	hard   int // words that ask for thinking
}

func readSigns(text string) signs {
	var s signs
	var late [edgeWords]sign // the signs of the last words, to be counted again
	for word := range words(text) {
		hit := taskWords[word]
		if hit.hard {
			s.hard++
		}
		if hit.weight > 0 {
			s.scores[hit.task] += int(hit.weight)
			if s.words < edgeWords {
				s.scores[hit.task] += int(hit.weight)
			}
		}
		late[s.words%edgeWords] = hit
		s.words++
	}
	if s.words <= edgeWords {
		return s
	}
	for i := range min(edgeWords, s.words-edgeWords) {
		if hit := late[(s.words-1-i)%edgeWords]; hit.weight > 0 {
			s.scores[hit.task] += int(hit.weight)
		}
	}
	return s
}

// taskThreshold is the score below which a text is chat: one strong word at an edge, or several weak ones.
const taskThreshold = 4

func guessTask(text string, s *signs) string {
	scores := s.scores
	if strings.Contains(text, "```") {
		scores[code] += 4
	}
	if strings.Contains(text, "();") || strings.Contains(text, "):\n") || strings.Contains(text, "){") || strings.Contains(text, ") {") {
		scores[code] += 3
	}
	if strings.Contains(text, `\frac`) || strings.Contains(text, "$$") || strings.Contains(text, "x^2") || strings.Contains(text, "²") {
		scores[mathematics] += 4
	}
	best := -1
	for i, n := range scores {
		if n >= taskThreshold && (best < 0 || n > scores[best]) {
			best = i
		}
	}
	if best < 0 {
		return TaskChat
	}
	return taskOrder[best]
}
