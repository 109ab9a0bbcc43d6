package gen

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
)

// TestDeviations checks the variance of columns that are read once for it and
// for their mean: far from zero, in two groups far apart, without any spread,
// and with rows that are not like the others.
func TestDeviations(t *testing.T) {
	const rows, cols = 3000, 24
	target := machine.AVX512
	target.Second = 64 << 10
	_, programs, err := passes(proved(t, "batchnorm", "M=3000 C=24"), target)
	if err != nil {
		t.Fatal(err)
	}
	forward := programs[0]
	// The sum of squares is kept from falling below 0, in this form only.
	if !strings.Contains(forward.String(), "= max ") {
		t.Error("x is not read once for both")
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for name, value := range map[string]func(row int) float64{
		"plain":     func(int) float64 { return rnd.NormFloat64() },
		"far":       func(int) float64 { return 1e4 + rnd.NormFloat64() },
		"first":     func(m int) float64 { return 1000*float64(min(m/100, 1)) + rnd.NormFloat64() },
		"groups":    func(m int) float64 { return 1000*float64(m%2) + rnd.NormFloat64() },
		"one":       func(m int) float64 { return 1e6*float64(1-min(m^1777, 1)) + rnd.NormFloat64() },
		"sample":    func(m int) float64 { return 1000*float64(min((m+37)%(rows/64), 1)) + rnd.NormFloat64() },
		"constant":  func(int) float64 { return 12345.678 },
		"not small": func(int) float64 { return 1e15 * rnd.NormFloat64() },
	} {
		x := make([]float32, rows*cols)
		for i := range x {
			x[i] = float32(value(i / cols))
		}
		mem := ir.NewMemory()
		mem.F32 = map[string][]float32{
			"x": x, "y": make([]float32, len(x)), "gamma": ones(cols), "beta": make([]float32, cols),
			"running_mean": make([]float32, cols), "running_var": make([]float32, cols),
		}
		if err := ir.Run(forward, mem); err != nil {
			t.Fatal(err)
		}
		for c := range cols {
			sum, squares := 0.0, 0.0
			for m := range rows {
				sum += float64(x[m*cols+c])
			}
			for m := range rows {
				d := float64(x[m*cols+c]) - sum/rows
				squares += d * d
			}
			want := 0.1 * squares / (rows - 1)
			// A mean is rounded, which no way of computing deviations forgets.
			off := 1e-7 * sum / rows
			if got := float64(mem.F32["running_var"][c]); !(math.Abs(got-want) <= 2e-5*want+10*off*off) {
				t.Errorf("%s: variance %v of column %d, want %v", name, 10*got, c, 10*want)
			}
		}
	}
}

func ones(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = 1
	}
	return out
}
