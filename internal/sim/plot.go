package main

import (
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// chart is a plot of lines, written as SVG.
type chart struct {
	title, x, y string
	logX, logY  bool
	lines       []curve
}

// curve is one line; points that are NaN are left out.
type curve struct {
	name   string
	colour string
	xs, ys []float64
}

// The size of a chart in pixels, and of its margins.
const (
	chartWidth, chartHeight         = 860, 360
	leftEdge, rightEdge             = 70, 190
	topEdge, bottomEdge             = 36, 46
	plotWidth, plotHeight   float64 = chartWidth - leftEdge - rightEdge, chartHeight - topEdge - bottomEdge
)

// palette tells eight lines apart, also for most of those who see colours differently (Okabe and Ito, 2008).
var palette = [...]string{"#000000", "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999"}

func (c *chart) svg() string {
	var b strings.Builder
	xs, ys := c.axis(c.logX, func(l *curve) []float64 { return l.xs }), c.axis(c.logY, func(l *curve) []float64 { return l.ys })
	px := func(v float64) float64 { return leftEdge + xs.place(v)*plotWidth }
	py := func(v float64) float64 { return topEdge + (1-ys.place(v))*plotHeight }
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", chartWidth, chartHeight)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", chartWidth, chartHeight)
	fmt.Fprintf(&b, `<text x="%d" y="20" font-size="14">%s</text>`+"\n", leftEdge, html.EscapeString(c.title))
	for _, v := range ys.ticks() {
		fmt.Fprintf(&b, `<line x1="%d" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#dddddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			leftEdge, py(v), leftEdge+plotWidth, py(v), leftEdge-6, py(v)+4, short(v))
	}
	for _, v := range xs.ticks() {
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%.1f" stroke="#eeeeee"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n",
			px(v), topEdge, px(v), topEdge+plotHeight, px(v), topEdge+plotHeight+16, short(v))
	}
	fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", leftEdge+plotWidth/2, chartHeight-8, html.EscapeString(c.x))
	fmt.Fprintf(&b, `<text transform="translate(16 %.1f) rotate(-90)" text-anchor="middle">%s</text>`+"\n", topEdge+plotHeight/2, html.EscapeString(c.y))
	for i, l := range c.lines {
		var path strings.Builder
		for k := range l.xs {
			if !math.IsNaN(l.ys[k]) {
				fmt.Fprintf(&path, "%.1f,%.1f ", px(l.xs[k]), py(l.ys[k]))
			}
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.6"/>`+"\n", strings.TrimSpace(path.String()), l.colour)
		y := topEdge + 14 + 18*i
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s" stroke-width="3"/><text x="%.1f" y="%d">%s</text>`+"\n",
			leftEdge+plotWidth+12, y-4, leftEdge+plotWidth+30, y-4, l.colour, leftEdge+plotWidth+36, y, html.EscapeString(l.name))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// axis is a range of values.
type axis struct {
	low, high float64
	log       bool
}

func (c *chart) axis(log bool, of func(*curve) []float64) axis {
	a := axis{math.Inf(1), math.Inf(-1), log}
	for i := range c.lines {
		for _, v := range of(&c.lines[i]) {
			if !math.IsNaN(v) {
				a.low, a.high = min(a.low, v), max(a.high, v)
			}
		}
	}
	if !log {
		a.low = min(0, a.low)
	}
	if a.high <= a.low {
		a.high = a.low + 1
	}
	return a
}

// place is 0 at the low end and 1 at the high one.
func (a axis) place(v float64) float64 {
	if a.log {
		return math.Log(v/a.low) / math.Log(a.high/a.low)
	}
	return (v - a.low) / (a.high - a.low)
}

func (a axis) ticks() []float64 {
	var all []float64
	if a.log {
		for decade := math.Pow(10, math.Floor(math.Log10(a.low))); decade <= a.high; decade *= 10 {
			for _, k := range [...]float64{1, 2, 5} {
				if v := decade * k; v >= a.low*0.999 && v <= a.high*1.001 {
					all = append(all, v)
				}
			}
		}
		return all
	}
	step := math.Pow(10, math.Floor(math.Log10((a.high-a.low)/4)))
	for _, k := range [...]float64{5, 2.5, 2} {
		if (a.high-a.low)/(step*k) >= 4 {
			step *= k
			break
		}
	}
	for v := 0.0; v <= a.high*1.0001; v += step {
		all = append(all, v)
	}
	return all
}

func short(v float64) string { return fmt.Sprintf("%.4g", v) }

func (c *chart) write(dir, name string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+".svg"), []byte(c.svg()), 0o644)
}
