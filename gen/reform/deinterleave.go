package reform

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// mostApart is how many terms a window has at most that are spelled out.
const mostApart = 8

// deinterleave gives sums under windows that go along rows in steps of a few elements, as
// convolutions with a stride do, rows in which the elements that one vector takes lie side by
// side: each phase of a row apart. The terms of a window along the row are spelled out, each
// being of one phase, and so are the sums for each weight of one.
func deinterleave(l *ir.Loops, t Vectors) {
	d := &deinterleaver{l: l, t: t, copies: map[string]*ir.Buffer{}}
	for at, n := range l.Nests {
		d.flush(n)
		d.nest(at, n)
	}
	d.flush(nil)
	l.Nests = d.out
}

// deinterleaver writes the new nests of a program.
type deinterleaver struct {
	l   *ir.Loops
	t   Vectors
	out []*ir.Nest
	// copies are the arrays whose phases are apart, back the maps, still to come, that put
	// those of results together.
	copies map[string]*ir.Buffer
	back   []*ir.Nest
}

// nest adds a nest, with copies before it.
func (d *deinterleaver) nest(at int, n *ir.Nest) {
	m, q, s := strided(n, d.t)
	if m == nil {
		d.out = append(d.out, d.result(n))
		return
	}
	phases := d.phases(at, m.Buf, m.Flat().Coef(q), n.Text)
	switch {
	case s == nil:
		one := *n
		one.Value = fromPhases(n.Value, m.Buf, phases, q)
		d.nest(at, &one)
	case naive.Has(n.Reduce, s):
		d.out = append(d.out, termsApart(n, m.Buf, phases, q, s))
	default:
		d.out = append(d.out, sumsApart(n, m.Buf, phases, q, s)...)
	}
}

// phases is the copy of b for what nests from one on read.
func (d *deinterleaver) phases(at int, b *ir.Buffer, k int, text string) *ir.Buffer {
	key := fmt.Sprintf("%p %d", b, k)
	if made := d.copies[key]; made != nil {
		return made
	}
	phases, nests := apartPhases(b, k, text)
	d.out = append(d.out, nests...)
	if !stores(d.l.Nests[at:], b) {
		d.copies[key] = phases
	}
	return phases
}

// result gives a sum whose results stand a few elements apart an array in which they stand
// side by side.
func (d *deinterleaver) result(n *ir.Nest) *ir.Nest {
	if n.Steps != nil || n.Accumulate || len(n.Gathers) > 0 || n.Op != ir.ReduceSum || !naive.IsContraction(n) {
		return n
	}
	last := len(n.Store.Subs) - 1
	if last < 0 || len(n.Store.Subs[last].Terms) != 1 {
		return n
	}
	q := n.Store.Subs[last].Terms[0].Var
	if k := naive.Spacing(&n.Store, q); k == 0 || 2*naive.SizeOf(n.Axes, q) < d.t.Lanes || naive.Restricts(n.Within, q) || naive.Restricts(n.Only, q) {
		return n
	}
	apart := &ir.Buffer{Name: n.Store.Buf.Name + "Apart", Place: ir.Frame}
	one, back := *n, &ir.Nest{Axes: n.Axes, Store: n.Store, Text: n.Text}
	one.Store = ir.Mem{Buf: apart}
	for _, a := range n.Axes {
		apart.Shape = append(apart.Shape, a.Size)
		one.Store.Subs = append(one.Store.Subs, ir.VarSub(a.Var))
	}
	back.Value = ir.LoadExpr(one.Store)
	d.back = append(d.back, naive.Renamed(back, nil))
	return &one
}

// flush adds the maps to results if n, unless it is nil, may use one of them, or is of a
// serial loop, which nothing may stand in.
func (d *deinterleaver) flush(n *ir.Nest) {
	if n == nil || n.Steps != nil || slices.ContainsFunc(d.back, func(b *ir.Nest) bool { return uses(n, b) }) {
		d.out, d.back = append(d.out, d.back...), nil
	}
}

// uses reports whether n may read or write elements that p stores.
func uses(n, p *ir.Nest) bool {
	m := &p.Store
	return slices.ContainsFunc(naive.Touches(n), func(o *ir.Mem) bool {
		return o.Buf.Root() == m.Buf.Root() && (o != &n.Store || n.Accumulate || o.Buf != m.Buf || !naive.Apart(n, o, p, m))
	})
}

