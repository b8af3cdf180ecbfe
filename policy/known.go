package policy

import "github.com/llmroute/llmroute/policy/classify"

// Known is what is otherwise read off the text of a request.
type Known struct {
	Task, Language string
	Complexity     float64
	Session        string
}

// Know gives f what its text would tell, so that none is needed: for requests of which only the features were recorded.
func (f *Features) Know(k Known) {
	f.prompt = reading{
		task: true, language: true, complexity: true,
		is: classify.Reading{Task: classify.Task(k.Task), Language: k.Language, Complexity: k.Complexity},
	}
	f.session, f.sessionRead = k.Session, true
}
