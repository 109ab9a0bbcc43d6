package schedule

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// mostApart is how many terms a window has at most that are spelled out.
const mostApart = 8

// deinterleave gives sums under windows that go along rows in steps of a few elements, as
// convolutions with a stride do, rows in which the elements that one vector takes lie side by
// side: each phase of a row apart. The terms of a window along the row are spelled out, each
// being of one phase, and so are the sums for each weight of one.
func deinterleave(l *ir.Loops, t Target) {
	if t.Lanes == 1 {
		return
	}
	copies := map[string]*ir.Buffer{}
	var out []*ir.Nest
	for at, n := range l.Nests {
		m, q, s := strided(n, t)
		if m == nil {
			out = append(out, n)
			continue
		}
		k := m.Flat().Coef(q)
		key := fmt.Sprintf("%p %d", m.Buf, k)
		phases := copies[key]
		if phases == nil {
			var nests []*ir.Nest
			phases, nests = apartPhases(m.Buf, k, n.Text)
			out = append(out, nests...)
			if !stores(l.Nests[at:], m.Buf) {
				copies[key] = phases
			}
		}
		switch {
		case s == nil:
			one := *n
			one.Value = fromPhases(n.Value, m.Buf, phases, q)
			out = append(out, &one)
		case has(n.Reduce, s):
			out = append(out, termsApart(n, m.Buf, phases, q, s))
		default:
			out = append(out, sumsApart(n, m.Buf, phases, q, s)...)
		}
	}
	l.Nests = out
}

// strided finds an operand of a sum that goes along its rows by k*q + s, where vectors along q
// would be put together from elements k apart again and again, one of q and s being an axis
// of the sum, or s nil where the element of each k is always the same; nil where there is none.
func strided(n *ir.Nest, t Target) (m *ir.Mem, q, s *ir.Var) {
	if n.Steps != nil || len(n.Gathers) > 0 || n.Op != ir.ReduceSum || !isContraction(n) {
		return nil, nil, nil
	}
	for _, m := range n.Value.Loads() {
		for _, way := range [][2][]ir.Axis{{n.Axes, n.Reduce}, {n.Reduce, n.Axes}} {
			for _, q := range way[0] {
				if spacing(m, q.Var) == 0 || 2*q.Size < t.Lanes || has(n.Axes, q.Var) && n.Store.Step(q.Var) != 1 {
					continue
				}
				if inPhase(n, m, q.Var, nil) {
					return m, q.Var, nil
				}
				if t.Wide || has(n.Axes, q.Var) && spacing(m, q.Var) == quad {
					continue // those are put together quickly: by one exchange of two vectors, or four at a time
				}
				for _, s := range way[1] {
					if s.Size <= mostApart && inPhase(n, m, q.Var, s.Var) {
						return m, q.Var, s.Var
					}
				}
			}
		}
	}
	return nil, nil, nil
}

// inPhase reports whether the elements of the array of m that n reads are all of the rows, by
// the same steps along q and by one along s if there is one, whatever else is left out.
func inPhase(n *ir.Nest, m *ir.Mem, q, s *ir.Var) bool {
	if restricts(n.Within, q) || restricts(n.Only, q) || restricts(n.Within, s) || restricts(n.Only, s) || n.Store.Buf == m.Buf {
		return false
	}
	terms := 1
	if s != nil {
		terms = 2
	}
	last := len(m.Subs) - 1
	for _, o := range n.Value.Loads() {
		if o.Buf != m.Buf {
			continue
		}
		sub := o.Subs[last]
		lo, hi := extent(sub, n.Axes, n.Reduce)
		if len(sub.Terms) != terms || sub.Coef(q) != m.Subs[last].Coef(q) || s != nil && sub.Coef(s) != 1 || lo < 0 || hi >= m.Buf.Shape[last] {
			return false
		}
	}
	return true
}

// apartPhases is an array with the phases of each row of b apart, and the nests that fill it.
func apartPhases(b *ir.Buffer, k int, text string) (*ir.Buffer, []*ir.Nest) {
	last := len(b.Shape) - 1
	size := b.Shape[last]
	phases := &ir.Buffer{Name: b.Name + "Apart", Place: ir.Frame, Shape: append(slices.Clone(b.Shape[:last]), k, ceilDiv(size, k))}
	var nests []*ir.Nest
	for f := range k {
		n := &ir.Nest{Store: ir.Mem{Buf: phases}, Text: text}
		from := ir.Mem{Buf: b}
		axis := func(name string, size int) ir.Sub {
			if size < 2 {
				return ir.Sub{}
			}
			v := &ir.Var{Name: name}
			n.Axes = append(n.Axes, ir.Axis{Var: v, Size: size})
			return ir.VarSub(v)
		}
		for d, size := range b.Shape[:last] {
			sub := axis(fmt.Sprintf("d%d", d), size)
			n.Store.Subs, from.Subs = append(n.Store.Subs, sub), append(from.Subs, sub)
		}
		j := axis("j", (size-f+k-1)/k)
		n.Store.Subs = append(n.Store.Subs, ir.Sub{Const: f}, j)
		from.Subs = append(from.Subs, ir.Sub{Const: f}.Add(j, k))
		n.Value = ir.LoadExpr(from)
		nests = append(nests, n)
	}
	return phases, nests
}

// termsApart is the sum with the terms along s spelled out.
func termsApart(n *ir.Nest, b, phases *ir.Buffer, q, s *ir.Var) *ir.Nest {
	out := *n
	var terms []*ir.Expr
	for c := range sizeOf(n.Reduce, s) {
		terms = append(terms, fromPhases(substituted(n.Value, s, ir.Sub{Const: c}), b, phases, q))
	}
	out.Reduce = slices.DeleteFunc(slices.Clone(n.Reduce), func(a ir.Axis) bool { return a.Var == s })
	out.Value = reduced(ir.ReduceSum, terms)
	return &out
}

// sumsApart are the sums for each value of s.
func sumsApart(n *ir.Nest, b, phases *ir.Buffer, q, s *ir.Var) []*ir.Nest {
	var out []*ir.Nest
	for c := range sizeOf(n.Axes, s) {
		to := map[*ir.Var]*ir.Var{q: {Name: q.Name}}
		one := substitutedNest(renamed(n, to), s, ir.Sub{Const: c})
		one.Axes = slices.DeleteFunc(slices.Clone(one.Axes), func(a ir.Axis) bool { return a.Var == s })
		one.Value = fromPhases(one.Value, b, phases, to[q])
		out = append(out, one)
	}
	return out
}

// fromPhases is x with the elements of b from where its phases are apart.
func fromPhases(x *ir.Expr, b, phases *ir.Buffer, q *ir.Var) *ir.Expr {
	return replacedLoads(x, func(e *ir.Expr) *ir.Expr {
		if e.Load.Buf != b {
			return e
		}
		last := len(e.Load.Subs) - 1
		k, at := phases.Shape[last], e.Load.Subs[last].Const
		subs := append(slices.Clone(e.Load.Subs[:last]), ir.Sub{Const: at % k}, ir.Sub{Const: at / k}.Add(ir.VarSub(q), 1))
		return ir.LoadExpr(ir.Mem{Buf: phases, Subs: subs})
	})
}
