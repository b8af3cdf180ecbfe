package usage

import "time"

// aged is a map from IDs that forgets: it holds two generations, and when the younger is full, or has its age, the older
// is dropped.
type aged[V any] struct {
	young, old map[string]V
	limit      int           // of a generation
	age        time.Duration // of a generation; 0: any
	began      time.Time     // the younger one
}

func newAged[V any](limit int, age time.Duration, now time.Time) aged[V] {
	return aged[V]{young: map[string]V{}, limit: limit, age: age, began: now}
}

func (a *aged[V]) get(id string) (V, bool) {
	v, ok := a.young[id]
	if !ok {
		v, ok = a.old[id]
	}
	return v, ok
}

func (a *aged[V]) has(id string) bool {
	_, ok := a.get(id)
	return ok
}

// put keeps v and returns how many others it forgot for that.
func (a *aged[V]) put(id string, v V, now time.Time) (forgotten int) {
	forgotten = a.expire(now)
	if len(a.young) >= a.limit {
		forgotten += a.turn(now)
	}
	delete(a.old, id)
	a.young[id] = v
	return forgotten
}

// expire drops what is too old, and returns how many that were.
func (a *aged[V]) expire(now time.Time) (forgotten int) {
	if a.age <= 0 || now.Sub(a.began) < a.age {
		return 0
	}
	if now.Sub(a.began) >= 2*a.age { // the younger generation, too, has seen nothing new for its age
		forgotten = a.turn(now)
	}
	return forgotten + a.turn(now)
}

// turn makes the younger generation the older one.
func (a *aged[V]) turn(now time.Time) (forgotten int) {
	forgotten = len(a.old)
	a.old, a.young, a.began = a.young, map[string]V{}, now
	return forgotten
}

// drop reports whether id was there.
func (a *aged[V]) drop(id string) bool {
	had := a.len()
	delete(a.young, id)
	delete(a.old, id)
	return a.len() < had
}

func (a *aged[V]) len() int { return len(a.young) + len(a.old) }
