package minimax

import (
	"math"
	"testing"
)

func unit(float64) float64 { return 1 }

// TestLevel checks against the best approximations that are known: of |x| by
// 1/8 + x^2, error 1/8, and of x^4 by x^2 - 1/8, error 1/8, both on [-1, 1].
func TestLevel(t *testing.T) {
	tests := []struct {
		f      func(float64) float64
		degree int
		want   []float64
	}{
		{math.Abs, 2, []float64{0.125, 0, 1}},
		{func(x float64) float64 { return x * x * x * x }, 3, []float64{-0.125, 0, 1, 0}},
	}
	for _, test := range tests {
		fit := Problem{F: test.f, Weight: unit, Lo: -1, Hi: 1, Num: test.degree + 1}.Solve()
		if math.Abs(fit.Error-0.125) > 0.002 {
			t.Errorf("error %g, want 1/8", fit.Error)
		}
		for k, want := range test.want {
			if math.Abs(float64(fit.Num[k])-want) > 0.005 {
				t.Errorf("coefficients %v, want %v", fit.Num, test.want)
			}
		}
	}
}

// TestExact finds a rational function again.
func TestExact(t *testing.T) {
	f := func(x float64) float64 { return (0.5 + 3*x + x*x) / (1 + 0.25*x + 2*x*x) }
	fit := Problem{F: f, Weight: unit, Lo: 0, Hi: 2, Num: 3, Den: 2, First: []float64{0.5}}.Solve()
	want := []float32{0.5, 3, 1, 0.25, 2}
	for k, c := range append(fit.Num, fit.Den...) {
		if c != want[k] {
			t.Errorf("coefficients %v %v, want %v", fit.Num, fit.Den, want)
		}
	}
}
