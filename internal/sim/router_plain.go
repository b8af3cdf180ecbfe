package main

import "math/rand/v2"

// deaf is a router that takes no notice of what happens.
type deaf struct{}

func (deaf) began(*attempt) {}
func (deaf) first(*attempt) {}
func (deaf) ended(*attempt) {}

// roundRobin takes one after the other; a fallback is the next.
type roundRobin struct {
	deaf
	n, next int
}

func (r *roundRobin) choose(*request) []int {
	order := make([]int, r.n)
	for i := range order {
		order[i] = (r.next + i) % r.n
	}
	r.next++
	return order
}

// random draws.
type random struct {
	deaf
	n   int
	rnd *rand.Rand
}

func (r *random) choose(*request) []int { return r.rnd.Perm(r.n) }

// fixedSplit draws by weights that never change.
type fixedSplit struct {
	deaf
	weights []float64
	rnd     *rand.Rand
}

func (s *fixedSplit) choose(*request) []int {
	x := s.rnd.Float64()
	first := len(s.weights) - 1
	for i, w := range s.weights {
		if x -= w; x < 0 {
			first = i
			break
		}
	}
	order := []int{first}
	for i := range s.weights {
		if i != first {
			order = append(order, i)
		}
	}
	return order
}
