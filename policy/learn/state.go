package learn

import (
	"sync"
	"sync/atomic"
	"time"
)

// State holds all arms. Methods are safe for concurrent use.
type State struct {
	clock func() time.Time

	mu      sync.RWMutex
	arms    map[name]*Arm
	answers map[string]*Answers // by route

	troubled atomic.Int64 // arms that are down, or came back of late
	blind    atomic.Bool  // what is under way is not known
}

type name struct{ provider, model string }

// New makes an empty State. clock tells the time: time.Now, or a simulation's.
func New(clock func() time.Time) *State {
	return &State{clock: clock, arms: map[name]*Arm{}, answers: map[string]*Answers{}}
}

// Now is the time of the State's clock.
func (s *State) Now() time.Time { return s.clock() }

// Troubled reports whether the [Arm.Standing] of any arm could be other than Up. It costs next to nothing.
func (s *State) Troubled() bool { return s.troubled.Load() > 0 }

func (s *State) count(was, is bool) {
	switch {
	case is && !was:
		s.troubled.Add(1)
	case was && !is:
		s.troubled.Add(-1)
	}
}

// Trust says whether what is under way is known, since the ends of what [Arm.Begin] counts arrive here. While it is not, arms count as idle
// and have no limits. It is trusted to begin with.
func (s *State) Trust(known bool) { s.blind.Store(!known) }

// Trusted reports whether what is under way is known.
func (s *State) Trusted() bool { return !s.blind.Load() }

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
		a = &Arm{state: s}
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
