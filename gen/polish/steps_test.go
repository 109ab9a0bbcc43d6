package polish

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// TestCarry runs loops over random steps, whose stores and loads overlap within a step and
// between steps, before and after registers carry what they can: the results are the
// same, and some loads are gone.
func TestCarry(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	gone := 0
	for range 2000 {
		f := randomSteps(rng)
		want := results(t, f)
		n := len(f.Body) - 1
		l := f.Body[n].(*ir.Loop)
		before, _ := countAccesses(l.Body)
		c := &carrier{loop: l, lanes: f.Lanes, next: ir.LastReg(f.Body), most: 8}
		c.hoist()
		c.carry()
		f.Body = append(append(f.Body[:n:n], c.before...), l)
		if got := results(t, f); !slices.Equal(got, want) {
			t.Fatalf("results differ:\n%v\n%v\n%v", got, want, f)
		}
		after, _ := countAccesses(l.Body)
		gone += before - after
	}
	if gone == 0 {
		t.Error("no load is gone")
	}
}

// randomSteps is a function that fills an array and goes over it in steps that load,
// compute and store.
func randomSteps(rng *rand.Rand) *ir.Func {
	y := &ir.Buffer{Name: "y", Shape: []int{80}, Place: ir.Workspace}
	b := &ir.Builder{}
	for i := 0; i < 80; i += 8 {
		b.Emit(&ir.Store{Mem: ir.Mem{Buf: y, Subs: []ir.Sub{{Const: i}}}, Src: b.Real(float32(i)), Lanes: 8})
	}
	step := &ir.Var{Name: "t"}
	outer := b.Body
	b.Body = nil
	stride, lanes := 4*rng.IntN(3), []int{8, 8, 4, 1}[rng.IntN(4)]
	at := func() ir.Mem {
		return ir.Mem{Buf: y, Subs: []ir.Sub{ir.Sub{Const: 4 * rng.IntN(6)}.Add(ir.VarSub(step), stride)}}
	}
	last := b.Real(1)
	for k := range 2 + rng.IntN(5) {
		if rng.IntN(8) == 0 {
			lanes = 1 + rng.IntN(8)
		}
		if rng.IntN(2) == 0 {
			r := b.Reg(ir.Real)
			b.Emit(&ir.Load{Dst: r, Mem: at(), Lanes: lanes})
			last = b.Do(ir.Add, r, b.Real(float32(100*k)))
		} else {
			b.Emit(&ir.Store{Mem: at(), Src: last, Lanes: lanes})
		}
	}
	return &ir.Func{Name: "f", Lanes: 8, Buffers: []*ir.Buffer{y}, Body: append(outer, &ir.Loop{Var: step, Count: 5, Body: b.Body})}
}
