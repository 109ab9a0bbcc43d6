package schedule

import (
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// TestForesee checks which maps ask for memory ahead: those over more than the
// second cache holds, each line once, that of a later iteration.
func TestForesee(t *testing.T) {
	for _, c := range []struct {
		size, requests int
	}{{1 << 12, 0}, {1 << 20, 2 * 4}} {
		f := mapFunc(c.size)
		seen, places := map[string]bool{}, ids{}
		for _, st := range f.Body {
			l, ok := st.(*ir.Loop)
			if !ok {
				continue
			}
			for _, in := range l.Body {
				p, ok := in.(*ir.Prefetch)
				if !ok {
					continue
				}
				if at := p.Mem.Flat(); at.Const < aheadFloats || at.Const%lineFloats != 0 || at.Coef(l.Var) != 64 {
					t.Errorf("size %d: asks for %s", c.size, p.Mem)
				}
				seen[places.memKey(nil, p.Mem)] = true
			}
		}
		if len(seen) != c.requests {
			t.Errorf("size %d: %d requests, want %d", c.size, len(seen), c.requests)
		}
	}
}

// mapFunc is the code of y[i] = x[i]*x[i].
func mapFunc(size int) *ir.Func {
	i := ir.Axis{Var: &ir.Var{Name: "i"}, Size: size}
	at := func(name string) ir.Mem {
		return ir.Mem{Buf: &ir.Buffer{Name: name, Shape: []int{size}}, Subs: []ir.Sub{ir.VarSub(i.Var)}}
	}
	x := ir.LoadExpr(at("x"))
	n := &ir.Nest{Axes: []ir.Axis{i}, Store: at("y"), Value: ir.NewExpr(ir.Mul, x, x)}
	return Run(&ir.Loops{Name: "forward", Nests: []*ir.Nest{n}}, AVX512).Steps[0].Func
}
