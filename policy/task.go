package policy

import "github.com/llmroute/llmroute/policy/classify"

// The tasks that Features.Task tells apart.
const (
	TaskCode           = string(classify.Code)
	TaskMath           = string(classify.Math)
	TaskExtraction     = string(classify.Extraction)
	TaskClassification = string(classify.Classification)
	TaskTranslation    = string(classify.Translation)
	TaskSummary        = string(classify.Summary)
	TaskCreative       = string(classify.Creative)
	TaskRoleplay       = string(classify.Roleplay)
	TaskReasoning      = string(classify.Reasoning)
	TaskQA             = string(classify.QA)
	TaskChat           = string(classify.Chat) // also everything that shows no sign of another
)

// promptGuess is what the classifier says of the last user messages.
type promptGuess struct {
	task       string
	language   string
	complexity float64
}

// Task is the kind of work that the last user messages ask for, as a small learned classifier sees it; see
// docs/classifier.md for how often it is right. Some tens of microseconds, once a request.
func (f *Features) Task() string { return f.guess().task }

// Language is the ISO 639-1 code of the last user messages' language, or "" if too few words tell.
func (f *Features) Language() string { return f.guess().language }

// Complexity is the chance, 0 to 1, that only a strong model does the request well.
func (f *Features) Complexity() float64 { return f.guess().complexity }

func (f *Features) guess() *promptGuess {
	if f.promptRead {
		return &f.prompt
	}
	f.promptRead = true
	read := classify.Read(f.UserText())
	f.prompt = promptGuess{task: string(read.Task), language: read.Language, complexity: withMeans(read.Complexity, f)}
	return &f.prompt
}
