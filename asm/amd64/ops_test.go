package amd64_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// vector1 is a buffer of one extent.
func vector1(name string, elem ir.Elem, n int) *ir.Buffer {
	return &ir.Buffer{Name: name, Elem: elem, Shape: []int{n}}
}

func at(b *ir.Buffer, i int) ir.Mem { return ir.Mem{Buf: b, Subs: []ir.Sub{{Const: i}}} }

func sub(c int, terms ...ir.SubTerm) ir.Sub { return ir.Sub{Const: c, Terms: terms} }

// load, store and the like append one statement.
func load(b *ir.Builder, k ir.Kind, m ir.Mem, lanes int) *ir.Reg {
	r := b.Reg(k)
	b.Emit(&ir.Load{Dst: r, Mem: m, Lanes: lanes})
	return r
}

func bcast(b *ir.Builder, k ir.Kind, m ir.Mem) *ir.Reg {
	r := b.Reg(k)
	b.Emit(&ir.Load{Dst: r, Mem: m, Lanes: 1, Broadcast: true})
	return r
}

func store(b *ir.Builder, m ir.Mem, r *ir.Reg, lanes int) {
	b.Emit(&ir.Store{Mem: m, Src: r, Lanes: lanes})
}

// values are reals with all the special ones, each beside each other.
func values(n, shift int) []uint32 {
	nan := math.NaN()
	list := []float64{0, math.Copysign(0, -1), 1, -1, nan, math.Inf(1), math.Inf(-1), 0.5, -2.5, 3.5, 1e-41, -1e-41, 3e38,
		2147483648, -2147483648, 1e9, 0.49999997, 7, -7.25, 100}
	out := make([]uint32, n)
	for i := range out {
		out[i] = bits(float32(list[(i*(1+shift*2)+shift*3+i/len(list))%len(list)]))
	}
	return out
}

func words(n, shift int) []uint32 {
	list := []uint32{0, 1, 2, 0xffffffff, 0x80000000, 0x7fffffff, 5, 0xfffffff9, 123456789, 0xdeadbeef, 31}
	out := make([]uint32, n)
	for i := range out {
		out[i] = list[(i*(1+shift*2)+shift*3+i/len(list))%len(list)]
	}
	return out
}

// TestOps runs every operation on special values, with operands in registers,
// in memory and constant.
func TestOps(t *testing.T) { each(t, testOps) }

func testOps(t *testing.T, m machine) {
	const n = 160
	var trials []*trial
	for o := range ir.Infos {
		op := ir.Op(o)
		info := ir.Infos[op]
		if op == ir.Apply || op == ir.Param || op == ir.KeyParam || op == ir.HSums || op == ir.Spread || op == ir.Iota || info.Args == 0 {
			continue
		}
		if horizontal(op) {
			for _, rows := range []int{1, 2, 4} {
				trials = append(trials, opTrial(op, ir.Real, rows, -1, n, m.Lanes))
			}
			continue
		}
		if _, has := m.Ops[op]; op == ir.InvRoot || op == ir.Scale && !has { // see TestInvRoot
			continue
		}
		kinds := []ir.Kind{info.Arg}
		if op == ir.Select || op == ir.Copy {
			kinds = []ir.Kind{ir.Real, ir.Word}
		}
		for _, kind := range kinds {
			for constant := -1; constant < info.Args; constant++ {
				trials = append(trials, opTrial(op, kind, info.Args, constant, n, m.Lanes))
			}
		}
	}
	m.runAll(t, trials)
}

// TestInvRoot wants the precision that is promised, of all kinds of numbers, and what is
// exact: the estimate for zeros, infinities, negative numbers and NaN.
func TestInvRoot(t *testing.T) { each(t, testInvRoot) }

