package schedule

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// deviations takes the sum of squared deviations from a mean together with the
// sum for that mean, where what both go through is more than a cache holds: it
// is then read once. Both are formed of the distances d from a point g near the
// mean f, and
//
//	sum (x-f)² = sum d² - (f-g)*(2*sum d - n*(f-g)), where d = x-g.
//
// The point is the mean of a sample from all over the elements. How far it is
// from f against their deviations, on which the rounding depends, is then
// bounded, whatever the elements are: less than n over the size of the sample.
func deviations(l *ir.Loops, t machine.Target) *ir.Loops {
	if t.Lanes == 1 {
		return l
	}
	out := *l
	out.Nests = append([]*ir.Nest(nil), l.Nests...)
	for at := 0; at < len(out.Nests); at++ {
		of := summed(out.Nests, at, t)
		if of < 0 {
			continue
		}
		sums, last := deviationsOf(out.Nests[of], out.Nests[at])
		var nests []*ir.Nest
		nests = append(nests, out.Nests[:of]...)
		nests = append(nests, sums...)
		nests = append(nests, out.Nests[of+1:at]...)
		nests = append(nests, last)
		out.Nests = append(nests, out.Nests[at+1:]...)
		at += len(sums) - 1
	}
	return &out
}

// sampleSize is about how many elements the point near the mean is taken of.
const sampleSize = 64

// summed finds the nest that sums up the elements of whose deviations the nest
// at the given place sums the squares; -1 where that is none, or there is
// nothing to gain.
func summed(nests []*ir.Nest, at int, t machine.Target) int {
	n := nests[at]
	x, f := deviation(n)
	if x == nil || !alone(nests, n) || rowBytes(x, n, t) <= float64(t.Second) || naive.Volume(n.Reduce) < 4*sampleSize || naive.TouchesAny(f.Flat(), n.Reduce) {
		return -1
	}
	for _, p := range nests {
		if p.Store.Buf == x.Buf {
			return -1
		}
	}
	for of := at - 1; of >= 0; of-- {
		p := nests[of]
		if p.Value.Load != nil && isPlainSum(p) && alone(nests, p) && naive.SameSizes(p.Axes, n.Axes) && naive.SameSizes(p.Reduce, n.Reduce) &&
			naive.SameMem(naive.Renamed(p, alike(p, n)).Value.Load, x) && leads(nests[of+1:at], p.Store.Buf, f.Buf) {
			return of
		}
	}
	return -1
}

// isPlainSum reports whether n is a sum, outside serial loops, without anything
// special about it.
func isPlainSum(n *ir.Nest) bool {
	return n.Op == ir.ReduceSum && len(n.Reduce) > 0 && naive.Plain(n) && n.Steps == nil
}

// deviation gives x and f where n is a sum of (x-f)*(x-f).
func deviation(n *ir.Nest) (x, f *ir.Mem) {
	v := n.Value
	if !isPlainSum(n) || v.Load != nil || v.Op != ir.Mul {
		return nil, nil
	}
	x, f = difference(v.Args[0])
	y, g := difference(v.Args[1])
	if x == nil || y == nil || !naive.SameMem(x, y) || !naive.SameMem(f, g) {
		return nil, nil
	}
	return x, f
}

// difference gives the elements of which e is the difference.
func difference(e *ir.Expr) (x, f *ir.Mem) {
	if e.Load != nil || e.Op != ir.Sub2 {
		return nil, nil
	}
	if x, f = e.Args[0].Load, e.Args[1].Load; x == nil || f == nil {
		return nil, nil
	}
	return x, f
}

// alone reports whether n is the only one that stores to its array.
func alone(nests []*ir.Nest, n *ir.Nest) bool {
	for _, p := range nests {
		if p != n && p.Store.Buf == n.Store.Buf {
			return false
		}
	}
	return true
}

// rowBytes is what a vector of results of n reads of x.
func rowBytes(x *ir.Mem, n *ir.Nest, t machine.Target) float64 {
	bytes := naive.Footprint(x, n.Reduce)
	for _, a := range n.Axes {
		if naive.AlongRow(x, a.Var) {
			bytes *= float64(min(a.Size, 4*t.Lanes))
		}
	}
	return bytes
}

