package main

import "math"

// memory is how many steps L-BFGS remembers.
const memory = 8

// minimize walks from 0 down f, which returns its value and fills its gradient, at most steps times.
// Nocedal and Wright, Numerical Optimization, algorithm 7.5, with a backtracking line search.
func minimize(n, steps int, f func(x, grad []float64) float64) []float64 {
	x, g := make([]float64, n), make([]float64, n)
	value := f(x, g)
	var ss, ys [][]float64
	var rhos []float64
	for range steps {
		d := direction(g, ss, ys, rhos)
		slope := dot(d, g)
		if slope > -1e-9 {
			break
		}
		step := 1.0
		if len(ss) == 0 {
			step = 1 / math.Sqrt(dot(g, g))
		}
		nx, ng := make([]float64, n), make([]float64, n)
		better := math.Inf(1)
		for try := 0; try < 20; try++ {
			for i := range nx {
				nx[i] = x[i] + step*d[i]
			}
			if better = f(nx, ng); better <= value+1e-4*step*slope {
				break
			}
			step /= 2
		}
		if better >= value {
			break
		}
		s, y := make([]float64, n), make([]float64, n)
		for i := range nx {
			s[i], y[i] = nx[i]-x[i], ng[i]-g[i]
		}
		if sy := dot(s, y); sy > 1e-12 {
			ss, ys, rhos = append(ss, s), append(ys, y), append(rhos, 1/sy)
			if len(ss) > memory {
				ss, ys, rhos = ss[1:], ys[1:], rhos[1:]
			}
		}
		done := value-better < 1e-5*math.Abs(value)
		x, g, value = nx, ng, better
		if done {
			break
		}
	}
	return x
}

// direction is the two-loop recursion.
func direction(g []float64, ss, ys [][]float64, rhos []float64) []float64 {
	d := make([]float64, len(g))
	for i := range g {
		d[i] = -g[i]
	}
	alphas := make([]float64, len(ss))
	for k := len(ss) - 1; k >= 0; k-- {
		alphas[k] = rhos[k] * dot(ss[k], d)
		add(d, -alphas[k], ys[k])
	}
	if k := len(ss) - 1; k >= 0 {
		scale := 1 / (rhos[k] * dot(ys[k], ys[k]))
		for i := range d {
			d[i] *= scale
		}
	}
	for k := range ss {
		add(d, alphas[k]-rhos[k]*dot(ys[k], d), ss[k])
	}
	return d
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func add(to []float64, k float64, v []float64) {
	for i := range to {
		to[i] += k * v[i]
	}
}
