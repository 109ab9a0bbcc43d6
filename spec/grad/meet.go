package grad

import (
	"math/rand/v2"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

// meeting are two numbers that are compared, at least one of which depends on what is given,
// with the indices of both.
type meeting struct {
	x, y layer.Expr
	idx  []*layer.Index
}

// meets learns that numbers are compared, unless neither depends on what is given.
func (p *points) meets(x, y layer.Expr) {
	seen := indices{}
	given, real := false, false
	m := meeting{x: x, y: y}
	for _, side := range []layer.Expr{x, y} {
		layer.Walk(side, func(n any) bool {
			switch n := n.(type) {
			case *layer.Element:
				given = true
			case *layer.Read:
				given = given || n.T.Type != layer.Float32
				real = real || n.T.Type == layer.Float32
			case *layer.Var:
				if !seen[n.I] {
					seen[n.I] = true
					m.idx = append(m.idx, n.I)
				}
			}
			return true
		})
	}
	if given {
		p.meetings = append(p.meetings, m)
	}
	if real {
		p.touching = append(p.touching, m)
	}
}

// mostEvaluated bounds the work for each pair of numbers that are to meet.
const mostEvaluated = 2000

// touch makes some of the real numbers that are compared equal where ties are drawn, and
// about so large where large numbers are: neither 2*x and 1 nor 1e-9 and 1e9 meet by chance.
func (p *points) touch(env *eval.Env, m mode) {
	for _, x := range p.touching {
		for range p.touches.IntN(3) {
			at := p.somewhere(x.idx, p.touches)
			p.left = mostEvaluated
			by := 1.0
			if m == beyond {
				by += [...]float64{1, 1. / 1024}[p.touches.IntN(2)] * (p.touches.Float64() - 0.5)
			}
			meets := func(x, y layer.Expr) bool {
				v, ok := p.realAt(y, at, env)
				return ok && (m != beyond || v != 0) && p.solve(x, by*v, change{real: true}, at, env)
			}
			if !meets(x.x, x.y) {
				meets(x.y, x.x)
			}
		}
	}
}

// meet makes some of the numbers that are compared equal, or differ by one, where integers
// in them may be such: by chance alone, few would be.
func (p *points) meet(env *eval.Env) {
	for _, m := range p.meetings {
		for range p.far.IntN(3) {
			at := p.somewhere(m.idx, p.far)
			p.left = mostEvaluated
			c := change{by: [...]int{0, 0, -1, 1}[p.far.IntN(4)]}
			if v, ok := p.realAt(m.y, at, env); ok && p.solve(m.x, v, c, at, env) {
				continue
			}
			if v, ok := p.realAt(m.x, at, env); ok {
				p.solve(m.y, v, c, at, env)
			}
		}
	}
}

// somewhere draws values of indices, of those that are compared with numbers these every
// other time.
func (p *points) somewhere(idx []*layer.Index, rng *rand.Rand) map[*layer.Index]int {
	at := map[*layer.Index]int{}
	for _, i := range idx {
		at[i] = rng.IntN(max(i.Size, 1))
		if marks := p.marks[i]; len(marks) > 0 && p.touches.IntN(2) == 0 {
			at[i] = marks[p.touches.IntN(len(marks))]
		}
	}
	return at
}
