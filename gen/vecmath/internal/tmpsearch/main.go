package main

import (
	"fmt"
	"math"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/vecmath/internal/minimax"
)

func mulAdd(x, y, z float32) float32 {
	s := float64(x)*float64(y) + float64(z)
	b := math.Float64bits(s)
	if b&0x1fffffff != 0x10000000 && b>>52&0x7ff > 1023-126 {
		return float32(s)
	}
	return ir.MulAdd(x, y, z)
}

func horner(t float32, c []float32) float32 {
	p := c[len(c)-1]
	for k := len(c) - 2; k >= 0; k-- {
		p = mulAdd(p, t, c[k])
	}
	return p
}
func hornerU(t float32, c []float32) float32 {
	p := c[len(c)-1]
	for k := len(c) - 2; k >= 0; k-- {
		p = float32(p*t) + c[k]
	}
	return p
}

type sample struct {
	x    float32
	want float64
	u    float64
}

func eval(ss []sample, sq float32, num, den []float32) (f, u float64) {
	for _, s := range ss {
		t := s.x * s.x
		if t > sq {
			t = sq
		}
		y := min(1, horner(t, num)*s.x/horner(t, den))
		f = max(f, math.Abs(float64(y)-s.want)/s.u)
		y = min(1, hornerU(t, num)*s.x/hornerU(t, den))
		u = max(u, math.Abs(float64(y)-s.want)/s.u)
	}
	return
}

func run(name string, fn func(float64) float64, slope float64, hi float64, limits []float64, shapes [][2]int) {
	var ss []sample
	for b := math.Float32bits(0.01); b < math.Float32bits(float32(hi)); b += 1511 {
		x := math.Float32frombits(b)
		w := fn(float64(x))
		_, e := math.Frexp(w)
		ss = append(ss, sample{x, w, math.Ldexp(1, e-24)})
	}
	best := 1e9
	for _, limit := range limits {
		g := func(t float64) float64 { x := math.Sqrt(t); return fn(x) / x }
		for unit := 1.0; unit < 2; unit += 1.0 / 64 {
			if math.Abs(float64(float32(unit*slope))/(unit*slope)-1) > 1e-8 {
				continue
			}
			for _, sh := range shapes {
				f := minimax.Problem{F: g, Weight: func(t float64) float64 { return 1 / g(t) }, Lo: 0, Hi: limit * limit, Num: sh[0], Den: sh[1], First: []float64{float64(float32(unit * slope))}, Unit: unit}.Solve()
				a, b := eval(ss, float32(limit*limit), f.Num, append([]float32{float32(unit)}, f.Den...))
				if a+0.5*b < best {
					best = a + 0.5*b
					fmt.Println(name, limit, unit, sh, a, b, math.Log2(f.Error))
				}
			}
		}
	}
}

func main() {
	run("erf", math.Erf, 2/math.SqrtPi, 3.95, []float64{3.7, 3.8, 3.92}, [][2]int{{6, 5}, {5, 6}, {6, 6}})
	run("tanh", math.Tanh, 1, 9.2, []float64{8.5, 9.01091385}, [][2]int{{5, 4}})
}
