package classify

// Task is a kind of work.
type Task string

// The tasks that are told apart.
const (
	Code           Task = "code"
	Math           Task = "math"
	Extraction     Task = "extraction"
	Classification Task = "classification"
	Translation    Task = "translation"
	Summary        Task = "summary"
	Creative       Task = "creative"
	Roleplay       Task = "roleplay"
	Reasoning      Task = "reasoning"
	QA             Task = "qa"
	Chat           Task = "chat" // also what shows no sign of another
)

// Tasks returns every task, in the order of the weights.
func Tasks() []Task {
	return []Task{Code, Math, Extraction, Classification, Translation, Summary, Creative, Roleplay, Reasoning, QA, Chat}
}
