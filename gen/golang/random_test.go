package golang

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// randomProgram has functions of random statements over all operations. Sums
// of products are of small integers, so that fusing makes no difference.
func randomProgram(seed uint64, functions int) Package {
	const size = 8
	x, id := tensor("x", layer.Input, size, size), tensor("id", layer.Input, size)
	id.Type = layer.Int32
	s, seedArg := tensor("s", layer.Scalar), tensor("seed", layer.Scalar)
	seedArg.Type = layer.Uint64
	half := &ir.Scalar{Name: "half", Value: &layer.Binary{Op: '/', X: &layer.Read{T: s}, Y: layer.Const{V: 2}}}
	key := &ir.Scalar{Name: "key", Key: 2, Seed: seedArg, Plus: 7}
	fixed := &ir.Scalar{Name: "fixed", Key: 1, Plus: 9}
	prog := &ir.Program{Name: "forward", Lanes: 1, Scalars: []*ir.Scalar{half, key, fixed}}
	var outputs []*layer.Tensor
	bx, bid := buffer(x), buffer(id)
	var loop *ir.Steps
	for n := range functions {
		y := tensor(fmt.Sprintf("y%d", n), layer.Output, size, 8)
		outputs = append(outputs, y)
		g := &generator{rng: rand.New(rand.NewPCG(seed, uint64(n))), x: bx, id: bid, y: buffer(y)}
		g.f = &ir.Func{Name: fmt.Sprintf("f%d", n), Lanes: 1, Scalars: prog.Scalars, Buffers: []*ir.Buffer{g.y, g.x, g.id}}
		g.flat = &ir.Buffer{Name: "flat", Shape: []int{size * size}, Of: g.x, Tensor: x}
		g.frame = &ir.Buffer{Name: "frame", Shape: []int{size}, Place: ir.Frame}
		g.f.Frame = []*ir.Buffer{g.frame}
		if n%3 == 0 {
			g.f.Block = &ir.Var{Name: "block"}
			g.vars = append(g.vars, g.f.Block)
		}
		if n%4 < 2 { // two functions in a loop
			g.f.Step = &ir.Var{Name: "step"}
			g.vars = append(g.vars, g.f.Step)
			if n%4 == 0 {
				loop = &ir.Steps{Var: g.f.Step, Count: 2}
			}
		} else {
			loop = nil
		}
		b := &ir.Builder{}
		g.fillFrame(b)
		g.statements(b, 30, 2)
		g.f.Body = b.Body
		prog.Steps = append(prog.Steps, ir.Step{Func: g.f, Count: 2, In: loop})
	}
	prog.Args = append(outputs, x, id, s, seedArg)
	var eqs []*layer.Equation
	for _, y := range outputs {
		eqs = append(eqs, equation(y, y.Name+"[i][j] = x[i][j]", layer.Const{}))
	}
	return Package{Name: "random", Layer: proved("random", "", prog.Args, eqs...), Portable: []*ir.Program{prog}}
}

type generator struct {
	rng               *rand.Rand
	f                 *ir.Func
	y, x, id, flat    *ir.Buffer
	frame             *ir.Buffer
	vars              []*ir.Var // all below 2
	regs              [3][]*ir.Reg
	loopVar, gathered int
}

// fillFrame writes every element of the frame.
func (g *generator) fillFrame(b *ir.Builder) {
	in := b.Nested()
	v := &ir.Var{Name: "i"}
	number := in.Reg(ir.Word)
	in.Emit(&ir.Assign{Dst: number, Op: ir.Iota, Sub: sub(-3, ir.SubTerm{Coef: 1, Var: v})})
	store(in, at(g.frame, sub(7, ir.SubTerm{Coef: -1, Var: v})), in.Do(ir.ToReal, number))
	b.Emit(&ir.Loop{Var: v, Count: 8, Body: in.Body})
}

// sub is a subscript below limit, at least 6.
func (g *generator) sub(limit int) ir.Sub {
	s := sub(g.rng.IntN(limit - 5))
	for _, v := range g.vars {
		if g.rng.IntN(2) == 0 && len(s.Terms) < 2 {
			s.Terms = append(s.Terms, ir.SubTerm{Coef: 1 + g.rng.IntN(2), Var: v})
		}
	}
	if len(s.Terms) == 1 && g.rng.IntN(4) == 0 {
		s = sub(limit-1, ir.SubTerm{Coef: -3, Var: s.Terms[0].Var})
	}
	return s
}

// reg is one of the registers made last, mostly.
func (g *generator) reg(k ir.Kind) *ir.Reg {
	have := g.regs[k]
	if g.rng.IntN(3) > 0 {
		have = have[max(0, len(have)-3):]
	}
	return have[g.rng.IntN(len(have))]
}

