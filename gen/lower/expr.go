package lower

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// expr lowers a real expression.
func (s *scope) expr(e layer.Expr) *ir.Expr {
	if v, ok := layer.Constant(e); ok {
		return ir.RealExpr(v)
	}
	if isScalar(e) {
		return s.l.scalar(e)
	}
	switch e := e.(type) {
	case *layer.Read:
		return s.read(e.T, e.Subs)
	case *layer.FromInt:
		return ir.NewExpr(ir.ToReal, s.word(e.X))
	case *layer.Call:
		return s.call(e)
	case *layer.Binary:
		return s.binary(e)
	case *layer.Where:
		return ir.NewExpr(ir.Select, s.cond(e.Cond), s.expr(e.X), s.expr(e.Y))
	case *layer.Reduce:
		idx, body := flattenSum(e)
		return s.reduction(reduceOps[e.Op], idx, body)
	case *layer.Uniform:
		return s.uniform(e)
	}
	panic(fmt.Sprintf("lower: expression of type %T", e))
}

var binaryOps = map[byte]ir.Op{'+': ir.Add, '-': ir.Sub2, '*': ir.Mul, '/': ir.Div}

// binary lowers arithmetic; a division by what is known before the loops
// becomes a product with the reciprocal, formed in float64.
func (s *scope) binary(e *layer.Binary) *ir.Expr {
	if d := s.difference(e); d != nil {
		return d
	}
	x := s.expr(e.X)
	if e.Op == '/' {
		if v, ok := layer.Constant(e.Y); ok {
			return ir.NewExpr(ir.Mul, x, ir.RealExpr(1/v))
		}
		if isScalar(e.Y) {
			return ir.NewExpr(ir.Mul, x, s.l.scalar(&layer.Binary{Op: '/', X: layer.Const{V: 1}, Y: e.Y}))
		}
	}
	return ir.NewExpr(binaryOps[e.Op], x, s.expr(e.Y))
}

var unaryOps = map[string]ir.Op{"neg": ir.Neg, "abs": ir.Abs, "sqrt": ir.Sqrt, "floor": ir.Floor}

// call lowers a function of the language.
func (s *scope) call(e *layer.Call) *ir.Expr {
	if op, ok := unaryOps[e.Fn]; ok {
		return ir.NewExpr(op, s.expr(e.Args[0]))
	}
	switch e.Fn {
	case "max":
		return extremum(ir.MaxOp, s.expr(e.Args[0]), s.expr(e.Args[1]))
	case "min":
		return extremum(ir.MinOp, s.expr(e.Args[0]), s.expr(e.Args[1]))
	}
	if x := s.known(e); x != nil {
		return x
	}
	return s.apply(e)
}

// apply is a power as products, or a function that the compiler expands.
func (s *scope) apply(e *layer.Call) *ir.Expr {
	if e.Fn == "pow" {
		if n, ok := layer.Constant(e.Args[1]); ok {
			if x := power(s.expr(e.Args[0]), n); x != nil {
				return x
			}
		}
	}
	out := &ir.Expr{Op: ir.Apply, Fn: e.Fn, Kind: ir.Real}
	for _, a := range e.Args {
		out.Args = append(out.Args, s.expr(a))
	}
	return out
}

// extremum is max or min as in Go: NaN if either operand is. The operation of
// the machine returns its second operand then, so a constant goes first, and of two others
// the one that is less to repeat: where extrema are nested, their size would explode.
func extremum(op ir.Op, a, b *ir.Expr) *ir.Expr {
	if larger(a, b) {
		a, b = b, a
	}
	switch {
	case a.Load == nil && a.Op == ir.Const:
		return ir.NewExpr(op, a, b)
	case b.Load == nil && b.Op == ir.Const:
		return ir.NewExpr(op, b, a)
	}
	return ir.NewExpr(ir.Select, ir.NewExpr(ir.Unordered, a, a), a, ir.NewExpr(op, a, b))
}

// mixing constants of uniform, see layer.Uniform.
const (
	mix1 = 0x7feb352d
	mix2 = -0x7b935975 // 0x846ca68b as an int32
)

