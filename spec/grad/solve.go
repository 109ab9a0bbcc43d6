package grad

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

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
	if p.left--; p.left < 0 || !(math.Abs(v) < most) {
		return false
	}
	switch x := x.(type) {
	case *layer.FromInt:
		return whole && p.become(x.X, int(math.Round(v))+c.by, at, env)
	case *layer.Read:
		if x.T.Type != layer.Float32 {
			return whole && len(x.Subs) == 0 && p.become(&layer.Element{T: x.T}, int(math.Round(v))+c.by, at, env)
		}
		if def, inner := p.formula(x, at, env); def != nil {
			return p.solve(def, v, c, inner, env)
		}
		k, ok := p.position(x.T, x.Subs, at, env)
		if ok = c.real && ok && k >= 0; ok {
			env.Values[x.T.Name][k] = v
		}
		return ok
	case *layer.Call:
		return p.solveCall(x, v, c, at, env)
	case *layer.Where:
		holds, ok := p.truthAt(x.Cond, at, env)
		if holds {
			return ok && p.solve(x.X, v, c, at, env)
		}
		return ok && p.solve(x.Y, v, c, at, env)
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

// solveCall is solve for a function, of which that takes an argument to v, or of an extreme, whose
// other side must not be in the way.
func (p *points) solveCall(x *layer.Call, v float64, c change, at map[*layer.Index]int, env *eval.Env) bool {
	switch x.Fn {
	case "max", "min":
		for k, a := range x.Args {
			b, ok := p.realAt(x.Args[1-k], at, env)
			if ok && (b <= v) == (x.Fn == "max") && b != v && p.solve(a, v, c, at, env) {
				return true
			}
		}
		return false
	}
	inverse := layer.Functions[x.Fn].Inverse
	return inverse != nil && p.solve(x.Args[0], inverse(v), c, at, env)
}

// truthAt decides a condition at values of its indices, as realAt evaluates a number.
func (p *points) truthAt(c layer.Cond, at map[*layer.Index]int, env *eval.Env) (holds, ok bool) {
	switch c := c.(type) {
	case *layer.CmpInt:
		a, ok1 := p.integerAt(c.X, at, env)
		b, ok2 := p.integerAt(c.Y, at, env)
		return stands(c.Op, float64(a), float64(b)), ok1 && ok2
	case *layer.CmpReal:
		a, ok1 := p.realAt(c.X, at, env)
		b, ok2 := p.realAt(c.Y, at, env)
		return stands(c.Op, a, b), ok1 && ok2
	case *layer.Not:
		holds, ok = p.truthAt(c.X, at, env)
		return !holds, ok
	case *layer.Logic:
		a, ok1 := p.truthAt(c.X, at, env)
		b, ok2 := p.truthAt(c.Y, at, env)
		if c.Op == "&&" {
			return a && b, ok1 && ok2
		}
		return a || b, ok1 && ok2
	}
	return false, false
}

// stands reports whether two numbers compare so.
func stands(op string, a, b float64) bool {
	return map[string]bool{"<": a < b, "<=": a <= b, "==": a == b, "!=": a != b, ">=": a >= b, ">": a > b}[op]
}

// realAt evaluates a number at values of its indices, where it is made of them and of what is
// given.
func (p *points) realAt(x layer.Expr, at map[*layer.Index]int, env *eval.Env) (float64, bool) {
	if p.left--; p.left < 0 {
		return 0, false
	}
	switch x := x.(type) {
	case layer.Const:
		return x.V, true
	case *layer.FromInt:
		v, ok := p.integerAt(x.X, at, env)
		return float64(v), ok
	case *layer.Read:
		if def, inner := p.formula(x, at, env); def != nil {
			return p.realAt(def, inner, env)
		}
		k, ok := p.position(x.T, x.Subs, at, env)
		switch {
		case ok && k >= 0:
			return env.Values[x.T.Name][k], true
		case ok:
			return x.T.Outside, x.T.HasOutside
		}
	case *layer.Call:
		a, ok := p.realAt(x.Args[0], at, env)
		if f := layer.Functions[x.Fn].One; f != nil && ok {
			return f(a), true
		}
		if x.Fn != "max" && x.Fn != "min" || !ok {
			break
		}
		b, ok := p.realAt(x.Args[1], at, env)
		if (a > b) == (x.Fn == "max") {
			return a, ok
		}
		return b, ok
	case *layer.Where:
		switch holds, ok := p.truthAt(x.Cond, at, env); {
		case ok && holds:
			return p.realAt(x.X, at, env)
		case ok:
			return p.realAt(x.Y, at, env)
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
	if inner := p.place(e, x.Subs, at, env); inner != nil {
		return e.Value.(*layer.FromInt).X, inner
	}
	return nil, nil
}

// formula is definition for a real number.
func (p *points) formula(x *layer.Read, at map[*layer.Index]int, env *eval.Env) (layer.Expr, map[*layer.Index]int) {
	e := p.computed[x.T]
	if inner := p.place(e, x.Subs, at, env); inner != nil && !x.Old {
		return e.Value, inner
	}
	return nil, nil
}

// place is the values of the indices at which an equation defines an element, nil without an
// equation, or beyond the shape.
func (p *points) place(e *layer.Equation, subs []layer.Int, at map[*layer.Index]int, env *eval.Env) map[*layer.Index]int {
	if e == nil {
		return nil
	}
	inner := map[*layer.Index]int{}
	for d, s := range subs {
		i, ok := p.integerAt(s, at, env)
		if !ok || i < 0 || i >= e.T.Shape[d] {
			return nil
		}
		inner[e.Subs[d].(*layer.Var).I] = i
	}
	return inner
}

// defines learns how numbers are computed by one equation for all elements: integers at once from
// what is given, real numbers from others.
func (p *points) defines(e *layer.Equation) {
	if e.T.Role == layer.State {
		return
	}
	_, again := p.computed[e.T]
	part := slices.ContainsFunc(e.Subs, func(s layer.Int) bool { _, bare := s.(*layer.Var); return !bare })
	_, whole := e.Value.(*layer.FromInt)
	apart := whole && !slices.ContainsFunc(e.Tensors(), func(t *layer.Tensor) bool {
		return t.Role != layer.Input && t.Role != layer.Param && t.Role != layer.Scalar
	})
	if e.T.Type == layer.Float32 {
		apart = !slices.Contains(e.Tensors(), e.T)
	}
	p.computed[e.T] = e
	if again || part || e.Accumulate || !apart {
		p.computed[e.T] = nil
	}
}
