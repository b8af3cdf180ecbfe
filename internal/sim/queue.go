package main

import "container/heap"

// event is something that happens at a time. Equal times happen in the order in which they were planned.
type event struct {
	at   float64
	turn int
	do   func()
}

// agenda holds what is yet to happen, the next first.
type agenda struct {
	now    float64
	turn   int
	events events
}

func (a *agenda) plan(at float64, do func()) {
	a.turn++
	heap.Push(&a.events, event{at, a.turn, do})
}

// run lets everything happen.
func (a *agenda) run() {
	for len(a.events) > 0 {
		e := heap.Pop(&a.events).(event) //nolint:forcetypeassert // of our own heap
		a.now = e.at
		e.do()
	}
}

type events []event

func (e events) Len() int      { return len(e) }
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].turn < e[j].turn
}
func (e *events) Push(x any) { *e = append(*e, x.(event)) } //nolint:forcetypeassert // of our own heap
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	*e = (*e)[:last]
	return x
}
