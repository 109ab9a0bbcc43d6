package reform

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// records shows arrays of short records, such as points and boxes, pixels of a few
// colours, rows of a few classes, without the dimension of the members: record v has
// member c at k*v + c, so that vectors may go along the records. What goes through the
// members of such arrays is spelled out for each, and so are sums over them.
func records(l *ir.Loops, t Vectors) {
	named := recordArrays(l.Nests, t)
	var out []*ir.Nest
	for _, n := range l.Nests {
		out = append(out, spelledOut(n, named)...)
	}
	l.Nests = out
	views := map[*ir.Buffer]*ir.Buffer{}
	for _, n := range l.Nests {
		for _, m := range naive.Touches(n) {
			b := m.Buf
			if !named[b] {
				continue
			}
			d := len(b.Shape) - 1
			if views[b] == nil {
				view := *b
				view.Of, view.Shape = b.Root(), append(slices.Clone(b.Shape[:d-1]), b.Shape[d-1]*b.Shape[d])
				views[b] = &view
			}
			m.Buf, m.Subs = views[b], append(slices.Clone(m.Subs[:d-1]), m.Subs[d].Add(m.Subs[d-1], b.Shape[d]))
		}
	}
}

// recordArrays are the arrays of records whose members some access names by number, or
// goes through where lanes along the members would be few, together with those that
// can only be spelled out with them.
func recordArrays(nests []*ir.Nest, t Vectors) map[*ir.Buffer]bool {
	fit, out := map[*ir.Buffer]bool{}, map[*ir.Buffer]bool{}
	defined := map[*ir.Buffer]float64{}
	for _, n := range nests {
		defined[n.Store.Buf] += naive.Volume(n.Axes)
		for _, m := range naive.Touches(n) {
			if _, seen := fit[m.Buf]; !seen {
				fit[m.Buf] = m.Buf.Elem == ir.F32 && len(m.Buf.Shape) > 1
			}
			by, ok := member(n, m)
			fit[m.Buf] = fit[m.Buf] && ok
			out[m.Buf] = out[m.Buf] || ok && (by == nil || wantsRecords(n, m, by, t))
		}
	}
	for b := range fit {
		fit[b] = fit[b] && defined[b] <= float64(b.Size()) // what is cleared first is one nest
		out[b] = out[b] && fit[b]
	}
	for changed := true; changed; {
		changed = false
		for _, n := range nests {
			for _, a := range throughMembers(n, out) {
				for _, m := range naive.Touches(n) {
					switch {
					case m.Flat().Coef(a) == 0 || out[m.Buf] || len(m.Flat().Terms) == 1:
					case m.Flat().Coef(a) > naive.MostSpaced: // each member has rows of its own there
					case fit[m.Buf]:
						out[m.Buf], changed = true, true
					default:
						for _, m := range naive.Touches(n) {
							changed = changed || out[m.Buf]
							fit[m.Buf], out[m.Buf] = false, false
						}
					}
				}
			}
		}
	}
	return out
}

// wantsRecords reports whether a nest that goes through the members of m by an axis gains
// by vectors along the records: it reduces each record, or computes with what is the same
// for all members of one.
func wantsRecords(n *ir.Nest, m *ir.Mem, by *ir.Var, t Vectors) bool {
	along := m.Subs[len(m.Subs)-2]
	i := slices.IndexFunc(n.Axes, func(a ir.Axis) bool { return along.Coef(a.Var) != 0 && a.Size >= t.Lanes })
	if i < 0 || len(n.Reduce) > 0 {
		return i >= 0 && naive.Has(n.Reduce, by)
	}
	return slices.ContainsFunc(n.Value.Loads(), func(x *ir.Mem) bool {
		return naive.Stride(x, n.Axes[i].Var) != 0 && naive.Stride(x, by) == 0
	})
}

// longTerm is the number of operations of a term from which on it is more than a product to
// be held in a tile of registers.
const longTerm = 12

// member is the axis by which an access goes through the members of records, nil where it
// names one by number; ok is false for any other access.
func member(n *ir.Nest, m *ir.Mem) (by *ir.Var, ok bool) {
	d := len(m.Subs) - 1
	if d < 1 || m.Buf.Shape[d] < 2 || m.Buf.Shape[d] > naive.MostSpaced {
		return nil, false
	}
	s := m.Subs[d]
	if len(s.Terms) == 0 {
		return nil, true
	}
	v := s.Terms[0].Var
	if len(s.Terms) > 1 || s.Terms[0].Coef != 1 || !naive.LastDim(m, v) || naive.Restricts(n.Within, v) || naive.Restricts(n.Only, v) || len(n.Gathers) > 0 || naive.IsContraction(n) && naive.Weight(n.Value) < longTerm {
		return v, false
	}
	if naive.Has(n.Reduce, v) {
		return v, (combined[n.Op] != nil || n.Op == ir.ReduceArgMax) && len(n.Reduce) == 1 && len(n.Within) == 0 // what is spelled out is no sum any more
	}
	return v, naive.Has(n.Axes, v) && !slidesRecords(n, m)
}

