package emit

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// settled is what x is at a point: where a condition on positions is known there, as on an
// index that is spelled out, the value that it chooses.
func (e *emitter) settled(x *ir.Expr, p at) *ir.Expr {
	for x.Op == ir.Select && x.Load == nil {
		yes, known := e.truth(x.Args[0], p)
		switch {
		case !known:
			return x
		case yes:
			x = x.Args[1]
		default:
			x = x.Args[2]
		}
	}
	return x
}

// truth is the value of a condition at a point, if that is known.
func (e *emitter) truth(x *ir.Expr, p at) (yes, known bool) {
	if x.Load != nil {
		return false, false
	}
	switch x.Op {
	case ir.Not:
		yes, known = e.truth(x.Args[0], p)
		return !yes, known
	case ir.And, ir.Or:
		a, knownA := e.truth(x.Args[0], p)
		b, knownB := e.truth(x.Args[1], p)
		stops := x.Op == ir.Or // what one side says that decides
		switch {
		case knownA && a == stops || knownB && b == stops:
			return stops, true
		}
		return !stops, knownA && knownB
	case ir.IEQ, ir.IGT:
		a, knownA := e.word(x.Args[0], p)
		b, knownB := e.word(x.Args[1], p)
		if x.Op == ir.IEQ {
			return a == b, knownA && knownB
		}
		return a > b, knownA && knownB
	}
	return false, false
}

// word is the value of an integer that is the same in all lanes at a point, if that is known.
func (e *emitter) word(x *ir.Expr, p at) (v int32, known bool) {
	if x.Load != nil {
		return 0, false
	}
	switch x.Op {
	case ir.ConstWord:
		return x.Word, true
	case ir.Iota:
		s := ir.Sub{Const: x.Sub.Const}
		for _, t := range x.Sub.Terms {
			at, ok := p.value(t.Var)
			if !ok || t.Var == p.vec {
				return 0, false
			}
			s = s.Add(at, t.Coef)
		}
		return int32(s.Const), len(s.Terms) == 0
	case ir.IAdd, ir.ISub, ir.IMul, ir.IAnd:
		a, knownA := e.word(x.Args[0], p)
		b, knownB := e.word(x.Args[1], p)
		switch x.Op {
		case ir.IAdd:
			v = a + b
		case ir.ISub:
			v = a - b
		case ir.IMul:
			v = a * b
		case ir.IAnd:
			v = a & b
		}
		return v, knownA && knownB
	}
	return 0, false
}

// always reports whether the value of x takes an operand at all points: no condition that
// may be known at some of them chooses whether it does.
func always(x *ir.Expr, m *ir.Mem) bool {
	if x.Load != nil {
		return naive.SameMem(x.Load, m)
	}
	if x.Op == ir.Select && positional(x.Args[0]) {
		return always(x.Args[1], m) && always(x.Args[2], m)
	}
	return slices.ContainsFunc(x.Args, func(a *ir.Expr) bool { return always(a, m) })
}

// positional reports whether a condition says something about positions.
func positional(x *ir.Expr) bool {
	return x.Load == nil && (x.Op == ir.IEQ || x.Op == ir.IGT || slices.ContainsFunc(x.Args, positional))
}
