package polish

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/vecmath"
)

// estimateRoots computes roots, and 1 divided by them, from estimates: the unit that divides
// takes longer for a root than a core for all else in most loops.
func estimateRoots(f *ir.Func) {
	r := &rootEstimator{registers: newRegisters(f.Body), b: ir.Continue(ir.LastReg(f.Body)), ones: map[*ir.Reg]bool{}}
	f.Body = r.within(f.Body)
}

// rootEstimator is what is known of a function.
type rootEstimator struct {
	*registers
	b *ir.Builder
	// ones are the registers that hold 1 throughout.
	ones map[*ir.Reg]bool
}

// within is a list of statements with estimates, and so are those in its loops.
func (r *rootEstimator) within(body []ir.Stmt) []ir.Stmt {
	var out []ir.Stmt
	inverse := r.inverses(body)
	for _, st := range body {
		switch st := st.(type) {
		case *ir.Loop:
			st.Body = r.within(st.Body)
		case *ir.Assign:
			switch {
			case st.Op == ir.Sqrt && inverse[st.Dst] != nil:
				out = append(out, r.instead(vecmath.InvRoot, st.Args[0], inverse[st.Dst])...)
				continue
			case st.Op == ir.Sqrt:
				out = append(out, r.instead(vecmath.Root, st.Args[0], st.Dst)...)
				continue
			case st.Op == ir.Div && inverse[st.Args[1]] == st.Dst:
				continue
			}
		}
		out = append(out, st)
	}
	return out
}

// inverses are, for the roots in a list of which only 1/sqrt(x) is read, the registers for that.
func (r *rootEstimator) inverses(body []ir.Stmt) map[*ir.Reg]*ir.Reg {
	roots, out := map[*ir.Reg]bool{}, map[*ir.Reg]*ir.Reg{}
	for _, st := range body {
		a, ok := st.(*ir.Assign)
		switch {
		case !ok || r.defs[a.Dst] != 1:
		case a.Op == ir.Const && a.Real == 1:
			r.ones[a.Dst] = true
		case a.Op == ir.Sqrt && r.uses[a.Dst] == 1:
			roots[a.Dst] = true
		case a.Op == ir.Div && r.ones[a.Args[0]] && roots[a.Args[1]]:
			out[a.Args[1]] = a.Dst
		}
	}
	return out
}

// instead are the statements of a function of x with its result in dst.
func (r *rootEstimator) instead(of func(*ir.Builder, *ir.Reg) *ir.Reg, x, dst *ir.Reg) []ir.Stmt {
	r.b.Body = nil
	of(r.b, x)
	r.b.Body[len(r.b.Body)-1].(*ir.Assign).Dst = dst
	return r.b.Body
}
