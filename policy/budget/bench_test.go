package budget

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkAdmission is what three budgets cost a request, from reservation to settlement.
func BenchmarkAdmission(b *testing.B) {
	book := NewBook(Options{})
	budgets := book.Use([]Spec{monthly("team", 1e18), monthly("user", 1e18), monthly("all", 1e18)})
	now := time.Now()
	var next atomic.Uint64
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		worker := strconv.FormatUint(next.Add(1), 10)
		n := 0
		var rulings [3]Ruling
		for p.Next() {
			n++
			id := worker + "/" + strconv.Itoa(n)
			charges := [3]Charge{
				{Budget: budgets[0], Subject: "research", Amount: usd(5)}, {Budget: budgets[1], Subject: worker, Amount: usd(5)},
				{Budget: budgets[2], Amount: usd(5)},
			}
			if _, ok := book.Reserve(id, charges[:], now, rulings[:0]); !ok {
				b.Error("refused")
			}
			book.Settle(id, "", usd(3), now)
		}
	})
}

// BenchmarkReservation is the part of it that is on the request's way.
func BenchmarkReservation(b *testing.B) {
	book := NewBook(Options{})
	budget := book.Use([]Spec{monthly("all", 1e18)})[0]
	now := time.Now()
	charges := []Charge{{Budget: budget, Amount: usd(5)}}
	var rulings [1]Ruling
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		book.Reserve(strconv.Itoa(n), charges, now, rulings[:0])
		if n%1024 == 0 {
			book.Sweep(now.Add(time.Hour))
		}
	}
}
