package grad

import (
	"fmt"
	"maps"

	"github.com/dlgen/dlgen/spec/layer"
)

// binding says what stands for an index, and for whole subscripts.
type binding struct {
	index map[*layer.Index]layer.Int
	whole []subscript
}

// subscript is a subscript whose value has a shorter form.
type subscript struct{ is, short layer.Int }

// bindOne makes x stand for i.
func bindOne(i *layer.Index, x layer.Int) binding {
	return binding{index: map[*layer.Index]layer.Int{i: x}}
}

// with gives the binding extended by fresh copies of the indices of a
// reduction, which it also returns.
func (b binding) with(idx []*layer.Index) (binding, []*layer.Index) {
	out := binding{index: maps.Clone(b.index)}
	if out.index == nil {
		out.index = map[*layer.Index]layer.Int{}
	}
	var fresh []*layer.Index
	for _, i := range idx {
		f := &layer.Index{Name: i.Name, Size: i.Size}
		fresh = append(fresh, f)
		out.index[i] = &layer.Var{I: f}
	}
	for _, s := range b.whole {
		if !setOf(idx).in(s.is) {
			out.whole = append(out.whole, s)
		}
	}
	return out, fresh
}

// expr copies x with its indices replaced. Reductions get indices of their
// own, so that a copy can stand anywhere.
func (b binding) expr(x layer.Expr) layer.Expr {
	switch x := x.(type) {
	case layer.Const:
		return x
	case *layer.Read:
		return &layer.Read{T: x.T, Subs: b.ints(x.Subs), Old: x.Old, Pos: x.Pos}
	case *layer.FromInt:
		return real(b.int(x.X))
	case *layer.Call:
		out := &layer.Call{Fn: x.Fn}
		for _, a := range x.Args {
			out.Args = append(out.Args, b.expr(a))
		}
		return out
	case *layer.Binary:
		return &layer.Binary{Op: x.Op, X: b.expr(x.X), Y: b.expr(x.Y)}
	case *layer.Where:
		return &layer.Where{Cond: b.cond(x.Cond), X: b.expr(x.X), Y: b.expr(x.Y)}
	case *layer.Reduce:
		in, idx := b.with(x.Idx)
		return &layer.Reduce{Op: x.Op, Idx: idx, Body: in.expr(x.Body)}
	case *layer.Uniform:
		return &layer.Uniform{Seed: x.Seed, Plus: x.Plus, K: b.int(x.K)}
	}
	panic(fmt.Sprintf("grad: not an expression: %T", x))
}

// real is an integer as a real number, in the form that its text parses to.
func real(x layer.Int) layer.Expr {
	switch x := x.(type) {
	case layer.Lit:
		return constant(float64(x.V))
	case *layer.IntOp:
		switch x.Op {
		case '+', '-', '*':
			return &layer.Binary{Op: x.Op, X: real(x.X), Y: real(x.Y)}
		case '/':
			return call("floor", &layer.Binary{Op: '/', X: real(x.X), Y: real(x.Y)})
		}
	}
	return &layer.FromInt{X: x}
}

func (b binding) int(x layer.Int) layer.Int {
	for _, s := range b.whole {
		if layer.SameInt(x, s.is) {
			return s.short
		}
	}
	switch x := x.(type) {
	case layer.Lit:
		return x
	case *layer.Var:
		if y := b.index[x.I]; y != nil {
			return y
		}
		return x
	case *layer.Element:
		return x.At(x.T, b.ints(x.Subs))
	case *layer.IntOp:
		y := &layer.IntOp{Op: x.Op, X: b.int(x.X), Y: b.int(x.Y)}
		if y.X == x.X && y.Y == x.Y {
			return x
		}
		if a, ok := layer.AffineOf(y); ok {
			return fromAffine(a)
		}
		return divided(y)
	case *layer.ArgMax:
		in, idx := b.with(x.Idx)
		return &layer.ArgMax{Idx: idx, Body: in.expr(x.Body)}
	}
	panic(fmt.Sprintf("grad: not an integer expression: %T", x))
}

// divided simplifies a quotient or remainder, where it is one.
func divided(x *layer.IntOp) layer.Int { return layer.Divided(x, fromAffine) }

func (b binding) ints(xs []layer.Int) []layer.Int {
	var out []layer.Int
	for _, x := range xs {
		out = append(out, b.int(x))
	}
	return out
}

func (b binding) cond(x layer.Cond) layer.Cond {
	switch x := x.(type) {
	case *layer.CmpInt:
		return &layer.CmpInt{Op: x.Op, X: b.int(x.X), Y: b.int(x.Y)}
	case *layer.CmpReal:
		return &layer.CmpReal{Op: x.Op, X: b.expr(x.X), Y: b.expr(x.Y)}
	case *layer.Logic:
		return &layer.Logic{Op: x.Op, X: b.cond(x.X), Y: b.cond(x.Y)}
	case *layer.Not:
		return &layer.Not{X: b.cond(x.X)}
	}
	panic(fmt.Sprintf("grad: not a condition: %T", x))
}

func (b binding) conds(xs []layer.Cond) []layer.Cond {
	var out []layer.Cond
	for _, x := range xs {
		out = append(out, b.cond(x))
	}
	return out
}

// indices is a set of indices.
type indices map[*layer.Index]bool

func setOf(idx []*layer.Index) indices {
	s := indices{}
	for _, i := range idx {
		s[i] = true
	}
	return s
}

// in reports whether x (an Expr, Int or Cond) depends on one of the indices.
func (s indices) in(x any) bool {
	found := false
	layer.Walk(x, func(node any) bool {
		if v, ok := node.(*layer.Var); ok && s[v.I] {
			found = true
		}
		return !found
	})
	return found
}

// of gives those of the indices on which x depends, in the order of idx.
func dependence(x any, idx []*layer.Index) []*layer.Index {
	var out []*layer.Index
	for _, i := range idx {
		if (indices{i: true}).in(x) {
			out = append(out, i)
		}
	}
	return out
}
