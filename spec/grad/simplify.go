package grad

import "github.com/dlgen/dlgen/spec/layer"

// The functions in this file build expressions and leave out what is
// trivial: zeros, ones, double negations, arithmetic on constants.

func constant(v float64) layer.Expr { return layer.Const{V: v} }

// constOf gives the value of a constant expression.
func constOf(x layer.Expr) (float64, bool) {
	switch x := x.(type) {
	case layer.Const:
		return x.V, true
	case *layer.FromInt:
		if l, ok := x.X.(layer.Lit); ok {
			return float64(l.V), true
		}
	case *layer.Call:
		if v, ok := constOf(x.Args[0]); ok && x.Fn == "neg" {
			return -v, true
		}
	}
	return 0, false
}

func isConst(x layer.Expr, v float64) bool {
	c, ok := constOf(x)
	return ok && c == v
}

// negated gives y where x is -y.
func negated(x layer.Expr) (layer.Expr, bool) {
	if c, ok := x.(*layer.Call); ok && c.Fn == "neg" {
		return c.Args[0], true
	}
	if v, ok := constOf(x); ok && v < 0 {
		return constant(-v), true
	}
	return nil, false
}

func call(fn string, args ...layer.Expr) layer.Expr { return &layer.Call{Fn: fn, Args: args} }

func neg(x layer.Expr) layer.Expr {
	if v, ok := constOf(x); ok {
		if v == 0 {
			return constant(0)
		}
		return constant(-v)
	}
	if y, ok := negated(x); ok {
		return y
	}
	if b, ok := x.(*layer.Binary); ok && b.Op == '-' {
		return sub(b.Y, b.X)
	}
	return call("neg", x)
}

func add(x, y layer.Expr) layer.Expr {
	a, aok := constOf(x)
	b, bok := constOf(y)
	switch {
	case aok && bok:
		return constant(a + b)
	case aok && a == 0:
		return y
	case bok && b == 0:
		return x
	}
	if n, ok := negated(y); ok {
		return &layer.Binary{Op: '-', X: x, Y: n}
	}
	if n, ok := x.(*layer.Call); ok && n.Fn == "neg" {
		return &layer.Binary{Op: '-', X: y, Y: n.Args[0]}
	}
	return &layer.Binary{Op: '+', X: x, Y: y}
}

func sub(x, y layer.Expr) layer.Expr {
	if isConst(y, 0) {
		return x
	}
	if isConst(x, 0) {
		return neg(y)
	}
	a, aok := constOf(x)
	b, bok := constOf(y)
	if aok && bok {
		return constant(a - b)
	}
	if n, ok := negated(y); ok {
		return add(x, n)
	}
	return &layer.Binary{Op: '-', X: x, Y: y}
}

func mul(x, y layer.Expr) layer.Expr {
	a, aok := constOf(x)
	b, bok := constOf(y)
	switch {
	case aok && bok:
		return constant(a * b)
	case aok && a == 0 || bok && b == 0:
		return constant(0)
	case aok && a == 1:
		return y
	case bok && b == 1:
		return x
	}
	if n, ok := negated(x); ok {
		return neg(mul(n, y))
	}
	if n, ok := negated(y); ok {
		return neg(mul(x, n))
	}
	a, x = leading(x)
	b, y = leading(y)
	return scale(a*b, chain(x, y))
}

// leading splits off the number with which a product begins.
func leading(x layer.Expr) (float64, layer.Expr) {
	if v, ok := constOf(x); ok {
		return v, constant(1)
	}
	if b, ok := x.(*layer.Binary); ok && (b.Op == '*' || b.Op == '/') {
		if v, rest := leading(b.X); v != 1 {
			if isConst(rest, 1) && b.Op == '*' {
				return v, b.Y
			}
			return v, &layer.Binary{Op: b.Op, X: rest, Y: b.Y}
		}
	}
	return 1, x
}

// scale puts a number before a product.
func scale(v float64, x layer.Expr) layer.Expr {
	if v == 1 {
		return x
	}
	if c, ok := constOf(x); ok {
		return constant(v * c)
	}
	if b, ok := x.(*layer.Binary); ok && (b.Op == '*' || b.Op == '/') {
		return &layer.Binary{Op: b.Op, X: scale(v, b.X), Y: b.Y}
	}
	return &layer.Binary{Op: '*', X: constant(v), Y: x}
}

