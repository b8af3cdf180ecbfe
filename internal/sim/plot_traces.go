package main

import (
	"math"
	"strings"
)

// binSeconds is how long the requests are that a point of a plot stands for.
const binSeconds = 15.0

// plots writes two charts a trace: the time to the first byte, and the share of the first provider, over time.
func plots(dir string, all []standing) error {
	for i := range all {
		s := &all[i]
		times := chart{title: s.trace.name + ": " + s.trace.title, x: "seconds", y: "mean time to the first byte, s", logY: true}
		shares := chart{title: s.trace.name + ": requests that go first to provider a", x: "seconds", y: "%"}
		for k, c := range contenders() {
			if strings.HasPrefix(c.name, "–") || c.name == "random" || c.name == "llmroute least_busy" {
				continue
			}
			colour := palette[len(times.lines)]
			xs, mean, share := overTime(&s.trace, s.first[k])
			times.lines = append(times.lines, curve{c.name, colour, xs, mean})
			shares.lines = append(shares.lines, curve{c.name, colour, xs, share})
		}
		name := "sim-" + strings.ReplaceAll(s.trace.name, " ", "-")
		if err := times.write(dir, name); err != nil {
			return err
		}
		if err := shares.write(dir, name+"-share"); err != nil {
			return err
		}
	}
	return nil
}

// overTime is the mean time to the first byte, and the share of provider 0 in percent, of each bin.
func overTime(tr *trace, out []served) (xs, mean, share []float64) {
	bins := int(math.Ceil(tr.length / binSeconds))
	count, first := make([]float64, bins), make([]float64, bins)
	sum := make([]float64, bins)
	for _, s := range out {
		if math.IsNaN(s.firstByte) {
			continue
		}
		b := int(s.at / binSeconds)
		count[b]++
		sum[b] += s.firstByte
		if s.to == 0 {
			first[b]++
		}
	}
	for b := range bins {
		xs = append(xs, (float64(b)+0.5)*binSeconds)
		mean = append(mean, sum[b]/count[b])
		share = append(share, 100*first[b]/count[b])
	}
	return xs, mean, share
}