// uniform lowers the counter-based generator.
func (s *scope) uniform(e *layer.Uniform) *ir.Expr {
	h := ir.NewExpr(ir.IXor, s.word(e.K), s.l.key(e.Seed, e.Plus, 1))
	h = mix(h)
	h = mix(ir.NewExpr(ir.IAdd, h, s.l.key(e.Seed, e.Plus, 2)))
	h = shift(ir.IShr, h, 8)
	return ir.NewExpr(ir.Mul, ir.NewExpr(ir.ToReal, h), ir.RealExpr(1.0/(1<<24)))
}

func mix(h *ir.Expr) *ir.Expr {
	h = ir.NewExpr(ir.IXor, h, shift(ir.IShr, h, 16))
	h = ir.NewExpr(ir.IMul, h, wordConst(mix1))
	h = ir.NewExpr(ir.IXor, h, shift(ir.IShr, h, 15))
	h = ir.NewExpr(ir.IMul, h, wordConst(mix2))
	return ir.NewExpr(ir.IXor, h, shift(ir.IShr, h, 16))
}

func shift(op ir.Op, x *ir.Expr, n int32) *ir.Expr {
	e := ir.NewExpr(op, x)
	e.Word = n
	return e
}

func wordConst(v int32) *ir.Expr { return &ir.Expr{Op: ir.ConstWord, Word: v, Kind: ir.Word} }

// cond lowers a truth value.
func (s *scope) cond(c layer.Cond) *ir.Expr {
	switch c := c.(type) {
	case *layer.CmpReal:
		return compareReal(c.Op, s.expr(c.X), s.expr(c.Y))
	case *layer.CmpInt:
		return compareInt(c.Op, s.word(c.X), s.word(c.Y))
	case *layer.Logic:
		return s.logic(c)
	case *layer.Not:
		return ir.NewExpr(ir.Not, s.cond(c.X))
	}
	panic(fmt.Sprintf("lower: condition of type %T", c))
}

// logic lowers conditions that are joined by one operator.
func (s *scope) logic(c *layer.Logic) *ir.Expr {
	op := ir.And
	if c.Op == "||" {
		op = ir.Or
	}
	return ir.NewExpr(op, s.cond(c.X), s.cond(c.Y))
}

func compareReal(op string, x, y *ir.Expr) *ir.Expr {
	switch op {
	case "<":
		return ir.NewExpr(ir.LT, x, y)
	case "<=":
		return ir.NewExpr(ir.LE, x, y)
	case ">":
		return ir.NewExpr(ir.LT, y, x)
	case ">=":
		return ir.NewExpr(ir.LE, y, x)
	case "==":
		return ir.NewExpr(ir.EQ, x, y)
	case "!=":
		return ir.NewExpr(ir.NE, x, y)
	}
	panic("lower: comparison " + op)
}

func compareInt(op string, x, y *ir.Expr) *ir.Expr {
	switch op {
	case "<":
		return ir.NewExpr(ir.IGT, y, x)
	case "<=":
		return ir.NewExpr(ir.Not, ir.NewExpr(ir.IGT, x, y))
	case ">":
		return ir.NewExpr(ir.IGT, x, y)
	case ">=":
		return ir.NewExpr(ir.Not, ir.NewExpr(ir.IGT, y, x))
	case "==":
		return ir.NewExpr(ir.IEQ, x, y)
	case "!=":
		return ir.NewExpr(ir.Not, ir.NewExpr(ir.IEQ, x, y))
	}
	panic("lower: comparison " + op)
}

// larger reports whether a has more nodes than b.
func larger(a, b *ir.Expr) bool {
	more := func(e *ir.Expr, most int) (n int) {
		left := []*ir.Expr{e}
		for ; len(left) > 0 && n <= most; n++ {
			last := len(left) - 1
			left = append(left[:last], left[last].Args...)
		}
		return n
	}
	const most = 1000
	return more(a, more(b, most)) > more(b, most)
}
