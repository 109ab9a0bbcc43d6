// Package minimax fits polynomials and rational functions whose coefficients
// are float32.
//
// What comes in: a function with a weight on an interval, and the number of
// coefficients. What goes out: coefficients for which the largest weighted
// error on the interval is about as small as can be.
//
// The method is Lawson's: weighted least squares on a fine grid, repeated with
// each point's weight multiplied by its error, until the largest errors are
// level. Coefficients are rounded one after the other, lowest first, and what
// is left is fitted anew, so that later ones make up for the rounding.
package minimax

import "math"

// Problem is to approximate F(x) on [Lo, Hi] by
//
//	Num[0] + Num[1]*x + ...  /  Unit + Den[0]*x + Den[1]*x^2 + ...
//
// such that Weight(x)*|error| is small everywhere.
type Problem struct {
	F, Weight func(x float64) float64
	Lo, Hi    float64
	// Num and Den are the numbers of coefficients.
	Num, Den int
	// First pins Num[0], Num[1], ... to given values.
	First []float64
	// Unit is a float32 number; 0 stands for 1. Its choice decides how well
	// the ratio at 0 comes out.
	Unit float64
}

// Fit is a solution; Error is its largest weighted error.
type Fit struct {
	Num, Den []float32
	Error    float64
}

const (
	points = 401
	rounds = 400
)

// Solve fits p. The result is deterministic.
func (p Problem) Solve() Fit {
	s := newSystem(p)
	for k := range p.First {
		s.pin(k, p.First[k])
	}
	for {
		c, _ := s.lawson()
		k := s.next()
		if k < 0 {
			break
		}
		s.pin(k, float64(float32(c[k])))
	}
	c, worst := s.lawson()
	f := Fit{Error: worst}
	for k := range c {
		if k < p.Num {
			f.Num = append(f.Num, float32(c[k]))
		} else {
			f.Den = append(f.Den, float32(c[k]))
		}
	}
	return f
}

// system is the linearised problem: the columns of the numerator, then those
// of the denominator times -F. Columns that are pinned have a known factor.
type system struct {
	p      Problem
	x, f   []float64
	weight []float64
	pinned []bool
	coef   []float64
}

func newSystem(p Problem) *system {
	if p.Unit == 0 {
		p.Unit = 1
	}
	s := &system{p: p, pinned: make([]bool, p.Num+p.Den), coef: make([]float64, p.Num+p.Den)}
	for i := range points {
		t := math.Cos(math.Pi * (float64(i) + 0.5) / points)
		x := (p.Lo+p.Hi)/2 + t*(p.Hi-p.Lo)/2
		s.x, s.f, s.weight = append(s.x, x), append(s.f, p.F(x)), append(s.weight, p.Weight(x))
	}
	return s
}

func (s *system) pin(k int, v float64) { s.pinned[k], s.coef[k] = true, v }

// next is the free coefficient of the lowest power, or -1.
func (s *system) next() int {
	for power := 0; power <= max(s.p.Num, s.p.Den); power++ {
		if power < s.p.Num && !s.pinned[power] {
			return power
		}
		if d := power - 1; d >= 0 && d < s.p.Den && !s.pinned[s.p.Num+d] {
			return s.p.Num + d
		}
	}
	return -1
}

// column is what coefficient k is multiplied with at point i.
func (s *system) column(k, i int) float64 {
	if k < s.p.Num {
		return math.Pow(s.x[i], float64(k))
	}
	return -s.f[i] * math.Pow(s.x[i], float64(k-s.p.Num+1))
}

// lawson solves for the free coefficients.
func (s *system) lawson() (best []float64, worst float64) {
	var free []int
	for k := range s.coef {
		if !s.pinned[k] {
			free = append(free, k)
		}
	}
	columns := make([][]float64, len(s.coef))
	for k := range columns {
		columns[k] = make([]float64, points)
		for i := range columns[k] {
			columns[k][i] = s.column(k, i)
		}
	}
	lambda, den := make([]float64, points), make([]float64, points)
	for i := range lambda {
		lambda[i], den[i] = 1, s.p.Unit
	}
	worst = math.Inf(1)
	coef := append([]float64(nil), s.coef...)
	for range rounds {
		if len(free) > 0 {
			s.solve(columns, free, lambda, den, coef)
		}
		errs, largest := s.errors(columns, coef, den)
		if largest < worst {
			worst, best = largest, append([]float64(nil), coef...)
		}
		if len(free) == 0 {
			break
		}
		total := 0.0
		for i := range lambda {
			lambda[i] *= errs[i]
			total += lambda[i]
		}
		for i := range lambda {
			lambda[i] *= points / total
		}
	}
	return best, worst
}

// solve fills the free entries of coef by weighted least squares.
func (s *system) solve(columns [][]float64, free []int, lambda, den, coef []float64) {
	a := make([][]float64, points)
	for i := range a {
		w := math.Sqrt(lambda[i]) * s.weight[i] / math.Abs(den[i])
		a[i] = make([]float64, len(free)+1)
		for j, k := range free {
			a[i][j] = w * columns[k][i]
		}
		rest := s.f[i] * s.p.Unit
		for k, pinned := range s.pinned {
			if pinned {
				rest -= coef[k] * columns[k][i]
			}
		}
		a[i][len(free)] = w * rest
	}
	for j, v := range leastSquares(a) {
		coef[free[j]] = v
	}
}

// errors are the weighted errors at the points; den becomes the denominator.
func (s *system) errors(columns [][]float64, coef, den []float64) (errs []float64, worst float64) {
	errs = make([]float64, points)
	for i := range errs {
		num := 0.0
		den[i] = s.p.Unit
		for k := range coef {
			switch {
			case k < s.p.Num:
				num += coef[k] * columns[k][i]
			case s.f[i] != 0:
				den[i] -= coef[k] * columns[k][i] / s.f[i]
			}
		}
		errs[i] = s.weight[i] * math.Abs(s.f[i]-num/den[i])
		worst = math.Max(worst, errs[i])
	}
	return errs, worst
}

// leastSquares solves min |A x - b| where the last column of a is b, by
// Householder reflections. It overwrites a.
func leastSquares(a [][]float64) []float64 {
	n := len(a[0]) - 1
	for j := range n {
		norm := 0.0
		for i := j; i < len(a); i++ {
			norm = math.Hypot(norm, a[i][j])
		}
		if a[j][j] > 0 {
			norm = -norm
		}
		// v = column - norm*e_j, with v'v = -2*norm*v_j.
		a[j][j] -= norm
		for k := j + 1; k <= n; k++ {
			dot := 0.0
			for i := j; i < len(a); i++ {
				dot += a[i][j] * a[i][k]
			}
			dot /= -norm * a[j][j]
			for i := j; i < len(a); i++ {
				a[i][k] -= dot * a[i][j]
			}
		}
		a[j][j] = norm
	}
	x := make([]float64, n)
	for j := n - 1; j >= 0; j-- {
		x[j] = a[j][n]
		for k := j + 1; k < n; k++ {
			x[j] -= a[j][k] * x[k]
		}
		x[j] /= a[j][j]
	}
	return x
}