// chain is the product of x and y as one chain from left to right.
func chain(x, y layer.Expr) layer.Expr {
	if isConst(x, 1) {
		return y
	}
	if isConst(y, 1) {
		return x
	}
	if b, ok := y.(*layer.Binary); ok && (b.Op == '*' || b.Op == '/') {
		return &layer.Binary{Op: b.Op, X: chain(x, b.X), Y: b.Y}
	}
	return &layer.Binary{Op: '*', X: x, Y: y}
}

func div(x, y layer.Expr) layer.Expr {
	a, aok := constOf(x)
	b, bok := constOf(y)
	switch {
	case aok && bok && b != 0:
		return constant(a / b)
	case aok && a == 0:
		return constant(0)
	case bok && b == 1:
		return x
	}
	if n, ok := negated(x); ok {
		return neg(div(n, y))
	}
	if n, ok := negated(y); ok {
		return neg(div(x, n))
	}
	return &layer.Binary{Op: '/', X: x, Y: y}
}

func where(c layer.Cond, x, y layer.Expr) layer.Expr {
	if isConst(x, 0) && isConst(y, 0) {
		return constant(0)
	}
	return &layer.Where{Cond: c, X: x, Y: y}
}

// not negates a condition. A comparison of real numbers keeps its negation:
// with a NaN !(a < b) is not a >= b.
func not(c layer.Cond) layer.Cond {
	switch c := c.(type) {
	case *layer.Not:
		return c.X
	case *layer.CmpInt:
		return &layer.CmpInt{Op: layer.Opposite[c.Op], X: c.X, Y: c.Y}
	}
	return &layer.Not{X: c}
}

// all is the conjunction of conditions, the first evaluated first; nil stands
// for none, and what is plainly true is left out.
func all(conds []layer.Cond) layer.Cond {
	var out layer.Cond
	for _, c := range conjuncts(conds) {
		if cmp, ok := c.(*layer.CmpInt); ok && certain(cmp) {
			continue
		}
		if out == nil {
			out = c
		} else {
			out = &layer.Logic{Op: "&&", X: out, Y: c}
		}
	}
	return out
}

// certain reports whether a comparison holds for all values of its indices.
func certain(c *layer.CmpInt) bool {
	if layer.SameInt(c.X, c.Y) {
		return c.Op == "==" || c.Op == "<=" || c.Op == ">="
	}
	d, ok := layer.AffineOf(&layer.IntOp{Op: '-', X: c.X, Y: c.Y})
	if !ok {
		return false
	}
	lo, hi := d.Extremes()
	switch c.Op {
	case "<":
		return hi < 0
	case "<=":
		return hi <= 0
	case ">":
		return lo > 0
	case ">=":
		return lo >= 0
	case "==":
		return lo == 0 && hi == 0
	}
	return lo > 0 || hi < 0
}

// The same for integers.

func lit(v int) layer.Int { return layer.Lit{V: v} }

func intOp(op byte, x, y layer.Int) layer.Int {
	a, aok := x.(layer.Lit)
	b, bok := y.(layer.Lit)
	switch {
	case aok && bok && op == '+':
		return lit(a.V + b.V)
	case aok && bok && op == '-':
		return lit(a.V - b.V)
	case aok && bok && op == '*':
		return lit(a.V * b.V)
	case (op == '+' || op == '-') && bok && b.V == 0, (op == '*' || op == '/') && bok && b.V == 1:
		return x
	case op == '+' && aok && a.V == 0, op == '*' && aok && a.V == 1:
		return y
	}
	return &layer.IntOp{Op: op, X: x, Y: y}
}

// fromAffine writes an affine form, positive terms first.
func fromAffine(a layer.Affine) layer.Int {
	var out layer.Int
	join := func(op byte, x layer.Int) {
		switch {
		case out != nil:
			out = intOp(op, out, x)
		case op == '+':
			out = x
		default:
			out = &layer.IntOp{Op: '-', X: lit(0), Y: x}
		}
	}
	term := func(t layer.Term, coef int) layer.Int {
		return intOp('*', &layer.Var{I: t.I}, lit(coef))
	}
	for _, t := range a.Terms {
		if t.Coef > 0 {
			join('+', term(t, t.Coef))
		}
	}
	if a.Const > 0 {
		join('+', lit(a.Const))
	}
	for _, t := range a.Terms {
		if t.Coef < 0 {
			join('-', term(t, -t.Coef))
		}
	}
	if a.Const < 0 {
		join('-', lit(-a.Const))
	}
	if out == nil {
		return lit(0)
	}
	return out
}
