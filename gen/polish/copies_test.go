package polish

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// TestDropCopies runs random functions that copy registers, change copies and what they are
// of, and read both, in loops and outside: the results are the same with fewer copies.
func TestDropCopies(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 2))
	before, after := 0, 0
	for range 2000 {
		f := randomCopies(rng)
		want := results(t, f)
		before += copies(f.Body)
		dropCopies(f)
		after += copies(f.Body)
		if got := results(t, f); !slices.Equal(got, want) {
			t.Fatalf("results differ:\n%v\n%v\n%s", got, want, f)
		}
	}
	if after > before*7/8 {
		t.Errorf("%d of %d copies are left", after, before)
	}
}

func copies(body []ir.Stmt) int {
	n := 0
	for _, st := range body {
		switch st := st.(type) {
		case *ir.Loop:
			n += copies(st.Body)
		case *ir.Assign:
			if st.Op == ir.Copy {
				n++
			}
		}
	}
	return n
}

// randomCopies is a function that ends with all of its registers in its workspace.
func randomCopies(rng *rand.Rand) *ir.Func {
	y := &ir.Buffer{Name: "y", Shape: []int{32}, Place: ir.Workspace}
	b := &ir.Builder{}
	var regs []*ir.Reg
	for i := range 4 {
		regs = append(regs, b.Real(float32(i+1)))
	}
	one := func() *ir.Reg { return regs[rng.IntN(len(regs))] }
	fill := func(b *ir.Builder) {
		for range rng.IntN(8) {
			switch rng.IntN(3) {
			case 0:
				b.Emit(&ir.Assign{Dst: one(), Op: ir.Add, Args: []*ir.Reg{one(), one()}})
			default:
				b.Emit(&ir.Assign{Dst: one(), Op: ir.Copy, Args: []*ir.Reg{one()}})
			}
		}
	}
	fill(b)
	in := b.Nested()
	fill(in)
	deep := in.Nested()
	fill(deep)
	in.Emit(&ir.Loop{Var: &ir.Var{Name: "j"}, Count: 2, Body: deep.Body})
	fill(in)
	b.Emit(&ir.Loop{Var: &ir.Var{Name: "i"}, Count: 2, Body: in.Body})
	fill(b)
	for i, r := range regs {
		b.Emit(&ir.Store{Mem: ir.Mem{Buf: y, Subs: []ir.Sub{{Const: 8 * i}}}, Src: r, Lanes: 8})
	}
	return &ir.Func{Name: "f", Lanes: 8, Buffers: []*ir.Buffer{y}, Body: b.Body}
}