// strided finds an operand of a sum that goes along its rows by k*q + s, where vectors along q
// would be put together from elements k apart again and again, one of q and s being an axis
// of the sum, or s nil where the element of each k is always the same; nil where there is none.
func strided(n *ir.Nest, t Vectors) (m *ir.Mem, q, s *ir.Var) {
	if n.Steps != nil || len(n.Gathers) > 0 || n.Op != ir.ReduceSum || !naive.IsContraction(n) {
		return nil, nil, nil
	}
	for _, m := range n.Value.Loads() {
		for _, way := range [][2][]ir.Axis{{n.Axes, n.Reduce}, {n.Reduce, n.Axes}} {
			for _, q := range way[0] {
				if naive.Spacing(m, q.Var) == 0 || 2*q.Size < t.Lanes || naive.Has(n.Reduce, q.Var) && goesAlong(n, t) {
					continue
				}
				if inPhase(n, m, q.Var, nil) {
					return m, q.Var, nil
				}
				if naive.Has(n.Axes, q.Var) && n.Store.Step(q.Var) != 1 {
					continue // groups beside each other, no windows
				}
				if t.Exchanges || naive.Has(n.Axes, q.Var) && naive.Spacing(m, q.Var) == naive.Quad {
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

// goesAlong reports whether vectors may go along the rows of what n computes.
func goesAlong(n *ir.Nest, t Vectors) bool {
	v := naive.Contiguous(&n.Store)
	return v != nil && 2*naive.SizeOf(n.Axes, v) >= t.Lanes && slices.ContainsFunc(n.Value.Loads(), func(m *ir.Mem) bool { return naive.Contiguous(m) == v })
}

// inPhase reports whether the elements of the array of m that n reads are all of the rows, by
// the same steps along q and by one along s if there is one, whatever else is left out.
func inPhase(n *ir.Nest, m *ir.Mem, q, s *ir.Var) bool {
	if naive.Restricts(n.Within, q) || naive.Restricts(n.Only, q) || naive.Restricts(n.Within, s) || naive.Restricts(n.Only, s) || n.Store.Buf == m.Buf || m.Buf.Size() > mostCopied {
		return false
	}
	terms := 1
	if s != nil {
		terms = 2
	}
	if len(n.Within) > 0 && len(n.Reduce) == 1 && n.Reduce[0].Var == s {
		return false // spelled out it is a map, of which no range leaves anything out
	}
	last := len(m.Subs) - 1
	for _, o := range n.Value.Loads() {
		if o.Buf != m.Buf {
			continue
		}
		sub := o.Subs[last]
		lo, hi := naive.Extent(sub, n.Axes, n.Reduce)
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
	phases := &ir.Buffer{Name: b.Name + "Apart", Place: ir.Frame, Shape: append(slices.Clone(b.Shape[:last]), k, naive.CeilDiv(size, k))}
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
	for c := range naive.SizeOf(n.Reduce, s) {
		terms = append(terms, fromPhases(naive.Substituted(n.Value, s, ir.Sub{Const: c}), b, phases, q))
	}
	out.Reduce = slices.DeleteFunc(slices.Clone(n.Reduce), func(a ir.Axis) bool { return a.Var == s })
	out.Value = reduced(ir.ReduceSum, terms)
	return &out
}

// sumsApart are the sums for each value of s.
func sumsApart(n *ir.Nest, b, phases *ir.Buffer, q, s *ir.Var) []*ir.Nest {
	var out []*ir.Nest
	for c := range naive.SizeOf(n.Axes, s) {
		to := map[*ir.Var]*ir.Var{q: {Name: q.Name}}
		one := naive.SubstitutedNest(naive.Renamed(n, to), s, ir.Sub{Const: c})
		one.Axes = slices.DeleteFunc(slices.Clone(one.Axes), func(a ir.Axis) bool { return a.Var == s })
		one.Value = fromPhases(one.Value, b, phases, to[q])
		out = append(out, one)
	}
	return out
}

// fromPhases is x with the elements of b from where its phases are apart.
func fromPhases(x *ir.Expr, b, phases *ir.Buffer, q *ir.Var) *ir.Expr {
	return naive.ReplacedLoads(x, func(e *ir.Expr) *ir.Expr {
		if e.Load.Buf != b {
			return e
		}
		last := len(e.Load.Subs) - 1
		k, at := phases.Shape[last], e.Load.Subs[last].Const
		subs := append(slices.Clone(e.Load.Subs[:last]), ir.Sub{Const: at % k}, ir.Sub{Const: at / k}.Add(ir.VarSub(q), 1))
		return ir.LoadExpr(ir.Mem{Buf: phases, Subs: subs})
	})
}
