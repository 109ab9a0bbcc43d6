package polish

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// TestRecall runs random functions of stores and loads of all lengths, which
// overlap, before and after the registers are recalled: the results are the same, and
// some loads are gone. Where all are, the stores to the frame are too.
func TestRecall(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	gone := 0
	for range 500 {
		f := randomStores(rng)
		want := results(t, f)
		before, _ := countAccesses(f.Body)
		recall(f, 16)
		if got := results(t, f); !slices.Equal(got, want) {
			t.Fatalf("results differ:\n%v\n%v", got, want)
		}
		after, _ := countAccesses(f.Body)
		gone += before - after
	}
	if gone == 0 {
		t.Error("no load is gone")
	}
	b := &ir.Builder{}
	buf := &ir.Buffer{Name: "rows", Shape: []int{64}, Place: ir.Frame}
	at := func(i int) ir.Mem { return ir.Mem{Buf: buf, Subs: []ir.Sub{{Const: i}}} }
	for i := range 2 {
		b.Emit(&ir.Store{Mem: at(8 * i), Src: b.Real(float32(i)), Lanes: 8})
	}
	b.Emit(&ir.Load{Dst: b.Reg(ir.Real), Mem: at(5), Lanes: 6})
	f := &ir.Func{Lanes: 8, Body: b.Body}
	recall(f, 16)
	if l, s := countAccesses(f.Body); l+s != 0 {
		t.Errorf("%d loads and %d stores are left", l, s)
	}
}

// randomStores is a function that stores constants and what it loads to its frame; it ends
// with all of the frame in the workspace.
func randomStores(rng *rand.Rand) *ir.Func {
	arg := &ir.Buffer{Name: "y", Shape: []int{80}, Place: ir.Workspace}
	frame := &ir.Buffer{Name: "f", Shape: []int{40}, Place: ir.Frame}
	b := &ir.Builder{}
	at := func(buf *ir.Buffer, i int) ir.Mem { return ir.Mem{Buf: buf, Subs: []ir.Sub{{Const: i}}} }
	for i := 0; i < 40; i += 8 {
		b.Emit(&ir.Store{Mem: at(frame, i), Src: b.Real(float32(i)), Lanes: 8}, &ir.Store{Mem: at(arg, i), Src: b.Real(float32(-i)), Lanes: 8})
	}
	for k := range 4 + rng.IntN(20) {
		buf := []*ir.Buffer{arg, frame}[rng.IntN(2)]
		n := 1 + rng.IntN(8)
		from, to := 2*rng.IntN(16), 2*rng.IntN(16)
		r := b.Reg(ir.Real)
		switch rng.IntN(4) {
		case 0:
			r = b.Real(float32(100 + k))
		case 1:
			b.Emit(&ir.Load{Dst: r, Mem: at(buf, from), Lanes: 1, Broadcast: true})
		default:
			b.Emit(&ir.Load{Dst: r, Mem: at(buf, from), Lanes: n})
			r = b.Do(ir.Add, r, b.Real(float32(k)))
		}
		st := &ir.Store{Mem: at(frame, to), Src: r, Lanes: n}
		if rng.IntN(8) == 0 {
			v := &ir.Var{Name: "i"}
			st.Mem.Subs[0] = ir.VarSub(v).Add(ir.Sub{Const: 1}, to)
			b.Emit(&ir.Loop{Var: v, Count: 2, Body: []ir.Stmt{st}})
		} else {
			b.Emit(st)
		}
	}
	for i := 0; i < 40; i += 5 {
		r := b.Reg(ir.Real)
		b.Emit(&ir.Load{Dst: r, Mem: at(frame, i), Lanes: 5}, &ir.Store{Mem: at(arg, 40+i), Src: r, Lanes: 5})
	}
	return &ir.Func{Name: "f", Lanes: 8, Buffers: []*ir.Buffer{arg}, Frame: []*ir.Buffer{frame}, Body: b.Body}
}

// results runs f on numbers that tell elements apart.
func results(t *testing.T, f *ir.Func) []float32 {
	t.Helper()
	p := &ir.Program{Name: "p", Lanes: f.Lanes, Workspace: f.Buffers, Steps: []ir.Step{{Func: f, Count: 1}}}
	if err := ir.Verify(p); err != nil {
		t.Fatal(err)
	}
	mem := ir.NewMemory()
	if err := ir.Run(p, mem); err != nil {
		t.Fatal(err)
	}
	return mem.F32["y"]
}

// countAccesses counts loads and stores outside of loops.
func countAccesses(body []ir.Stmt) (loads, stores int) {
	for _, st := range body {
		switch st.(type) {
		case *ir.Load:
			loads++
		case *ir.Store:
			stores++
		}
	}
	return loads, stores
}
