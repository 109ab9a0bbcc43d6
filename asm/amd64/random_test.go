package amd64_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

var (
	seedFlag  = flag.Int64("seed", 1, "first seed of the random programs")
	countFlag = flag.Int("programs", 30, "number of random programs")
)

// TestRandom runs random programs on the machine and in the interpreter.
func TestRandom(t *testing.T) {
	each(t, func(t *testing.T, m machine) {
		var trials []*trial
		for i := 0; i < *countFlag; i++ {
			trials = append(trials, randomTrial(*seedFlag+int64(i), m.Lanes))
		}
		m.runAll(t, trials)
	})
}

// writer makes a random program.
type writer struct {
	*rand.Rand
	full  int // lanes
	b     *ir.Builder
	regs  [3][]*ir.Reg // by kind
	loops []*ir.Loop
	// step and block are the counters of the function, or nil.
	step, block *ir.Var
	index       []*ir.Var
	f           *ir.Func
	// data are matrices of rows x cols; words one of indices.
	data  []*ir.Buffer
	words []*ir.Buffer
	size  int
	total int
}

const rows, cols = 12, 80

func randomTrial(seed int64, full int) *trial {
	w := &writer{Rand: rand.New(rand.NewSource(seed)), full: full, b: &ir.Builder{}}
	w.f = &ir.Func{Name: "random", Lanes: full, Doc: []string{fmt.Sprintf("seed %d", seed)}}
	c := &trial{f: w.f}
	for i := 0; i < 2+w.Intn(3); i++ {
		buf := &ir.Buffer{Name: fmt.Sprintf("m%d", i), Shape: []int{rows, cols}}
		w.f.Buffers, w.data = append(w.f.Buffers, buf), append(w.data, buf)
		c.in = append(c.in, w.reals(rows*cols))
	}
	ints := &ir.Buffer{Name: "idx", Elem: ir.I32, Shape: []int{rows, cols}}
	out := &ir.Buffer{Name: "out", Elem: ir.I32, Shape: []int{rows, cols}}
	w.f.Buffers = append(w.f.Buffers, ints, out)
	w.words = []*ir.Buffer{ints, out}
	var idx, zero []uint32
	for i := 0; i < rows*cols; i++ {
		idx, zero = append(idx, uint32(w.Intn(3))), append(zero, uint32(w.Int31()))
	}
	c.in = append(c.in, idx, zero)
	if w.Intn(2) == 0 {
		w.block = &ir.Var{Name: "blk"}
		w.f.Block, c.count = w.block, 1+w.Intn(2)
	}
	if w.Intn(2) == 0 {
		w.step = &ir.Var{Name: "step"}
		w.f.Step, c.count = w.step, serial*max(c.count, 1)
	}
	alpha := &ir.Scalar{Name: "alpha"}
	w.f.Scalars, c.scalars = []*ir.Scalar{alpha}, []uint32{math.Float32bits(1.5)}
	// A start of each kind.
	r := w.b.Reg(ir.Real)
	w.b.Emit(&ir.Assign{Dst: r, Op: ir.Param, Scalar: alpha})
	w.add(r)
	w.add(w.b.Real(0.5))
	w.add(w.b.Word(7))
	w.add(w.b.Do(ir.LT, w.pick(ir.Real), w.pick(ir.Real)))
	if w.Intn(2) == 0 {
		w.scratch()
	}
	w.size = 20 + w.Intn(120)
	w.body(0)
	w.sink(w.b)
	w.f.Body = w.b.Body
	return c
}

// reals are mostly small numbers, with some that are special.
func (w *writer) reals(n int) []uint32 {
	special := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0, 1e-40, 3e38}
	var out []uint32
	for i := 0; i < n; i++ {
		v := w.NormFloat64()
		if w.Intn(40) == 0 {
			v = special[w.Intn(len(special))]
		}
		out = append(out, math.Float32bits(float32(v)))
	}
	return out
}

// scratch adds a frame buffer and clears it.
func (w *writer) scratch() {
	buf := &ir.Buffer{Name: "tmp", Shape: []int{rows, cols}, Place: ir.Frame}
	w.f.Frame = append(w.f.Frame, buf)
	i, j := &ir.Var{Name: "i"}, &ir.Var{Name: "j"}
	st := &ir.Store{Mem: ir.Mem{Buf: buf, Subs: []ir.Sub{of(0, 1, i), of(0, w.full, j)}}, Src: w.regs[ir.Real][0], Lanes: w.full}
	w.b.Emit(&ir.Loop{Var: i, Count: rows, Body: []ir.Stmt{&ir.Loop{Var: j, Count: cols / w.full, Body: []ir.Stmt{st}}}})
	w.data = append(w.data, buf)
}

func of(c, k int, v *ir.Var) ir.Sub {
	return ir.Sub{Const: c, Terms: []ir.SubTerm{{Coef: k, Var: v}}}
}

