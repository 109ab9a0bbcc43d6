package polish

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// TestEstimateRoots: 1/sqrt(x) has an estimate of its own where nothing else reads the root,
// in loops as well; what defines a register again is no 1.
func TestEstimateRoots(t *testing.T) {
	buf := &ir.Buffer{Name: "y", Shape: []int{64}, Place: ir.Workspace}
	b := &ir.Builder{}
	one, x := b.Real(1), b.Real(5)
	i := &ir.Var{Name: "i"}
	body := b.Nested()
	store := func(k int, r *ir.Reg) {
		body.Emit(&ir.Store{Mem: ir.Mem{Buf: buf, Subs: []ir.Sub{{Const: 16 * k}}}, Src: r, Lanes: 16})
	}
	store(0, body.Do(ir.Div, one, body.Do(ir.Sqrt, x)))
	kept := body.Do(ir.Sqrt, body.Do(ir.Add, x, x))
	store(1, body.Do(ir.Div, one, kept))
	store(2, kept)
	counter := body.Real(1)
	body.Emit(&ir.Assign{Dst: counter, Op: ir.Add, Args: []*ir.Reg{counter, counter}})
	store(3, body.Do(ir.Div, counter, body.Do(ir.Sqrt, x)))
	b.Emit(&ir.Loop{Var: i, Count: 2, Body: body.Body})
	f := &ir.Func{Name: "f", Lanes: 16, Buffers: []*ir.Buffer{buf}, Body: b.Body}
	before := results(t, f)
	estimateRoots(f)
	after := results(t, f)
	for k, want := range before {
		if after[k] < want*(1-0x1p-22) || after[k] > want*(1+0x1p-22) {
			t.Errorf("y[%d] = %g, before %g", k, after[k], want)
		}
	}
	text := f.String()
	for what, want := range map[string]int{"sqrt": 0, "invroot": 3, "div": 2} {
		if got := strings.Count(text, " = "+what+" "); got != want {
			t.Errorf("%d times %s, want %d:\n%s", got, what, want, text)
		}
	}
}