// statements appends n random statements with loops at most depth deep.
func (g *generator) statements(b *ir.Builder, n, depth int) {
	for len(g.regs[ir.Real]) < 2 {
		g.keep(load(b, at(g.x, g.sub(8), g.sub(8))))
		g.keep(b.Real(float32(g.rng.IntN(9))))
	}
	if len(g.regs[ir.Word]) == 0 {
		g.keep(b.Word(g.rng.Int32()))
		g.keep(b.Do(ir.LT, g.reg(ir.Real), g.reg(ir.Real)))
	}
	for range n {
		switch g.rng.IntN(9) {
		case 0:
			g.keep(load(b, at(g.x, g.sub(8), g.sub(8))))
		case 1:
			g.keep(load(b, at(g.frame, g.sub(8))))
			g.keep(load(b, at(g.flat, g.sub(64))))
		case 2:
			g.store(b)
		case 3:
			if depth > 0 {
				g.loop(b, n/2, depth-1)
			}
		case 4:
			g.accumulate(b)
		case 5:
			if g.gathered < 2 {
				v := &ir.Var{Name: fmt.Sprintf("k%d", g.gathered)}
				g.gathered++
				b.Emit(&ir.LoadIndex{Dst: v, Mem: at(g.id, g.sub(8))})
				g.keep(load(b, at(g.x, sub(0, ir.SubTerm{Coef: 1, Var: v}), g.sub(8))))
			}
		default:
			g.operation(b)
		}
	}
	g.store(b)
}

func (g *generator) keep(r *ir.Reg) { g.regs[r.Kind] = append(g.regs[r.Kind], r) }

func (g *generator) store(b *ir.Builder) {
	store(b, at(g.frame, g.sub(8)), g.reg(ir.Real))
	for _, k := range []ir.Kind{ir.Real, ir.Word, ir.Mask} {
		g.show(b, g.reg(k))
	}
}

func (g *generator) loop(b *ir.Builder, n, depth int) {
	g.loopVar++
	v := &ir.Var{Name: fmt.Sprintf("l%d", g.loopVar)}
	g.vars = append([]*ir.Var{v}, g.vars...)
	in := b.Nested()
	g.statements(in, n, depth)
	g.vars = g.vars[1:]
	b.Emit(&ir.Loop{Var: v, Count: 2, Body: in.Body})
}

// accumulate assigns to a register that has been assigned before.
func (g *generator) accumulate(b *ir.Builder) {
	dst := g.reg(ir.Real)
	integer := func() *ir.Reg { return b.Do(ir.ToReal, b.Do(ir.IAnd, g.reg(ir.Word), b.Word(31))) }
	switch g.rng.IntN(4) {
	case 0:
		sum := b.Do(ir.Copy, integer())
		op := []ir.Op{ir.FMA, ir.FNMA, ir.FMS}[g.rng.IntN(3)]
		g.keep(b.Do(op, integer(), integer(), integer()))
		b.Emit(&ir.Assign{Dst: sum, Op: op, Args: []*ir.Reg{integer(), integer(), sum}})
		g.keep(sum)
	case 1:
		b.Emit(&ir.Assign{Dst: dst, Op: ir.Copy, Args: []*ir.Reg{g.reg(ir.Real)}})
	case 2:
		op := []ir.Op{ir.Add, ir.Sub2, ir.Mul, ir.MaxOp}[g.rng.IntN(4)]
		b.Emit(&ir.Assign{Dst: dst, Op: op, Args: []*ir.Reg{dst, g.reg(ir.Real)}})
	case 3:
		b.Emit(&ir.Assign{Dst: g.reg(ir.Word), Op: ir.ISub, Args: []*ir.Reg{g.reg(ir.Word), g.reg(ir.Word)}})
	}
}

// operation appends one of those that round once at most.
func (g *generator) operation(b *ir.Builder) {
	op := ir.Op(g.rng.IntN(len(ir.Infos)))
	info := ir.Infos[op]
	a := &ir.Assign{Op: op, Dst: b.Reg(info.Dst)}
	switch op {
	case ir.FMA, ir.FNMA, ir.FMS, ir.Apply, ir.LaneMask, ir.HProd, ir.Spread, ir.Align, ir.Scale, ir.InvRoot:
		return
	case ir.Param:
		a.Scalar = g.f.Scalars[0]
	case ir.KeyParam:
		a.Scalar = g.f.Scalars[1+g.rng.IntN(2)]
	case ir.Const:
		a.Real = []float32{0, 0.1, -3, 1e30, 1e-42, float32(math.Inf(1)), float32(math.Copysign(0, -1)), float32(math.NaN())}[g.rng.IntN(8)]
	case ir.ConstWord:
		a.Word = []int32{0, -1, math.MinInt32, 0x846ca6, -77777}[g.rng.IntN(5)]
	case ir.IShl, ir.IShr, ir.ISar:
		a.Word = g.rng.Int32N(32)
	case ir.Pick:
		a.Table = &[8]int32{0, -1, g.rng.Int32(), 3, math.MinInt32, 0x800000, 7, 8}
	case ir.Shuffle:
		a.Order = []int{0}
	case ir.Iota:
		a.Sub = g.sub(100)
	case ir.HSum, ir.HMax, ir.HMin, ir.HSums:
		info.Args = 1
	case ir.Select:
		a.Args = []*ir.Reg{g.reg(ir.Mask), g.reg(ir.Real), g.reg(ir.Real)}
	}
	for range info.Args - len(a.Args) {
		a.Args = append(a.Args, g.reg(info.Arg))
	}
	b.Emit(a)
	g.keep(a.Dst)
	if g.rng.IntN(4) == 0 {
		g.show(b, a.Dst)
	}
}

// show stores a register of any kind.
func (g *generator) show(b *ir.Builder, r *ir.Reg) {
	switch r.Kind {
	case ir.Word:
		r = b.Do(ir.RealBits, r)
	case ir.Mask:
		r = b.Do(ir.Select, r, b.Real(1), b.Real(0))
	}
	store(b, at(g.y, g.sub(8), sub(g.rng.IntN(8))), r)
}