func (w *writer) add(r *ir.Reg) { w.regs[r.Kind] = append(w.regs[r.Kind], r) }

// pick is a register that has a value, recent ones more often.
func (w *writer) pick(k ir.Kind) *ir.Reg {
	rs := w.regs[k]
	if len(rs) > 6 && w.Intn(3) > 0 {
		rs = rs[len(rs)-6:]
	}
	return rs[w.Intn(len(rs))]
}

// target is a new register or, at times, one to overwrite.
func (w *writer) target(k ir.Kind) *ir.Reg {
	if w.Intn(4) == 0 {
		return w.pick(k)
	}
	return w.b.Reg(k)
}

func (w *writer) body(depth int) {
	n := 3 + w.Intn(w.size)
	for i := 0; i < n && w.total < 250; i++ {
		w.total++
		switch w.Intn(12) {
		case 0:
			if depth < 3 {
				w.loop(depth)
			}
		case 1, 2, 3:
			w.load()
		case 4:
			w.store()
		case 5:
			w.loadIndex()
		case 6:
			if w.Intn(4) == 0 {
				w.transpose()
			}
		default:
			w.assign()
		}
	}
}

func (w *writer) loop(depth int) {
	outer := w.b
	indices := len(w.index)
	w.b = outer.Nested()
	l := &ir.Loop{Var: &ir.Var{Name: fmt.Sprintf("v%d", w.Intn(1000)*10+depth)}, Count: 1 + w.Intn(3)}
	w.loops = append(w.loops, l)
	size := w.size
	w.size = 1 + size/2
	w.body(depth + 1)
	w.size = size
	w.loops = w.loops[:len(w.loops)-1]
	l.Body = w.b.Body
	w.index = w.index[:indices]
	w.b = outer
	if len(l.Body) > 0 {
		w.b.Emit(l)
	}
}

// mem is a place with room for the given lanes; every variable is at most 2.
func (w *writer) mem(buf *ir.Buffer, lanes int) ir.Mem {
	limits := []int{rows - 1, cols - lanes}
	subs := make([]ir.Sub, 2)
	for d := range subs {
		var vars []*ir.Var
		for _, l := range w.loops {
			vars = append(vars, l.Var)
		}
		vars = append(vars, w.index...)
		if w.step != nil {
			vars = append(vars, w.step)
		}
		if w.block != nil {
			vars = append(vars, w.block)
		}
		w.Shuffle(len(vars), func(i, j int) { vars[i], vars[j] = vars[j], vars[i] })
		room := limits[d]
		for _, v := range vars {
			if k := 1 + w.Intn(4); w.Intn(2) == 0 && 2*k <= room && len(subs[d].Terms) < 3 {
				subs[d].Terms = append(subs[d].Terms, ir.SubTerm{Coef: k, Var: v})
				room -= 2 * k
			}
		}
		subs[d].Const = w.Intn(room + 1)
	}
	return ir.Mem{Buf: buf, Subs: subs}
}

func (w *writer) lanes() int {
	if w.Intn(2) == 0 {
		return w.full
	}
	return 1 + w.Intn(w.full)
}

func (w *writer) load() {
	buf, kind := w.data[w.Intn(len(w.data))], ir.Real
	if w.Intn(6) == 0 {
		buf, kind = w.words[w.Intn(2)], ir.Word
	}
	r, n := w.target(kind), w.lanes()
	broadcast := w.Intn(4) == 0
	if broadcast {
		n = 1
	}
	w.b.Emit(&ir.Load{Dst: r, Mem: w.mem(buf, n), Lanes: n, Broadcast: broadcast})
	w.add(r)
}

func (w *writer) store() {
	n := w.lanes()
	if w.Intn(4) == 0 {
		w.b.Emit(&ir.Store{Mem: w.mem(w.words[1], n), Src: w.pick(ir.Word), Lanes: n})
		return
	}
	w.b.Emit(&ir.Store{Mem: w.mem(w.data[w.Intn(len(w.data))], n), Src: w.pick(ir.Real), Lanes: n})
}

func (w *writer) loadIndex() {
	if len(w.index) > 0 && w.Intn(4) == 0 {
		w.b.Emit(&ir.LoadIndex{Dst: w.index[w.Intn(len(w.index))], Mem: w.mem(w.words[0], 1)})
		return
	}
	v := &ir.Var{Name: fmt.Sprintf("x%d", w.total)}
	w.b.Emit(&ir.LoadIndex{Dst: v, Mem: w.mem(w.words[0], 1)})
	w.index = append(w.index, v)
}