func testInvRoot(t *testing.T, m machine) {
	if _, has := m.Ops[ir.InvRoot]; !has {
		t.Skip("there is no such operation")
	}
	const n = 1 << 14
	x, y := vector1("x", ir.F32, n), vector1("y", ir.F32, n)
	in := values(n, 0)
	for i := range in {
		if v := math.Float32frombits(in[i]); v > 0 && v <= math.MaxFloat32 {
			in[i] = uint32(i)*(0x7f800000/n) + 1 // denormals and all exponents
		}
	}
	v := &ir.Var{Name: "i"}
	b := &ir.Builder{}
	body := b.Nested()
	r := load(body, ir.Real, ir.Mem{Buf: x, Subs: []ir.Sub{of(0, m.Lanes, v)}}, m.Lanes)
	estimate := body.Do(ir.InvRoot, r)
	off := body.Do(ir.Abs, body.Do(ir.Sub2, body.Do(ir.Mul, body.Do(ir.Sqrt, r), estimate), body.Real(1)))
	good := body.Do(ir.LE, off, body.Real(0x1.01p-14))
	store(body, ir.Mem{Buf: y, Subs: []ir.Sub{of(0, m.Lanes, v)}}, body.Do(ir.Select, good, body.Real(1), estimate), m.Lanes)
	b.Emit(&ir.Loop{Var: v, Count: n / m.Lanes, Body: body.Body})
	m.runAll(t, []*trial{{f: &ir.Func{Name: "invroot", Lanes: m.Lanes, Buffers: []*ir.Buffer{x, y}, Body: b.Body}, in: [][]uint32{in, make([]uint32, n)}}})
}

func elem(k ir.Kind) ir.Elem {
	if k == ir.Word {
		return ir.I32
	}
	return ir.F32
}

func special(e ir.Elem, n, shift int) []uint32 {
	if e == ir.I32 {
		return words(n, shift)
	}
	return values(n, shift)
}

// horizontal reports whether op combines the lanes of 1, 2 or 4 registers.
func horizontal(op ir.Op) bool { return op >= ir.HSum && op <= ir.HProd }

func opTrial(op ir.Op, kind ir.Kind, operands, constant, n, full int) *trial {
	info := ir.Infos[op]
	var in [4]*ir.Buffer
	c := &trial{f: &ir.Func{Name: "op_" + op.String(), Lanes: full}}
	for i := range in {
		e := elem(kind)
		if op == ir.Select && i == 0 {
			e = ir.F32 // compared, for a mask
		}
		in[i] = vector1(fmt.Sprintf("in%d", i), e, n)
		c.f.Buffers = append(c.f.Buffers, in[i])
		c.in = append(c.in, special(e, n, i))
	}
	dst := info.Dst
	if op == ir.Select || op == ir.Copy {
		dst = kind
	}
	out := vector1("out", elem(dst), n)
	c.f.Buffers, c.in = append(c.f.Buffers, out), append(c.in, special(elem(dst), n, 0))
	b := &ir.Builder{}
	v := &ir.Var{Name: "i"}
	place := func(buf *ir.Buffer) ir.Mem { return ir.Mem{Buf: buf, Subs: []ir.Sub{of(0, full, v)}} }
	body := b.Nested()
	var args []*ir.Reg
	for i := 0; i < operands; i++ {
		k := kind
		if op == ir.Select && i == 0 {
			k = ir.Mask
		}
		switch {
		case i == constant && k == ir.Real:
			args = append(args, body.Real([]float32{0, 2, 0}[i]))
		case i == constant && k == ir.Word:
			args = append(args, body.Word([]int32{0, 3, 0}[i]))
		case i == constant:
			r := body.Reg(ir.Mask)
			body.Emit(&ir.Assign{Dst: r, Op: ir.LaneMask, Word: 3})
			args = append(args, r)
		case k == ir.Mask:
			x := load(body, ir.Real, place(in[i]), full)
			args = append(args, body.Do(ir.LE, x, body.Real(1)))
		default:
			args = append(args, load(body, k, place(in[i]), full))
		}
	}
	a := &ir.Assign{Dst: body.Reg(dst), Op: op, Args: args, Word: 5, Table: &picked, Order: lanes(full, func(i int) int { return i * i % full })}
	body.Emit(a)
	if dst == ir.Mask {
		r := body.Do(ir.Select, a.Dst, body.Real(1), body.Real(-1))
		store(body, place(out), r, full)
	} else {
		store(body, place(out), a.Dst, full)
	}
	b.Emit(&ir.Loop{Var: v, Count: n / full, Body: body.Body})
	c.f.Body = b.Body
	return c
}

