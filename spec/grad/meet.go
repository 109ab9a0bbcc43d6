package grad

import (
	"math"
	"math/rand/v2"
	"slices"

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

// touch makes some of the real numbers that are compared equal where ties are drawn, and
// about so large where large numbers are: neither 2*x and 1 nor 1e-9 and 1e9 meet by chance.
func (p *points) touch(env *eval.Env, m mode) {
	for _, x := range p.touching {
		for range p.touches.IntN(3) {
			at := p.somewhere(x.idx, p.touches)
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

// change is what may be given another value for numbers to meet: integers, such that they
// differ by so much, or real numbers.
type change struct {
	by   int
	real bool
}

// solve gives a number in x such a value that x is v, if there is one.
func (p *points) solve(x layer.Expr, v float64, c change, at map[*layer.Index]int, env *eval.Env) bool {
	const most = 1e12 // beside what is larger, gradients are not compared
	whole := math.Abs(v) < math.MaxInt32 && !c.real
	if !(math.Abs(v) < most) {
		return false
	}
	switch x := x.(type) {
	case *layer.FromInt:
		return whole && p.become(x.X, int(math.Round(v))+c.by, at, env)
	case *layer.Read:
		if x.T.Type != layer.Float32 {
			return whole && len(x.Subs) == 0 && p.become(&layer.Element{T: x.T}, int(math.Round(v))+c.by, at, env)
		}
		k, ok := p.position(x.T, x.Subs, at, env)
		if ok = c.real && ok && k >= 0; ok {
			env.Values[x.T.Name][k] = v
		}
		return ok
	case *layer.Call:
		switch x.Fn {
		case "neg":
			return p.solve(x.Args[0], -v, c, at, env)
		case "floor", "abs":
			return p.solve(x.Args[0], v, c, at, env)
		}
	case *layer.Binary:
		a, ok1 := p.realAt(x.X, at, env)
		b, ok2 := p.realAt(x.Y, at, env)
		if !ok1 || !ok2 {
			return false
		}
		switch x.Op {
		case '+':
			return p.solve(x.X, v-b, c, at, env) || p.solve(x.Y, v-a, c, at, env)
		case '-':
			return p.solve(x.X, v+b, c, at, env) || p.solve(x.Y, a-v, c, at, env)
		case '*':
			return p.solve(x.X, v/b, c, at, env) || p.solve(x.Y, v/a, c, at, env)
		case '/':
			return p.solve(x.X, v*b, c, at, env) || p.solve(x.Y, a/v, c, at, env)
		}
	}
	return false
}

// realAt evaluates a number at values of its indices, where it is made of them and of what is
// given.
func (p *points) realAt(x layer.Expr, at map[*layer.Index]int, env *eval.Env) (float64, bool) {
	switch x := x.(type) {
	case layer.Const:
		return x.V, true
	case *layer.FromInt:
		v, ok := p.integerAt(x.X, at, env)
		return float64(v), ok
	case *layer.Read:
		k, ok := p.position(x.T, x.Subs, at, env)
		switch {
		case ok && k >= 0:
			return env.Values[x.T.Name][k], true
		case ok:
			return x.T.Outside, x.T.HasOutside
		}
	case *layer.Call:
		if v, ok := p.realAt(x.Args[0], at, env); ok {
			switch x.Fn {
			case "neg":
				return -v, true
			case "floor":
				return math.Floor(v), true
			case "abs":
				return math.Abs(v), true
			}
		}
	case *layer.Binary:
		a, ok1 := p.realAt(x.X, at, env)
		b, ok2 := p.realAt(x.Y, at, env)
		if ok1 && ok2 {
			return map[byte]float64{'+': a + b, '-': a - b, '*': a * b, '/': a / b}[x.Op], true
		}
	}
	return 0, false
}

// become gives an element in x such a value that x is v, if there is one.
func (p *points) become(x layer.Int, v int, at map[*layer.Index]int, env *eval.Env) bool {
	switch x := x.(type) {
	case *layer.Element:
		if def, inner := p.definition(x, at, env); def != nil {
			return p.become(def, v, inner, env)
		}
		k, ok := p.position(x.T, x.Subs, at, env)
		if !ok || k < 0 || v > math.MaxInt32 || v < math.MinInt32 || !p.valid(x.T, v) {
			return false
		}
		env.Values[x.T.Name][k] = float64(v)
		return true
	case *layer.IntOp:
		a, ok1 := p.integerAt(x.X, at, env)
		b, ok2 := p.integerAt(x.Y, at, env)
		if !ok1 || !ok2 {
			return false
		}
		switch x.Op {
		case '+':
			return p.become(x.X, v-b, at, env) || p.become(x.Y, v-a, at, env)
		case '-':
			return p.become(x.X, v+b, at, env) || p.become(x.Y, a-v, at, env)
		case '*':
			return b != 0 && v%b == 0 && p.become(x.X, v/b, at, env) || a != 0 && v%a == 0 && p.become(x.Y, v/a, at, env)
		case '/':
			return b > 0 && p.become(x.X, v*b+layer.Residue(a, b), at, env)
		case '%':
			return b > 0 && v >= 0 && v < b && p.become(x.X, a-layer.Residue(a, b)+v, at, env)
		}
	}
	return false
}

// integerAt evaluates an integer at values of its indices, where it depends on them and on
// what is given alone.
func (p *points) integerAt(x layer.Int, at map[*layer.Index]int, env *eval.Env) (int, bool) {
	switch x := x.(type) {
	case layer.Lit:
		return x.V, true
	case *layer.Var:
		return at[x.I], true
	case *layer.Element:
		if def, inner := p.definition(x, at, env); def != nil {
			return p.integerAt(def, inner, env)
		}
		k, ok := p.position(x.T, x.Subs, at, env)
		switch {
		case !ok:
			return 0, false
		case k < 0:
			return int(x.T.Outside), x.T.HasOutside
		}
		return int(env.Values[x.T.Name][k]), true
	case *layer.IntOp:
		a, ok1 := p.integerAt(x.X, at, env)
		b, ok2 := p.integerAt(x.Y, at, env)
		if !ok1 || !ok2 || (x.Op == '/' || x.Op == '%') && b <= 0 {
			return 0, false
		}
		switch x.Op {
		case '+':
			return a + b, true
		case '-':
			return a - b, true
		case '*':
			return a * b, true
		case '/':
			return (a - layer.Residue(a, b)) / b, true
		case '%':
			return layer.Residue(a, b), true
		}
	}
	return 0, false
}

// position is the place of an element in what is given for its tensor, -1 beyond its shape;
// false where nothing is given.
func (p *points) position(t *layer.Tensor, subs []layer.Int, at map[*layer.Index]int, env *eval.Env) (int, bool) {
	if env.Values[t.Name] == nil {
		return 0, false
	}
	k := 0
	for d, s := range subs {
		i, ok := p.integerAt(s, at, env)
		switch {
		case !ok:
			return 0, false
		case i < 0 || i >= t.Shape[d]:
			return -1, true
		}
		k = k*t.Shape[d] + i
	}
	return k, true
}

// definition is what an element is computed from and the values of the indices there, nil if
// it is given, or not by one equation for all.
func (p *points) definition(x *layer.Element, at map[*layer.Index]int, env *eval.Env) (layer.Int, map[*layer.Index]int) {
	e := p.computed[x.T]
	if e == nil {
		return nil, nil
	}
	inner := map[*layer.Index]int{}
	for d, s := range x.Subs {
		i, ok := p.integerAt(s, at, env)
		if !ok || i < 0 || i >= x.T.Shape[d] {
			return nil, nil
		}
		inner[e.Subs[d].(*layer.Var).I] = i
	}
	return e.Value.(*layer.FromInt).X, inner
}

// defines learns how integers are computed, at once from what is given.
func (p *points) defines(e *layer.Equation) {
	_, integer := e.Value.(*layer.FromInt)
	_, again := p.computed[e.T]
	part := slices.ContainsFunc(e.Subs, func(s layer.Int) bool { _, bare := s.(*layer.Var); return !bare })
	further := slices.ContainsFunc(e.Tensors(), func(t *layer.Tensor) bool {
		return t.Role != layer.Input && t.Role != layer.Param && t.Role != layer.Scalar
	})
	switch {
	case e.T.Type == layer.Float32 || e.T.Role == layer.State:
	case !integer || again || part || further || e.Accumulate:
		p.computed[e.T] = nil
	default:
		p.computed[e.T] = e
	}
}
