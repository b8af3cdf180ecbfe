package anthropic

import "strings"

// model is what a name tells of a Claude model: its family, and its version as 100 × major + minor. A name that tells
// no version, as of another maker's model behind this API, has version 0 and gets what has worked longest.
type model struct {
	family  string
	version int
}

// The traits that change with the version, each with the first version that has it.
//
// Source: https://platform.claude.com/docs/en/about-claude/models/overview and the migration guide of each model;
// https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html
const (
	firstThinking       = 307 // thinking: {"type":"enabled","budget_tokens":n}
	firstOneSampler     = 401 // refuses temperature together with top_p
	firstStructured     = 405 // output_config.format, tools[].strict
	firstAdaptive       = 406 // thinking: {"type":"adaptive"}, output_config.effort up to max, no prefilled answer
	firstAdaptiveOnly   = 407 // refuses "enabled" and the sampling parameters; effort xhigh; thoughts omitted unless asked for
	firstMidSystem      = 408 // role system inside messages
	firstAlwaysThinking = 500 // thinks unless told not to
)

// parseModel reads names such as claude-opus-4-1-20250805, claude-3-7-sonnet-latest, anthropic.claude-haiku-4-5-v1:0,
// claude-sonnet-4@20250514 and anthropic/claude-opus-4.6.
func parseModel(name string) model {
	_, rest, found := strings.Cut(strings.ToLower(name), "claude")
	if !found {
		return model{}
	}
	var m model
	numbers := 0
	for _, word := range strings.FieldsFunc(rest, func(c rune) bool { return strings.ContainsRune("-._@:/ ", c) }) {
		n, isNumber := small(word)
		switch {
		case isNumber && numbers == 0:
			m.version, numbers = 100*n, 1
		case isNumber && numbers == 1:
			m.version, numbers = m.version+n, 2
		case !isNumber && numbers == 1: // what follows is no minor version
			numbers = 2
		}
		switch word {
		case "opus", "sonnet", "haiku", "fable", "mythos":
			m.family = word
		}
	}
	if m.version == 0 && m.family == "mythos" { // claude-mythos-preview
		m.version = firstAdaptiveOnly
	}
	return m
}

// small reads a number of at most two digits. Longer ones are dates.
func small(word string) (int, bool) {
	if len(word) > 2 {
		return 0, false
	}
	n := 0
	for _, c := range word {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

func (m model) since(version int) bool { return m.version >= version }

// thinks reports whether the model can think when asked.
func (m model) thinks() bool { return m.version == 0 || m.since(firstThinking) }

// takesBudget reports whether the model takes a thinking budget.
func (m model) takesBudget() bool { return m.thinks() && !m.since(firstAdaptiveOnly) }

// takesEffort reports whether the model takes output_config.effort. Opus had it one version before the others.
func (m model) takesEffort() bool {
	return m.since(firstAdaptive) || m.family == "opus" && m.since(firstStructured)
}

// cannotRest reports whether the model refuses thinking: {"type":"disabled"}.
func (m model) cannotRest() bool { return m.family == "mythos" || m.family == "fable" }

// maxTokens is the output limit where the client sets none: what every model of the generation takes. The limit of
// the very model is the caller's to set, who knows it.
func (m model) maxTokens() int {
	switch {
	case m.since(400):
		return 32000 // Opus 4
	case m.since(305):
		return 8192 // 3.5 Haiku
	}
	return 4096 // Claude 3
}

// efforts are the words of output_config.effort, ascending, with the thinking budget that stands for each. The
// budgets are this project's: Anthropic documents 1,024 as the least and 16,000 as a start for hard tasks.
//
// Source: https://platform.claude.com/docs/en/build-with-claude/effort
var efforts = []struct {
	neutral, word string
	budget        int
}{
	{"minimal", "low", 1024},
	{"low", "low", 4096},
	{"medium", "medium", 8192},
	{"high", "high", 16384},
	{"xhigh", "xhigh", 32768},
}

// leastBudget is the least thinking budget that the API takes.
const leastBudget = 1024

// budgetOf is the thinking budget for an effort; an unknown one counts as medium.
func budgetOf(effort string) int {
	for _, e := range efforts {
		if e.neutral == effort {
			return e.budget
		}
	}
	return budgetOf("medium")
}

// effortOf is the neutral effort for a thinking budget: the first whose budget is enough.
func effortOf(budget int) string {
	for _, e := range efforts[1:] {
		if budget <= e.budget {
			return e.neutral
		}
	}
	return "xhigh"
}

// effortWord is the word for an effort that the model takes.
func (m model) effortWord(effort string) string {
	if (effort == "xhigh" || effort == "max") && !m.since(firstAdaptive) {
		return "high"
	}
	if effort == "xhigh" && !m.since(firstAdaptiveOnly) {
		return "max"
	}
	for _, e := range efforts {
		if e.neutral == effort {
			return e.word
		}
	}
	if effort == "max" {
		return "max"
	}
	return "medium"
}