// slidesRecords reports whether windows of a nest slide over the records of m: rows of all
// members fill vectors better.
func slidesRecords(n *ir.Nest, m *ir.Mem) bool {
	at := m.Subs[len(m.Subs)-2]
	in := func(axes []ir.Axis) bool {
		return slices.ContainsFunc(axes, func(a ir.Axis) bool { return at.Coef(a.Var) != 0 })
	}
	return in(n.Axes) && in(n.Reduce)
}

// combined has how two terms of a reduction are combined.
var combined = map[ir.ReduceOp]func(x, y *ir.Expr) *ir.Expr{
	ir.ReduceSum:  func(x, y *ir.Expr) *ir.Expr { return ir.NewExpr(ir.Add, x, y) },
	ir.ReduceProd: func(x, y *ir.Expr) *ir.Expr { return ir.NewExpr(ir.Mul, x, y) },
	ir.ReduceMax:  func(x, y *ir.Expr) *ir.Expr { return extremeOf(ir.MaxOp, x, y) },
	ir.ReduceMin:  func(x, y *ir.Expr) *ir.Expr { return extremeOf(ir.MinOp, x, y) },
}

// reduced is the reduction of the terms.
func reduced(op ir.ReduceOp, terms []*ir.Expr) *ir.Expr {
	if op != ir.ReduceArgMax {
		out := terms[0]
		for _, x := range terms[1:] {
			out = combined[op](out, x)
		}
		return out
	}
	// NaN is no maximum: MaxOp gives its second operand then.
	best := ir.NewExpr(ir.MaxOp, terms[0], ir.RealExpr(math.Inf(-1)))
	place := &ir.Expr{Op: ir.ConstWord, Kind: ir.Word}
	for c, x := range terms[1:] {
		larger := ir.NewExpr(ir.LT, best, x)
		place = ir.NewExpr(ir.Select, larger, &ir.Expr{Op: ir.ConstWord, Kind: ir.Word, Word: int32(c + 1)}, place)
		best = ir.NewExpr(ir.MaxOp, x, best)
	}
	return place
}

// extremeOf is the larger or smaller of x and y, NaN where either is.
func extremeOf(op ir.Op, x, y *ir.Expr) *ir.Expr {
	return ir.NewExpr(ir.Select, ir.NewExpr(ir.Unordered, y, y), y, ir.NewExpr(op, y, x))
}

// throughMembers are the axes of a nest that go through the members of the given arrays.
func throughMembers(n *ir.Nest, arrays map[*ir.Buffer]bool) []*ir.Var {
	var out []*ir.Var
	for _, m := range naive.Touches(n) {
		if by, ok := member(n, m); ok && by != nil && arrays[m.Buf] && !slices.Contains(out, by) {
			out = append(out, by)
		}
	}
	return out
}

// spelledOut is a nest for each of the members of the given arrays that it goes through,
// in which sums over members have all of their terms.
func spelledOut(n *ir.Nest, arrays map[*ir.Buffer]bool) []*ir.Nest {
	axes := throughMembers(n, arrays)
	if len(axes) == 0 {
		return []*ir.Nest{n}
	}
	v := axes[0]
	if naive.Has(n.Reduce, v) {
		var terms []*ir.Expr
		for c := range naive.SizeOf(n.Reduce, v) {
			terms = append(terms, naive.Substituted(n.Value, v, ir.Sub{Const: c}))
		}
		one := *n
		one.Reduce, one.Value = nil, reduced(n.Op, terms)
		return spelledOut(&one, arrays)
	}
	var out []*ir.Nest
	for c := range naive.SizeOf(n.Axes, v) {
		one := naive.SubstitutedNest(naive.Renamed(n, nil), v, ir.Sub{Const: c})
		one.Axes = slices.DeleteFunc(slices.Clone(n.Axes), func(a ir.Axis) bool { return a.Var == v })
		out = append(out, spelledOut(one, arrays)...)
	}
	return out
}