// TestParts loads and stores every number of lanes at both ends of arrays
// that lie against forbidden pages, adds up lanes, and moves them from one register
// to the next.
func TestParts(t *testing.T) { each(t, testParts) }

func testParts(t *testing.T, m machine) {
	var trials []*trial
	for lanes := 1; lanes <= m.Lanes; lanes++ {
		for _, elem := range []ir.Elem{ir.F32, ir.I32} {
			x, y, z := vector1("x", elem, lanes), vector1("y", elem, lanes), vector1("z", elem, m.Lanes)
			b := &ir.Builder{}
			b.Emit(&ir.Prefetch{Mem: at(y, 0)}, &ir.Prefetch{Mem: at(x, m.Lanes), Soon: true})
			r := load(b, ir.Kind(elem), at(x, 0), lanes)
			store(b, at(y, 0), r, lanes)
			store(b, at(z, 0), r, m.Lanes)
			trials = append(trials, &trial{f: &ir.Func{Name: "part", Lanes: m.Lanes, Buffers: []*ir.Buffer{x, y, z}, Body: b.Body},
				in: [][]uint32{small(lanes), make([]uint32, lanes), words(m.Lanes, 0)}})
		}
		x, y := vector1("x", ir.F32, m.Lanes*lanes), vector1("y", ir.F32, m.Lanes)
		b := &ir.Builder{}
		sums := &ir.Assign{Dst: b.Reg(ir.Real), Op: ir.HSums}
		for i := 0; i < lanes; i++ {
			sums.Args = append(sums.Args, load(b, ir.Real, at(x, m.Lanes*i), m.Lanes))
		}
		b.Emit(sums)
		store(b, at(y, 0), sums.Dst, m.Lanes)
		trials = append(trials, &trial{f: &ir.Func{Name: "sums", Lanes: m.Lanes, Buffers: []*ir.Buffer{x, y}, Body: b.Body},
			in: [][]uint32{small(m.Lanes * lanes), small(m.Lanes)}})
	}
	for first := 0; first < m.Lanes; first++ {
		x, y := vector1("x", ir.F32, 2*m.Lanes), vector1("y", ir.F32, m.Lanes)
		b := &ir.Builder{}
		a := &ir.Assign{Dst: b.Reg(ir.Real), Op: ir.Align, Word: int32(first)}
		a.Args = []*ir.Reg{load(b, ir.Real, at(x, 0), m.Lanes), load(b, ir.Real, at(x, m.Lanes), m.Lanes)}
		b.Emit(a)
		store(b, at(y, 0), a.Dst, m.Lanes)
		trials = append(trials, &trial{f: &ir.Func{Name: "align", Lanes: m.Lanes, Buffers: []*ir.Buffer{x, y}, Body: b.Body},
			in: [][]uint32{small(2 * m.Lanes), small(m.Lanes)}})
	}
	m.runAll(t, trials)
}

// TestPressure keeps more values alive than there are registers, across a loop.
func TestPressure(t *testing.T) { each(t, testPressure) }

