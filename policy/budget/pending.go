package budget

import (
	"hash/maphash"
	"sync"
)

// reservation is what a request has reserved, and later what it has spent.
type reservation struct {
	id       string
	deadline int64 // Unix nanoseconds

	mu      sync.Mutex // of the next
	holds   []hold
	settled bool
	used    Amount // once settled

	room       [3]hold // for holds, as long as there are few
	prev, next *reservation
}

// hold is a part of a reservation: what it took of one account.
type hold struct {
	account *account
	epoch   uint32
	amount  Amount
	byModel bool
}

// pending finds reservations by their request's id. Each shard has its own lock, which is never held while another one is.
type pending struct {
	seed   maphash.Seed
	shards [64]shard
}

type shard struct {
	mu   sync.Mutex
	byID map[string]*reservation
	live queue // in the order of their deadlines
	done queue // settled or expired, for what may still be heard of them; the oldest are forgotten
}

// keptDone is how many reservations each shard keeps that are settled or expired.
const keptDone = 512

func (p *pending) init() {
	p.seed = maphash.MakeSeed()
	for i := range p.shards {
		p.shards[i].byID = map[string]*reservation{}
	}
}

func (p *pending) of(id string) *shard {
	return &p.shards[maphash.String(p.seed, id)%uint64(len(p.shards))]
}

func (p *pending) add(r *reservation) {
	s := p.of(r.id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID[r.id] = r
	s.live.push(r)
}

// settle finds a reservation and puts it among those that are done. nil: there is none.
func (p *pending) settle(id string) *reservation {
	s := p.of(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.byID[id]
	if r != nil && r.deadline != 0 {
		s.retire(r)
	}
	return r
}

// expire returns the reservations whose deadline is over.
func (p *pending) expire(now int64) []*reservation {
	var out []*reservation
	for i := range p.shards {
		s := &p.shards[i]
		s.mu.Lock()
		for s.live.first != nil && s.live.first.deadline <= now {
			out = append(out, s.live.first)
			s.retire(s.live.first)
		}
		s.mu.Unlock()
	}
	return out
}

// retire moves r from live to done. The lock is held.
func (s *shard) retire(r *reservation) {
	s.live.remove(r)
	r.deadline = 0
	s.done.push(r)
	for s.done.size > keptDone {
		delete(s.byID, s.done.first.id)
		s.done.remove(s.done.first)
	}
}

// queue is a doubly linked list through the reservations themselves.
type queue struct {
	first, last *reservation
	size        int
}

func (q *queue) push(r *reservation) {
	r.prev, r.next = q.last, nil
	if q.last == nil {
		q.first = r
	} else {
		q.last.next = r
	}
	q.last = r
	q.size++
}

func (q *queue) remove(r *reservation) {
	if r.prev == nil {
		q.first = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next == nil {
		q.last = r.prev
	} else {
		r.next.prev = r.prev
	}
	r.prev, r.next = nil, nil
	q.size--
}