func (w *writer) transpose() {
	t := &ir.Transpose{}
	kind, from, to := ir.Real, w.data, w.data
	if w.Intn(3) == 0 {
		kind, from, to = ir.Word, w.words[:1], w.words[1:]
	}
	load := w.Intn(2) == 0
	rows, cols := w.full, w.full
	if w.Intn(2) == 0 {
		rows, cols = 1+w.Intn(w.full), 1+w.Intn(w.full)
	}
	seen := map[*ir.Reg]bool{}
	for len(t.Src) < rows {
		r := w.pick(kind)
		if load || seen[r] {
			n := w.full
			if load && w.Intn(3) == 0 {
				n = cols
			}
			r = w.b.Reg(kind)
			w.b.Emit(&ir.Load{Dst: r, Mem: w.mem(from[w.Intn(len(from))], n), Lanes: n})
			if !load {
				w.add(r)
			}
		}
		seen[r] = true
		t.Src = append(t.Src, r)
	}
	for i := range cols {
		r := w.b.Reg(kind)
		if k := rows - 1 - i; k >= 0 && rows == w.full && w.Intn(3) == 0 {
			r = t.Src[k]
		}
		t.Dst = append(t.Dst, r)
	}
	w.b.Emit(t)
	for _, r := range t.Dst {
		if rows == w.full {
			w.add(r)
		} else { // the other lanes have any value
			w.b.Emit(&ir.Store{Mem: w.mem(to[w.Intn(len(to))], rows), Src: r, Lanes: rows})
		}
	}
}

// ops are the operations to choose from. WordBits is missing: it would show
// the payload of a NaN, which is not specified.
var ops = []ir.Op{ir.Copy, ir.Const, ir.Add, ir.Sub2, ir.Mul, ir.Div, ir.MaxOp, ir.MinOp, ir.FMA, ir.FMA, ir.FMA, ir.FNMA, ir.FMS,
	ir.Neg, ir.Abs, ir.Sqrt, ir.Round, ir.Floor, ir.ToReal, ir.RealBits, ir.Select, ir.Select, ir.HSum, ir.HMax, ir.HMin, ir.HProd, ir.Shuffle, ir.Align,
	ir.ConstWord, ir.Iota, ir.Iota, ir.IAdd, ir.ISub, ir.IMul, ir.IAnd, ir.IOr, ir.IXor, ir.IShl, ir.IShr, ir.ISar, ir.Pick, ir.ToWord,
	ir.TruncOp, ir.LT, ir.LE, ir.EQ, ir.NE, ir.Unordered, ir.IEQ, ir.IGT, ir.And, ir.Or, ir.Not, ir.LaneMask}

// picked is a table of words of all kinds.
var picked = [8]int32{5, -1, 0, 1 << 23, -1 << 31, 77, 1<<31 - 1, 8}

// lanes is an order of n lanes.
func lanes(n int, from func(i int) int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = from(i)
	}
	return out
}

func (w *writer) assign() {
	op := ops[w.Intn(len(ops))]
	if op == ir.Floor && w.full == 16 && w.Intn(2) == 0 {
		op = ir.Scale // no other set has it
	}
	info := ir.Infos[op]
	kind := info.Dst
	if op == ir.Select || op == ir.Copy {
		kind = ir.Kind(w.Intn(2))
	}
	a := &ir.Assign{Op: op, Real: float32(w.Intn(5)) / 2, Word: int32(w.Intn(8)) + 1, Table: &picked, Order: lanes(w.full, func(int) int { return w.Intn(w.full) })}
	operands := info.Args
	if horizontal(op) {
		operands = 1 << w.Intn(3)
	}
	for i := 0; i < operands; i++ {
		k := info.Arg
		if op == ir.Copy || op == ir.Select && i > 0 {
			k = kind
		} else if op == ir.Select {
			k = ir.Mask
		}
		a.Args = append(a.Args, w.pick(k))
	}
	if op == ir.Align {
		a.Word = int32(w.Intn(w.full))
	}
	if w.Intn(2) == 0 { // the same in each quarter
		a.Order = lanes(w.full, func(i int) int { return i - i%4 + a.Order[i%4]%4 })
	}
	if op == ir.Iota {
		a.Sub, a.Step = w.mem(w.words[0], w.full).Subs[1], w.Intn(3)-1
	}
	a.Dst = w.target(kind)
	w.b.Emit(a)
	w.add(a.Dst)
}

// sink stores what is left, so that nothing is computed in vain.
func (w *writer) sink(b *ir.Builder) {
	for i, r := range w.regs[ir.Real] {
		if i < rows {
			b.Emit(&ir.Store{Mem: ir.Mem{Buf: w.data[0], Subs: []ir.Sub{{Const: i}, {Const: 3}}}, Src: r, Lanes: w.full})
		}
	}
	for i, r := range w.regs[ir.Word] {
		if i < rows {
			b.Emit(&ir.Store{Mem: ir.Mem{Buf: w.words[1], Subs: []ir.Sub{{Const: i}, {Const: 3}}}, Src: r, Lanes: w.full})
		}
	}
}