func testPressure(t *testing.T, m machine) {
	var trials []*trial
	for _, n := range []int{14, 16, 17, 20, 31, 33, 40} {
		x, y, z := vector1("x", ir.F32, m.Lanes*n), vector1("y", ir.F32, m.Lanes*n), vector1("z", ir.F32, m.Lanes*n+m.Lanes)
		b := &ir.Builder{}
		var acc []*ir.Reg
		for i := 0; i < n; i++ {
			acc = append(acc, load(b, ir.Real, at(x, m.Lanes*i), m.Lanes))
		}
		body := b.Nested()
		v := &ir.Var{Name: "i"}
		s := bcast(body, ir.Real, ir.Mem{Buf: y, Subs: []ir.Sub{of(0, 1, v)}})
		for i := range acc {
			at := ir.Mem{Buf: y, Subs: []ir.Sub{of(i, 7, v)}}
			body.Emit(&ir.Assign{Dst: acc[i], Op: ir.FMA, Args: []*ir.Reg{s, load(body, ir.Real, at, m.Lanes), acc[i]}})
		}
		// A chain that is not in place: every link a register of its own.
		sum := body.Do(ir.Add, acc[0], acc[n-1])
		for i := range acc {
			sum = body.Do(ir.FMA, acc[i], s, sum)
		}
		body.Emit(&ir.Assign{Dst: acc[3], Op: ir.Copy, Args: []*ir.Reg{sum}})
		b.Emit(&ir.Loop{Var: v, Count: 3, Body: body.Body})
		for i := range acc {
			store(b, at(z, m.Lanes*(n-1-i)), acc[i], m.Lanes)
		}
		store(b, at(z, m.Lanes*n), sum, m.Lanes)
		c := &trial{f: &ir.Func{Name: "pressure", Lanes: m.Lanes, Buffers: []*ir.Buffer{x, y, z}, Body: b.Body}}
		c.in = [][]uint32{small(m.Lanes * n), small(m.Lanes * n), make([]uint32, m.Lanes*n+m.Lanes)}
		trials = append(trials, c)
	}
	m.runAll(t, trials)
}

// TestStreams walks through more arrays than there are general registers, in
// nested loops with other strides each, from a block on.
func TestStreams(t *testing.T) { each(t, testStreams) }

func testStreams(t *testing.T, m machine) {
	const arrays, rows, cols = 20, 5, 48
	blk, i, j, h := &ir.Var{Name: "blk"}, &ir.Var{Name: "i"}, &ir.Var{Name: "j"}, &ir.Var{Name: "h"}
	f := &ir.Func{Name: "streams", Lanes: m.Lanes, Block: blk}
	c := &trial{f: f, count: 2}
	for a := 0; a < arrays; a++ {
		f.Buffers = append(f.Buffers, &ir.Buffer{Name: fmt.Sprintf("a%d", a), Shape: []int{rows, cols}})
		c.in = append(c.in, small(rows*cols))
	}
	tmp := &ir.Buffer{Name: "tmp", Shape: []int{3, 2 * m.Lanes}, Place: ir.Frame}
	f.Frame = []*ir.Buffer{tmp}
	b := &ir.Builder{}
	inner := b.Nested()
	sum := bcast(inner, ir.Real, ir.Mem{Buf: f.Buffers[0], Subs: []ir.Sub{sub(0, ir.SubTerm{Coef: 1, Var: i}), sub(0, ir.SubTerm{Coef: 4, Var: blk})}})
	for a, buf := range f.Buffers {
		row := sub(a%2, ir.SubTerm{Coef: 1, Var: i}, ir.SubTerm{Coef: 1 + a%2, Var: blk})
		col := sub(a, ir.SubTerm{Coef: 1 + a%5, Var: j}, ir.SubTerm{Coef: a % 3, Var: h})
		sum = inner.Do(ir.Add, sum, load(inner, ir.Real, ir.Mem{Buf: buf, Subs: []ir.Sub{row, col}}, m.Lanes))
	}
	store(inner, ir.Mem{Buf: tmp, Subs: []ir.Sub{of(0, 1, i), of(0, m.Lanes, h)}}, sum, m.Lanes)
	middle := b.Nested()
	middle.Emit(&ir.Loop{Var: h, Count: 2, Body: inner.Body})
	again := load(middle, ir.Real, ir.Mem{Buf: tmp, Subs: []ir.Sub{of(0, 1, i), sub(3)}}, m.Lanes)
	store(middle, ir.Mem{Buf: f.Buffers[7], Subs: []ir.Sub{of(1, 1, i), of(3, 9, j)}}, again, 5)
	outer := b.Nested()
	outer.Emit(&ir.Loop{Var: j, Count: 3, Body: middle.Body})
	b.Emit(&ir.Loop{Var: i, Count: 2, Body: outer.Body})
	f.Body = b.Body
	m.runAll(t, []*trial{c})
}

