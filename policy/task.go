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

// Tasks lists them.
func Tasks() []string {
	return []string{
		TaskCode, TaskMath, TaskExtraction, TaskClassification, TaskTranslation, TaskSummary, TaskCreative, TaskRoleplay, TaskReasoning, TaskQA, TaskChat,
	}
}

// reading is what the classifier says of the last user messages, each part read when it is asked for.
type reading struct {
	task, language, complexity bool // read already
	is                         classify.Reading
}

// Task is the kind of work that the last user messages ask for, as a small learned classifier sees it; see
// docs/classifier.md for how often it is right, and what it costs.
func (f *Features) Task() string {
	if !f.prompt.task {
		f.prompt.task, f.prompt.is.Task = true, classify.ReadTask(f.UserText())
	}
	return string(f.prompt.is.Task)
}

// Language is the ISO 639-1 code of the last user messages' language, or "" if too few words tell.
func (f *Features) Language() string {
	if !f.prompt.language {
		f.prompt.language, f.prompt.is.Language = true, classify.Language(f.UserText())
	}
	return f.prompt.is.Language
}

// Complexity is the chance, 0 to 1, that only a strong model does the request well.
func (f *Features) Complexity() float64 {
	if !f.prompt.complexity {
		f.prompt.complexity, f.prompt.is.Complexity = true, withMeans(classify.Read(f.UserText()).Complexity, f)
	}
	return f.prompt.is.Complexity
}
