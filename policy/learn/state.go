package learn

import (
	"sync"
	"time"
)

// State holds all arms. Methods are safe for concurrent use.
type State struct {
	clock func() time.Time

	mu      sync.RWMutex
	arms    map[name]*Arm
	answers map[string]*Answers // by route
}

type name struct{ provider, model string }

// New makes an empty State. clock tells the time: time.Now, or a simulation's.
func New(clock func() time.Time) *State {
	return &State{clock: clock, arms: map[name]*Arm{}, answers: map[string]*Answers{}}
}

// Now is the time of the State's clock.
func (s *State) Now() time.Time { return s.clock() }

// Arm returns the arm of a model at a provider, as the configuration names them, and makes it if it is not there. It
// stays the same for the life of the State: ask once, not for every request.
func (s *State) Arm(provider, model string) *Arm {
	key := name{provider, model}
	s.mu.RLock()
	a := s.arms[key]
	s.mu.RUnlock()
	if a != nil {
		return a
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a = s.arms[key]; a == nil {
		a = &Arm{}
		s.arms[key] = a
	}
	return a
}

// Answers returns what is known of a route's answers, as Arm does.
func (s *State) Answers(route string) *Answers {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.answers[route]
	if a == nil {
		a = &Answers{}
		s.answers[route] = a
	}
	return a
}

// Observe takes in what an attempt showed. Arms and routes that nobody has asked for are passed over, so that the names in a log
// cannot fill the memory.
func (s *State) Observe(o *Observation) {
	at := seconds(s.clock())
	s.mu.RLock()
	arm, answers := s.arms[name{o.Provider, o.Model}], s.answers[o.Route]
	s.mu.RUnlock()
	if arm != nil {
		arm.observe(o, at)
	}
	if answers != nil && o.Done && o.Outcome == Answered && o.OutputTokens > 0 {
		answers.add(o.OutputTokens, at)
	}
}