// TestFrame has more scratch than a new stack holds.
func TestFrame(t *testing.T) { each(t, testFrame) }

func testFrame(t *testing.T, m machine) {
	const n = 24 << 10
	x, y, tmp := vector1("x", ir.F32, n), vector1("y", ir.F32, n), vector1("tmp", ir.F32, n)
	tmp.Place = ir.Frame
	i, j := &ir.Var{Name: "i"}, &ir.Var{Name: "j"}
	b := &ir.Builder{}
	up, down := b.Nested(), b.Nested()
	store(up, ir.Mem{Buf: tmp, Subs: []ir.Sub{of(0, m.Lanes, i)}}, load(up, ir.Real, ir.Mem{Buf: x, Subs: []ir.Sub{of(0, m.Lanes, i)}}, m.Lanes), m.Lanes)
	store(down, ir.Mem{Buf: y, Subs: []ir.Sub{of(n-m.Lanes, -m.Lanes, j)}}, load(down, ir.Real, ir.Mem{Buf: tmp, Subs: []ir.Sub{of(0, m.Lanes, j)}}, m.Lanes), m.Lanes)
	b.Emit(&ir.Loop{Var: i, Count: n / m.Lanes, Body: up.Body}, &ir.Loop{Var: j, Count: n / m.Lanes, Body: down.Body})
	f := &ir.Func{Name: "frame", Lanes: m.Lanes, Buffers: []*ir.Buffer{x, y}, Frame: []*ir.Buffer{tmp}, Body: b.Body}
	m.runAll(t, []*trial{{f: f, in: [][]uint32{small(n), make([]uint32, n)}}})
}

// TestGather adds rows that indices name, to rows that others name.
func TestGather(t *testing.T) { each(t, testGather) }

func testGather(t *testing.T, m machine) {
	table := &ir.Buffer{Name: "table", Shape: []int{4, 3, 2 * m.Lanes}}
	out := &ir.Buffer{Name: "out", Shape: []int{4, 2 * m.Lanes}}
	id := &ir.Buffer{Name: "id", Elem: ir.I32, Shape: []int{6, 2}}
	n, k, a, c2 := &ir.Var{Name: "n"}, &ir.Var{Name: "k"}, &ir.Var{Name: "a"}, &ir.Var{Name: "c"}
	b := &ir.Builder{}
	outer := b.Nested()
	outer.Emit(&ir.LoadIndex{Dst: a, Mem: ir.Mem{Buf: id, Subs: []ir.Sub{of(0, 1, n), sub(0)}}},
		&ir.LoadIndex{Dst: c2, Mem: ir.Mem{Buf: id, Subs: []ir.Sub{of(0, 1, n), sub(1)}}})
	inner := outer.Nested()
	x := load(inner, ir.Real, ir.Mem{Buf: table, Subs: []ir.Sub{of(0, 1, a), of(0, 1, c2), of(0, m.Lanes, k)}}, m.Lanes)
	y := load(inner, ir.Real, ir.Mem{Buf: out, Subs: []ir.Sub{of(0, 1, a), of(0, m.Lanes, k)}}, m.Lanes)
	at := inner.Reg(ir.Word)
	inner.Emit(&ir.Assign{Dst: at, Op: ir.Iota, Sub: sub(2, ir.SubTerm{Coef: 3, Var: a}, ir.SubTerm{Coef: 1, Var: k}, ir.SubTerm{Coef: -2, Var: n}), Step: 1})
	sum := inner.Do(ir.Add, inner.Do(ir.Add, x, y), inner.Do(ir.ToReal, at))
	store(inner, ir.Mem{Buf: out, Subs: []ir.Sub{of(0, 1, a), of(0, m.Lanes, k)}}, sum, m.Lanes)
	outer.Emit(&ir.Loop{Var: k, Count: 2, Body: inner.Body})
	b.Emit(&ir.Loop{Var: n, Count: 6, Body: outer.Body})
	c := &trial{f: &ir.Func{Name: "gather", Lanes: m.Lanes, Buffers: []*ir.Buffer{out, table, id}, Body: b.Body}}
	c.in = [][]uint32{small(4 * 2 * m.Lanes), small(4 * 3 * 2 * m.Lanes), {0, 2, 3, 1, 1, 0, 3, 2, 3, 1, 2, 2}}
	m.runAll(t, []*trial{c})
}

