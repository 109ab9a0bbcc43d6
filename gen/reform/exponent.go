package reform

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// exponents replaces exp by its cheaper form for arguments that are never
// positive: an element less the maximum over a set that contains it, or what has that
// sign by its form.
func exponents(l *ir.Loops) *ir.Loops {
	maxima := map[*ir.Buffer]int{}
	writers := map[*ir.Buffer][]int{}
	for k, n := range l.Nests {
		writers[n.Store.Buf] = append(writers[n.Store.Buf], k)
		if n.Op == ir.ReduceMax && len(n.Reduce) > 0 && n.Value.Load != nil && len(n.Gathers) == 0 {
			maxima[n.Store.Buf] = k
		}
	}
	out := *l
	out.Nests = nil
	for k, n := range l.Nests {
		m := *n
		m.Value = cheaperExp(n.Value, func(x, top *ir.Mem) bool {
			def, ok := maxima[top.Buf]
			if !ok || len(writers[top.Buf]) > 1 || def >= k || !among(x, top, l.Nests[def]) {
				return false
			}
			for _, w := range writers[x.Buf] { // what is read is what the maximum was taken of
				if w >= def {
					return false
				}
			}
			return true
		})
		out.Nests = append(out.Nests, &m)
	}
	return &out
}

// cheaperExp rewrites exp(x - top) wherever covered(x, top) holds.
func cheaperExp(e *ir.Expr, covered func(x, top *ir.Mem) bool) *ir.Expr {
	if len(e.Args) == 0 {
		return e
	}
	out := *e
	out.Args = make([]*ir.Expr, len(e.Args))
	for i, a := range e.Args {
		out.Args[i] = cheaperExp(a, covered)
	}
	if e.Op == ir.Apply && e.Fn == "exp" {
		d := e.Args[0]
		if naive.Sign(d) == naive.Negative || d.Load == nil && d.Op == ir.Sub2 && d.Args[0].Load != nil && d.Args[1].Load != nil && covered(d.Args[0].Load, d.Args[1].Load) {
			out.Fn = "exp_nonpos"
		}
	}
	return &out
}

// among reports whether x is one of the elements that the maximum at top, as
// def computes it, is taken over.
func among(x, top *ir.Mem, def *ir.Nest) bool {
	set := def.Value.Load
	if set.Buf != x.Buf {
		return false
	}
	for d, s := range set.Subs {
		v := naive.Bare(s)
		switch {
		case v != nil && naive.SizeOf(def.Reduce, v) == x.Buf.Shape[d]:
			// All elements along d are covered.
		case v != nil && naive.Has(def.Axes, v):
			if !sameAs(x.Subs[d], top, def, v) {
				return false
			}
		case len(s.Terms) > 0 || len(x.Subs[d].Terms) > 0 || s.Const != x.Subs[d].Const:
			return false
		}
	}
	return true
}

// sameAs reports whether the maximum is read at s where it was stored at v.
func sameAs(s ir.Sub, top *ir.Mem, def *ir.Nest, v *ir.Var) bool {
	for k, stored := range def.Store.Subs {
		if naive.Bare(stored) == v {
			return top.Subs[k].Equal(s)
		}
	}
	return false
}
