package learn

import (
	"context"
	"sync"
)

// Store is where replicas leave what they learned for each other. Implementations are safe for concurrent use.
type Store interface {
	// Put replaces what replica said before. It may be forgotten after a few minutes.
	Put(ctx context.Context, replica string, s *Snapshot) error
	// Others returns what the other replicas said last.
	Others(ctx context.Context, replica string) ([]*Snapshot, error)
}

// Share tells the store what this process has learned, and takes in what the others have. Call it each few seconds. On
// error, what was known before stays.
func (s *State) Share(ctx context.Context, store Store, replica string) error {
	if err := store.Put(ctx, replica, s.Export()); err != nil {
		return err
	}
	others, err := store.Others(ctx, replica)
	if err != nil {
		return err
	}
	return s.Merge(others)
}

// Merge replaces what was known from other replicas. Times add up by how many observations they are worth, faded to
// now. Failures only count where they were seen, since the path between may be at fault and not the provider.
func (s *State) Merge(others []*Snapshot) error {
	for _, o := range others {
		if err := o.check(); err != nil {
			return err
		}
	}
	at := seconds(s.clock())
	peers := map[name]evidence{}
	for _, o := range others {
		for i := range o.Arms {
			r := &o.Arms[i]
			key, theirs := name{r.Provider, r.Model}, r.evidence()
			sum, ok := peers[key]
			if !ok {
				peers[key] = theirs
				continue
			}
			sum.First = join(sum.First, theirs.First, at)
			sum.Token = join(sum.Token, theirs.Token, at)
			peers[key] = sum
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for n, a := range s.arms {
		a.mu.Lock()
		a.peers = peers[n]
		a.publish(at)
		a.mu.Unlock()
	}
	return nil
}

// Memory is a Store for replicas within one process, as tests have them.
type Memory struct {
	mu   sync.Mutex
	said map[string]*Snapshot
}

var _ Store = (*Memory)(nil)

// Put implements Store.
func (m *Memory) Put(_ context.Context, replica string, s *Snapshot) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.said == nil {
		m.said = map[string]*Snapshot{}
	}
	m.said[replica] = s
	return nil
}

// Others implements Store.
func (m *Memory) Others(_ context.Context, replica string) ([]*Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var others []*Snapshot
	for who, s := range m.said {
		if who != replica {
			others = append(others, s)
		}
	}
	return others, nil
}