// TestScatter adds rows of every length up to a vector to rows that indices name.
func TestScatter(t *testing.T) { each(t, testScatter) }

func testScatter(t *testing.T, m machine) {
	var trials []*trial
	for cols := 1; cols <= m.Lanes; cols++ {
		x, out := &ir.Buffer{Name: "x", Shape: []int{6, cols}}, &ir.Buffer{Name: "out", Shape: []int{4, cols}}
		id := &ir.Buffer{Name: "id", Elem: ir.I32, Shape: []int{6}}
		n, a := &ir.Var{Name: "n"}, &ir.Var{Name: "a"}
		b := &ir.Builder{}
		in := b.Nested()
		in.Emit(&ir.LoadIndex{Dst: a, Mem: ir.Mem{Buf: id, Subs: []ir.Sub{of(0, 1, n)}}})
		row := ir.Mem{Buf: out, Subs: []ir.Sub{of(0, 1, a), {}}}
		sum := in.Do(ir.Add, load(in, ir.Real, row, cols), load(in, ir.Real, ir.Mem{Buf: x, Subs: []ir.Sub{of(0, 1, n), {}}}, cols))
		store(in, row, sum, cols)
		b.Emit(&ir.Loop{Var: n, Count: 6, Body: in.Body})
		trials = append(trials, &trial{
			f:  &ir.Func{Name: fmt.Sprintf("scatter%d", cols), Lanes: m.Lanes, Buffers: []*ir.Buffer{out, x, id}, Body: b.Body},
			in: [][]uint32{small(4 * cols), small(6 * cols), {0, 1, 2, 3, 2, 0}},
		})
	}
	m.runAll(t, trials)
}

// TestScalars hands over numbers and keys.
func TestScalars(t *testing.T) { each(t, testScalars) }

func testScalars(t *testing.T, m machine) {
	rate := &ir.Scalar{Name: "rate"}
	s := &layer.Tensor{Name: "seed", Role: layer.Scalar, Type: layer.Uint64}
	k1, k2 := &ir.Scalar{Name: "key1", Key: 1, Seed: s}, &ir.Scalar{Name: "key2", Key: 2, Seed: s}
	x, y := vector1("x", ir.F32, m.Lanes), vector1("y", ir.I32, 2*m.Lanes)
	b := &ir.Builder{}
	p, a1, a2 := b.Reg(ir.Real), b.Reg(ir.Word), b.Reg(ir.Word)
	b.Emit(&ir.Assign{Dst: p, Op: ir.Param, Scalar: rate}, &ir.Assign{Dst: a1, Op: ir.KeyParam, Scalar: k1},
		&ir.Assign{Dst: a2, Op: ir.KeyParam, Scalar: k2})
	store(b, at(x, 0), p, m.Lanes)
	store(b, at(y, 0), a1, m.Lanes)
	store(b, at(y, m.Lanes), a2, m.Lanes)
	one, two := keys()
	c := &trial{f: &ir.Func{Name: "scalars", Lanes: m.Lanes, Buffers: []*ir.Buffer{x, y}, Scalars: []*ir.Scalar{rate, k1, k2}, Body: b.Body},
		in: [][]uint32{small(m.Lanes), small(2 * m.Lanes)}, scalars: []uint32{bits(0.25), one, two}}
	m.runAll(t, []*trial{c})
}