// alike maps the axes of p to those of n.
func alike(p, n *ir.Nest) map[*ir.Var]*ir.Var {
	to := map[*ir.Var]*ir.Var{}
	for i, a := range p.Axes {
		to[a.Var] = n.Axes[i].Var
	}
	for i, a := range p.Reduce {
		to[a.Var] = n.Reduce[i].Var
	}
	return to
}

// leads reports whether maps make the array to of from.
func leads(nests []*ir.Nest, from, to *ir.Buffer) bool {
	made := map[*ir.Buffer]bool{from: true}
	for _, n := range nests {
		for _, m := range n.Value.Loads() {
			if made[m.Buf] && len(n.Reduce) == 0 {
				made[n.Store.Buf] = true
			}
		}
	}
	return made[to]
}

// deviationsOf is what stands in place of the sum and of that of the squared
// deviations.
func deviationsOf(sum, squares *ir.Nest) (first []*ir.Nest, last *ir.Nest) {
	_, f := deviation(squares)
	sum = naive.Renamed(sum, alike(sum, squares))
	n := naive.Volume(sum.Reduce)
	temporary := func(name string) ir.Mem {
		b := *sum.Store.Buf
		b.Name, b.Place, b.Tensor, b.Of = sum.Store.Buf.Name+name, ir.Frame, nil, nil
		return ir.Mem{Buf: &b, Subs: sum.Store.Subs}
	}
	nest := func(to ir.Mem, reduce []ir.Axis, value *ir.Expr) *ir.Nest {
		return &ir.Nest{Axes: sum.Axes, Reduce: reduce, Op: ir.ReduceSum, Store: to, Value: value, Text: sum.Text}
	}
	total, near, apart, squared := temporary("Sample"), temporary("Near"), temporary("Apart"), temporary("Squared")
	reduce, value := sampled(sum)
	d := ir.NewExpr(ir.Sub2, sum.Value, ir.LoadExpr(near))
	first = []*ir.Nest{
		nest(total, reduce, value),
		nest(near, nil, ir.NewExpr(ir.Mul, ir.LoadExpr(total), ir.RealExpr(1/naive.Volume(reduce)))),
		nest(apart, sum.Reduce, d),
		nest(squared, sum.Reduce, ir.NewExpr(ir.Mul, d, d)),
		nest(sum.Store, nil, ir.NewExpr(ir.Add, ir.LoadExpr(apart), ir.NewExpr(ir.Mul, ir.LoadExpr(near), ir.RealExpr(n)))),
	}
	e := ir.NewExpr(ir.Sub2, ir.LoadExpr(*f), ir.LoadExpr(near))
	twice := ir.NewExpr(ir.Sub2, ir.NewExpr(ir.Mul, ir.LoadExpr(apart), ir.RealExpr(2)), ir.NewExpr(ir.Mul, e, ir.RealExpr(n)))
	exact := ir.NewExpr(ir.Sub2, ir.LoadExpr(squared), ir.NewExpr(ir.Mul, e, twice))
	last = &ir.Nest{Axes: squares.Axes, Store: squares.Store, Value: ir.NewExpr(ir.MaxOp, ir.RealExpr(0), exact), Text: squares.Text}
	return first, last
}

// sampled is the sum over elements spread evenly over all of those of n.
func sampled(n *ir.Nest) ([]ir.Axis, *ir.Expr) {
	value, left := n.Value, sampleSize
	var axes []ir.Axis
	for _, a := range n.Reduce {
		count := max(1, min(a.Size, left))
		left /= count
		step := a.Size / count
		at := ir.Sub{Const: (a.Size - (count-1)*step) / 2}
		if count > 1 {
			v := &ir.Var{Name: a.Var.Name}
			axes = append(axes, ir.Axis{Var: v, Size: count})
			at = at.Add(ir.VarSub(v), step)
		}
		value = naive.Substituted(value, a.Var, at)
	}
	return axes, value
}
