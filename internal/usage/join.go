package usage

import (
	"time"

	"github.com/llmroute/llmroute/envoy/accesslog"
)

// take joins e with what came before. It returns the record if that is complete now, else nil.
func (m *Meter) take(e *accesslog.Entry, now time.Time) *Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case e.Kind == accesslog.KindAttempt:
		return nil
	case e.ID == "":
		if e.Kind == accesslog.KindRequest {
			m.stats.Nameless++
		}
		return nil
	case e.Kind == accesslog.KindDoor:
		return m.door(e, now)
	}
	return m.request(e, now)
}

// door takes the entry of an attempt through an adapting door.
func (m *Meter) door(e *accesslog.Entry, now time.Time) *Record {
	if m.recent.has(e.ID) { // too late, or again
		return nil
	}
	if q := m.waiting[e.ID]; q != nil {
		if !answers(e, q.entry) {
			return nil
		}
		delete(m.waiting, e.ID)
		return m.record(q.entry, e, now)
	}
	if old, ok := m.doors.get(e.ID); !ok || old.Try < e.Try || old.Try == e.Try && e.Usage != nil {
		m.doors.put(e.ID, e, now)
	}
	return nil
}

// answers reports whether the door's entry d is the one that the request's entry e waits for: of its last attempt. Envoy
// repeats the plan's last entry when attempts outnumber it; then only the one with usage is known to be the last.
func answers(d, e *accesslog.Entry) bool {
	last := len(e.Failed) + 1
	return d.Try == last && (d.Usage != nil || e.Attempts <= last)
}

// request takes the entry of a request.
func (m *Meter) request(e *accesslog.Entry, now time.Time) *Record {
	if m.waiting[e.ID] != nil || m.recent.has(e.ID) {
		m.stats.Duplicates++
		return nil
	}
	if !m.flights.end(e.ID) {
		m.stats.Foreign++
	}
	door, ok := m.doors.get(e.ID)
	switch {
	case ok && answers(door, e):
		return m.record(e, door, now)
	case !e.Adapted || !answered(e) || m.closed:
		return m.record(e, nil, now)
	}
	q := &request{entry: e, until: now.Add(doorWait)}
	m.waiting[e.ID] = q
	m.queue = append(m.queue, q)
	if m.timer == nil {
		m.timer = time.AfterFunc(doorWait, m.expire)
	}
	if len(m.waiting) <= maxWaiting {
		return nil
	}
	if old := m.overdue(time.Time{}, maxWaiting); len(old) > 0 {
		return old[0]
	}
	return nil
}

// expire records the requests that have waited long enough.
func (m *Meter) expire() {
	now := time.Now()
	m.mu.Lock()
	out := m.overdue(now, -1)
	m.timer = nil
	if len(m.queue) > 0 && !m.closed {
		m.timer = time.AfterFunc(m.queue[0].until.Sub(now), m.expire)
	}
	m.mu.Unlock()
	m.emit(out...)
}

// overdue gives up on requests, oldest first: those whose time has come at now, and as many as are too many.
func (m *Meter) overdue(now time.Time, most int) []*Record {
	var out []*Record
	for len(m.queue) > 0 {
		q := m.queue[0]
		id := q.entry.ID
		if m.waiting[id] == q {
			if q.until.After(now) && (most < 0 || len(m.waiting) <= most) {
				break
			}
			delete(m.waiting, id)
			m.stats.GivenUp++
			out = append(out, m.record(q.entry, nil, time.Now()))
		}
		m.queue[0] = nil
		m.queue = m.queue[1:]
	}
	return out
}

// record makes the record of a request, and with it the ID a known one. door is its door's entry, nil if there is none.
func (m *Meter) record(e, door *accesslog.Entry, now time.Time) *Record {
	m.recent.put(e.ID, struct{}{}, now)
	m.doors.drop(e.ID)
	m.stats.Recorded++
	r := &Record{
		ID: e.ID, RequestID: e.RequestID, TraceParent: e.TraceParent, Started: e.Started, Elapsed: e.Elapsed, FirstByte: e.FirstByte,
		Op: e.Op, Route: e.Route, Strategy: e.Strategy, Team: e.Team, User: e.User, Client: e.Client,
		Model: e.Model, Provider: e.Provider, Stream: e.Stream, Status: e.Status, Code: e.Code, Attempts: e.Attempts,
	}
	for _, t := range e.Failed {
		r.Failed = append(r.Failed, Attempt(t))
	}
	r.Tokens, r.Source = m.tokens(e, door)
	if r.Source == SourceEstimate {
		m.stats.Estimated++
	}
	return r
}
