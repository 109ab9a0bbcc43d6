package polish

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// TestShareLanes: what four rows compute alike is computed once, until something is
// different, and a row that is needed in all lanes gets its lane back.
func TestShareLanes(t *testing.T) {
	x, y := &ir.Buffer{Name: "x", Shape: []int{4, 16}}, &ir.Buffer{Name: "y", Shape: []int{8}}
	at := func(b *ir.Buffer, subs ...int) ir.Mem {
		m := ir.Mem{Buf: b}
		for _, s := range subs {
			m.Subs = append(m.Subs, ir.Sub{Const: s})
		}
		return m
	}
	b := &ir.Builder{}
	eps := b.Real(2)
	var rows, roots [4]*ir.Reg
	for i := range rows {
		r := b.Reg(ir.Real)
		b.Emit(&ir.Load{Dst: r, Mem: at(x, i, 0), Lanes: 16})
		rows[i] = r
	}
	for i, r := range rows {
		rows[i] = b.Do(ir.HSum, r)
	}
	for i, r := range rows {
		roots[i] = b.Do(ir.Sqrt, b.Do(ir.Add, r, eps))
		b.Emit(&ir.Store{Mem: at(y, i), Src: roots[i], Lanes: 1})
	}
	b.Emit(&ir.Store{Mem: at(y, 6), Src: b.Do(ir.Mul, roots[2], rows[1]), Lanes: 1})
	f := &ir.Func{Name: "f", Lanes: 16, Buffers: []*ir.Buffer{x, y}, Body: b.Body}
	shareLanes(f)
	text := f.String()
	for what, times := range map[string]int{"hsum v": 1, "= sqrt": 1, "= add": 1, "= shuffle": 2, "] x4 =": 1, "] x1 =": 1} {
		if n := strings.Count(text, what); n != times {
			t.Errorf("%q stands %d times, want %d", what, n, times)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// TestShareNumbers: rows that compute with a number of their own share it where it is the
// same, and nothing else.
func TestShareNumbers(t *testing.T) {
	x, y := &ir.Buffer{Name: "x", Shape: []int{2, 16}}, &ir.Buffer{Name: "y", Shape: []int{2}}
	for _, second := range []float64{2, 3} {
		b := &ir.Builder{}
		var rows [2]*ir.Reg
		for i := range rows {
			rows[i] = b.Reg(ir.Real)
			b.Emit(&ir.Load{Dst: rows[i], Mem: ir.Mem{Buf: x, Subs: []ir.Sub{{Const: i}, {}}}, Lanes: 16})
		}
		for i, r := range rows {
			rows[i] = b.Do(ir.HSum, r)
		}
		for i, r := range rows {
			own := b.Reg(ir.Real)
			b.Emit(&ir.Assign{Dst: own, Op: ir.Const, Real: float32([]float64{2, second}[i])})
			b.Emit(&ir.Store{Mem: ir.Mem{Buf: y, Subs: []ir.Sub{{Const: i}}}, Src: b.Do(ir.Mul, r, own), Lanes: 1})
		}
		f := &ir.Func{Name: "f", Lanes: 16, Buffers: []*ir.Buffer{x, y}, Body: b.Body}
		shareLanes(f)
		want := 2
		if second == 2 {
			want = 1
		}
		for _, what := range []string{"= mul", "= const"} {
			if n := strings.Count(f.String(), what); n != want {
				t.Errorf("with %g: %q stands %d times, want %d\n%s", second, what, n, want, f)
			}
		}
	}
}

// TestShareBits: rows share what they do with bits and masks, unless one of them needs a mask apart.
func TestShareBits(t *testing.T) {
	x, y := &ir.Buffer{Name: "x", Shape: []int{2, 16}}, &ir.Buffer{Name: "y", Shape: []int{3, 16}}
	for _, apart := range []bool{false, true} {
		b := &ir.Builder{}
		zero := b.Real(0)
		var rows, masks [2]*ir.Reg
		for i := range rows {
			rows[i] = b.Reg(ir.Real)
			b.Emit(&ir.Load{Dst: rows[i], Mem: ir.Mem{Buf: x, Subs: []ir.Sub{{Const: i}, {}}}, Lanes: 16})
		}
		row := rows[0]
		for i, r := range rows {
			rows[i] = b.Do(ir.HSum, r)
		}
		for i, r := range rows {
			bits := b.Do(ir.WordBits, r)
			shifted := b.Reg(ir.Word)
			b.Emit(&ir.Assign{Dst: shifted, Op: ir.IShl, Args: []*ir.Reg{bits}, Word: 1})
			masks[i] = b.Do(ir.LT, r, zero)
			v := b.Do(ir.Select, masks[i], b.Do(ir.RealBits, shifted), r)
			b.Emit(&ir.Store{Mem: ir.Mem{Buf: y, Subs: []ir.Sub{{Const: i}, {}}}, Src: v, Lanes: 1})
		}
		if apart {
			b.Emit(&ir.Store{Mem: ir.Mem{Buf: y, Subs: []ir.Sub{{Const: 2}, {}}}, Src: b.Do(ir.Select, masks[0], row, zero), Lanes: 16})
		}
		f := &ir.Func{Name: "f", Lanes: 16, Buffers: []*ir.Buffer{x, y}, Body: b.Body}
		shareLanes(f)
		want := 1
		if apart {
			want = 2
		}
		for _, what := range []string{"= wordbits", "= ishl", "= lt", "= realbits"} {
			if n := strings.Count(f.String(), what); n != want {
				t.Errorf("apart %v: %q stands %d times, want %d\n%s", apart, what, n, want, f)
			}
		}
	}
}

// TestUniform: a register that a loop assigns again is not what it was before the loop.
func TestUniform(t *testing.T) {
	x := &ir.Buffer{Name: "x", Shape: []int{16}}
	b := &ir.Builder{}
	kept := b.Real(2)
	in := b.Nested()
	later := in.Do(ir.Neg, kept)
	in.Emit(&ir.Load{Dst: kept, Mem: ir.Mem{Buf: x, Subs: []ir.Sub{{}}}, Lanes: 16})
	b.Emit(&ir.Loop{Var: &ir.Var{Name: "i"}, Count: 2, Body: in.Body})
	own := b.Do(ir.Neg, b.Real(3))
	r := newRegisters(b.Body)
	if r.isUniform(kept) || r.isUniform(later) || !r.isUniform(own) {
		t.Errorf("uniform: %v, %v, %v", r.isUniform(kept), r.isUniform(later), r.isUniform(own))
	}
}
