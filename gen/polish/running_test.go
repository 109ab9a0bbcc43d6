package polish

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// TestKeepSums runs random loops that add to places in memory, the same ones or others in
// each iteration, beside loads and stores that may meet them: the results are the same,
// and some sums are in registers.
func TestKeepSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	gone := 0
	for range 2000 {
		f := randomSums(rng)
		want := results(t, f)
		before := accessesInLoops(f.Body)
		keepSums(f, 16)
		if got := results(t, f); !slices.Equal(got, want) {
			t.Fatalf("results differ:\n%v\n%v\n%s", got, want, f)
		}
		gone += before - accessesInLoops(f.Body)
	}
	if gone < 400 {
		t.Errorf("%d accesses are gone", gone)
	}
}

// randomSums is a function with a loop, and perhaps one in it, that adds to its workspace.
func randomSums(rng *rand.Rand) *ir.Func {
	y := &ir.Buffer{Name: "y", Shape: []int{64}, Place: ir.Workspace}
	b := &ir.Builder{}
	for i := 0; i < 64; i += 8 {
		b.Emit(&ir.Store{Mem: ir.Mem{Buf: y, Subs: []ir.Sub{{Const: i}}}, Src: b.Real(float32(i)), Lanes: 8})
	}
	outer, inner := &ir.Var{Name: "i"}, &ir.Var{Name: "j"}
	at := func(b *ir.Builder, vars ...*ir.Var) ir.Mem {
		s := ir.Sub{Const: 4 * rng.IntN(8)}
		for _, v := range vars {
			s = s.Add(ir.VarSub(v), []int{0, 0, 0, 4, 8}[rng.IntN(5)])
		}
		return ir.Mem{Buf: y, Subs: []ir.Sub{s}}
	}
	fill := func(b *ir.Builder, vars ...*ir.Var) {
		for k := range 1 + rng.IntN(6) {
			m, r := at(b, vars...), b.Reg(ir.Real)
			n := []int{8, 8, 8, 5, 1}[rng.IntN(5)]
			switch rng.IntN(8) {
			case 0:
				b.Emit(&ir.Store{Mem: m, Src: b.Real(float32(k)), Lanes: n})
			case 1:
				b.Emit(&ir.Load{Dst: r, Mem: m, Lanes: n}, &ir.Store{Mem: at(b, vars...), Src: r, Lanes: n})
			default:
				b.Emit(&ir.Load{Dst: r, Mem: m, Lanes: n, Broadcast: n == 1})
				b.Emit(&ir.Store{Mem: m, Src: b.Do(ir.Add, r, b.Real(float32(k))), Lanes: n})
			}
		}
	}
	in := b.Nested()
	fill(in, outer)
	if rng.IntN(2) == 0 {
		deep := in.Nested()
		fill(deep, outer, inner)
		in.Emit(&ir.Loop{Var: inner, Count: 2, Body: deep.Body})
	}
	fill(in, outer)
	b.Emit(&ir.Loop{Var: outer, Count: 2, Body: in.Body})
	return &ir.Func{Name: "f", Lanes: 8, Buffers: []*ir.Buffer{y}, Body: b.Body}
}

// accessesInLoops counts loads and stores in loops.
func accessesInLoops(body []ir.Stmt) int {
	n := 0
	for _, st := range body {
		if l, ok := st.(*ir.Loop); ok {
			loads, stores := countAccesses(l.Body)
			n += loads + stores + accessesInLoops(l.Body)
		}
	}
	return n
}

// TestKeptWhereThereIsRoom: sums stay in memory where the registers hold what a loop
// computes and no more.
func TestKeptWhereThereIsRoom(t *testing.T) {
	for _, c := range []struct{ busy, sums, kept int }{{2, 4, 4}, {10, 8, 3}, {20, 4, 0}} {
		x := &ir.Buffer{Name: "x", Shape: []int{8 * c.busy}, Place: ir.Workspace}
		y := &ir.Buffer{Name: "y", Shape: []int{8 * c.sums}, Place: ir.Workspace}
		at := func(b *ir.Buffer, i int) ir.Mem { return ir.Mem{Buf: b, Subs: []ir.Sub{{Const: 8 * i}}} }
		b := &ir.Builder{}
		in := b.Nested()
		var busy []*ir.Reg
		for i := range c.busy {
			r := in.Reg(ir.Real)
			in.Emit(&ir.Load{Dst: r, Mem: at(x, i), Lanes: 8})
			busy = append(busy, r)
		}
		for i := range c.sums {
			r := in.Reg(ir.Real)
			in.Emit(&ir.Load{Dst: r, Mem: at(y, i), Lanes: 8})
			x := busy[0]
			for _, y := range busy[1:] {
				x = in.Do(ir.Add, x, y)
			}
			r = in.Do(ir.Add, r, x)
			in.Emit(&ir.Store{Mem: at(y, i), Src: r, Lanes: 8})
		}
		b.Emit(&ir.Loop{Var: &ir.Var{Name: "i"}, Count: 3, Body: in.Body})
		f := &ir.Func{Name: "f", Lanes: 8, Body: b.Body}
		keepSums(f, 16)
		_, stores := countAccesses(f.Body)
		if stores != c.kept {
			t.Errorf("%d registers busy: %d of %d sums kept, want %d", c.busy, stores, c.sums, c.kept)
		}
	}
}
