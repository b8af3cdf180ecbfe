package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	seed := flag.Uint64("seed", 1001, "the first seed")
	seeds := flag.Int("seeds", 5, "how many seeds to average over")
	out := flag.String("out", "docs/img", "where to write the plots; empty: nowhere")
	only := flag.String("trace", "", "only this trace")
	ownOnly := flag.Bool("own", false, "only the oracle and llmroute itself")
	grow := flag.Bool("growth", false, "measure the time of decisions instead")
	flag.Parse()
	start := time.Now()
	run := func() error { return compare(*seed, *seeds, *out, *only, *ownOnly) }
	if *grow {
		run = func() error { return growth(*out) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "sim:", err)
		os.Exit(1)
	}
	fmt.Fprintf(os.Stderr, "took %.1f s\n", time.Since(start).Seconds())
}
