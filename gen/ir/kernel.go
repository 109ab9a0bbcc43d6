// Package ir holds the two program forms of the compiler: loops, the naive
// nests that lower makes of equations, and kernels, the scheduled code that
// the printers spell.
//
// What is promised of a kernel: it is complete. Tiles are unrolled, vectors
// chosen, tails split, functions such as exp expanded into arithmetic. A
// printer gives names and registers to what stands here and decides nothing;
// Verify checks the invariants, Run executes a program without any hardware,
// Print shows it.
package ir

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// Elem is the element type of a buffer.
type Elem uint8

const (
	F32 Elem = iota
	I32
)

// Place says where the memory of a buffer comes from.
type Place uint8

const (
	Arg       Place = iota // an argument of the generated function
	Workspace              // a field of the Workspace struct: survives from forward to backward
	Frame                  // small scratch on the stack of one kernel call; 64-byte aligned in assembly, not cleared
)

// Buffer is an array of static shape, row-major, its last extent contiguous.
// A rank-0 buffer has an empty Shape and one element.
type Buffer struct {
	Name  string
	Elem  Elem
	Shape []int
	Place Place
	// Tensor is the spec's tensor behind an Arg, nil for scratch.
	Tensor *layer.Tensor
	// Of is the buffer whose memory this one shows in another Shape of the
	// same size (a collapsed view), or nil. Of itself has no Of.
	Of *Buffer
}

// Size is the number of elements.
func (b *Buffer) Size() int {
	n := 1
	for _, d := range b.Shape {
		n *= d
	}
	return n
}

// Root is the buffer that owns the memory.
func (b *Buffer) Root() *Buffer {
	if b.Of != nil {
		return b.Of
	}
	return b
}

// Scalar is a number computed once for each call of the generated function, in
// float64 Go code, and handed to kernels as a float32; or, if Key is set, the
// first (1) or second (2) 32-bit key derived from a uint64 seed (see SeedKeys), which is Seed
// or, where that is nil, 0, and Plus; or the low word of an int (WordKey).
type Scalar struct {
	Name string
	// Value has only constants, scalar reads, calls, + - * /, where and
	// comparisons. It is nil for a Key.
	Value layer.Expr
	Key   int
	Seed  *layer.Tensor
	Plus  uint64
}

// WordKey is the Key of an int that stands in integer expressions.
const WordKey = 3

// Program is one scheduled pass of a layer for one kind of target.
type Program struct {
	// Name is "forward" or "backward".
	Name string
	// Lanes is the vector width: 1 for portable Go, 8 for AVX2, 16 for AVX-512.
	Lanes int
	// Args are the arguments of the generated function in API order; scalars
	// and int32 tensors included. Gradients and outputs come first.
	Args []*layer.Tensor
	// Scalars are computed before the first step.
	Scalars []*Scalar
	// Workspace are the buffers of Place Workspace that this pass uses.
	Workspace []*Buffer
	// Steps run in order.
	Steps []Step
}

// Step calls a function Count times, with its Block from From on, or once
// where Block is nil. The loop is Go code, so that no call is long.
type Step struct {
	Func *Func
	// Other is what Func is given in place of its own memory, nil if nothing is.
	Other *Arguments
	Count int
	// From is the first value of Block.
	From int
	// In is the serial loop around the call, or nil. Steps in the same loop
	// stand side by side, and all run for one value of its Var, which is the
	// Func's Step, before any runs for the next.
	In *Steps
	// When says for which values of the serial loop's Var the step runs.
	When Parity
}

// Arguments are what a function is given, of the same shapes and kinds as its own
// and in their order.
type Arguments struct {
	Buffers []*Buffer
	Scalars []*Scalar
}

// Arguments are those of the call.
func (s Step) Arguments() Arguments {
	if s.Other != nil {
		return *s.Other
	}
	return Arguments{s.Func.Buffers, s.Func.Scalars}
}

// Parity is all values of a serial loop's Var, the even or the odd ones.
type Parity uint8

const (
	Always Parity = iota
	Even
	Odd
)

// Holds reports whether t is one of the values.
func (p Parity) Holds(t int) bool { return p == Always || t%2 == int(p-Even) }

// Calls is how often the step calls its function.
func (s Step) Calls() float64 {
	n := float64(max(s.Count, 1))
	if s.In != nil {
		n *= float64(s.In.Count)
	}
	if s.When != Always {
		n /= 2
	}
	return n
}

// Cycles is the scheduler's estimate of a pass.
func (p *Program) Cycles() float64 {
	sum := 0.0
	for _, s := range p.Steps {
		sum += s.Func.Cycles * s.Calls()
	}
	return sum
}

// Func becomes one Go or assembly function.
type Func struct {
	// Name is unique in the layer (forward and backward together).
	Name string
	// Doc are the equations that the function computes.
	Doc []string
	// Cycles is the scheduler's estimate of one call, Plans what it decided for
	// each group of equations.
	Cycles float64
	Plans  []string
	// Lanes is the vector width of every register here.
	Lanes int
	// Buffers are the parameters (roots only, no views, no Frame), in order.
	Buffers []*Buffer
	// Scalars are the scalar parameters, after the buffers.
	Scalars []*Scalar
	// Step is the value of the serial loop around the calls, Block that of the
	// caller's own loop: int parameters after the scalars, or nil.
	Step, Block *Var
	// Frame lists the scratch buffers on the stack.
	Frame []*Buffer
	Body  []Stmt
}

// Counters are the Step and the Block, as far as there are such.
func (f *Func) Counters() []*Var {
	var out []*Var
	for _, v := range []*Var{f.Step, f.Block} {
		if v != nil {
			out = append(out, v)
		}
	}
	return out
}

// Var is an integer that subscripts use: a loop counter, a Block, or an
// element loaded by LoadIndex.
type Var struct{ Name string }

// Sub is a subscript: Const plus the sum of Coef*Var. Vars are distinct.
type Sub struct {
	Const int
	Terms []SubTerm
}

// SubTerm is one summand of a Sub.
type SubTerm struct {
	Coef int
	Var  *Var
}

// Mem is a place in a buffer: one Sub for each extent of Buf.Shape.
type Mem struct {
	Buf  *Buffer
	Subs []Sub
}

// Replace is m with a variable replaced in its subscripts.
func (m Mem) Replace(v *Var, by Sub) Mem {
	out := Mem{Buf: m.Buf}
	for _, s := range m.Subs {
		out.Subs = append(out.Subs, s.Replace(v, by))
	}
	return out
}

// Flat is the element offset of m from the start of its buffer.
func (m Mem) Flat() Sub {
	out := Sub{}
	stride := 1
	strides := make([]int, len(m.Subs))
	for d := len(m.Subs) - 1; d >= 0; d-- {
		strides[d] = stride
		stride *= m.Buf.Shape[d]
	}
	for d, s := range m.Subs {
		out = out.Add(s, strides[d])
	}
	return out
}

// Step is how far apart in memory neighbours along v are, in elements: the
// coefficient of v in Flat.
func (m Mem) Step(v *Var) int {
	step, size := 0, 1
	for d := len(m.Subs) - 1; d >= 0; d-- {
		step += size * m.Subs[d].Coef(v)
		size *= m.Buf.Shape[d]
	}
	return step
}

// Add returns s + k*t, which may share terms with either.
func (s Sub) Add(t Sub, k int) Sub {
	switch {
	case len(t.Terms) == 0:
		return Sub{Const: s.Const + k*t.Const, Terms: slices.Clip(s.Terms)}
	case len(s.Terms) == 0 && k == 1:
		return Sub{Const: s.Const + t.Const, Terms: slices.Clip(t.Terms)}
	}
	out := Sub{Const: s.Const + k*t.Const, Terms: append([]SubTerm(nil), s.Terms...)}
	for _, tt := range t.Terms {
		found := false
		for i := range out.Terms {
			if out.Terms[i].Var == tt.Var {
				out.Terms[i].Coef += k * tt.Coef
				found = true
			}
		}
		if !found {
			out.Terms = append(out.Terms, SubTerm{k * tt.Coef, tt.Var})
		}
	}
	kept := out.Terms[:0]
	for _, tt := range out.Terms {
		if tt.Coef != 0 {
			kept = append(kept, tt)
		}
	}
	out.Terms = kept
	return out
}

// Kind is what a register holds in each lane.
type Kind uint8

const (
	Real Kind = iota // float32
	Word             // int32
	Mask             // all ones or all zeros (a bool in Go)
)

// Reg is a virtual register of Func.Lanes lanes. It may be assigned more than
// once (accumulators); it is assigned before it is read on every path.
type Reg struct {
	ID   int
	Kind Kind
}

// Stmt is a statement of a kernel: one of the types below it.
type Stmt interface{ isStmt() }

// Loop runs Body Count times with Var = 0, 1, ... Count-1; Count >= 1.
type Loop struct {
	Var   *Var
	Count int
	Body  []Stmt
}

// Assign is Dst = Op(Args...). Dst may be among Args.
type Assign struct {
	Dst  *Reg
	Op   Op
	Args []*Reg
	// Real is the constant of Const.
	Real float32
	// Word is the constant of ConstWord, the count of a shift, the first lane of
	// Align, or the number of lanes of LaneMask.
	Word int32
	// Table has what Pick chooses from.
	Table *[8]int32
	// Order has, for each lane of a Shuffle, that of the operand.
	Order []int
	// Sub is the value of Iota in lane 0.
	Sub Sub
	// Step is what Iota adds from lane to lane.
	Step int
	// Scalar is the operand of Param and KeyParam.
	Scalar *Scalar
	// Fn names the function of Apply.
	Fn string
}

// Load reads consecutive elements from Mem on, starting in lane 0.
type Load struct {
	Dst *Reg
	Mem Mem
	// Lanes is how many elements are read; the other lanes become 0.
	Lanes int
	// Broadcast reads one element into all lanes; Lanes is then 1.
	Broadcast bool
}

// Store writes the first Lanes lanes of Src to consecutive elements.
type Store struct {
	Mem   Mem
	Src   *Reg
	Lanes int
}

// Move copies Count consecutive real elements of Src to Dst, or clears them
// where Src is nil. It occurs with one lane only.
type Move struct {
	Dst   Mem
	Src   *Mem
	Count int
}

// Prefetch asks for the cache line of an element, which may lie beyond the
// buffer; it changes nothing. It does not occur with one lane.
type Prefetch struct {
	Mem Mem
	// Soon asks for it in the first cache, not in the second one.
	Soon bool
}

// LoadIndex sets Dst to an element of an int32 buffer.
type LoadIndex struct {
	Dst *Var
	Mem Mem
}

// Transpose sets Dst[i] lane j to Src[j] lane i; up to Func.Lanes registers each,
// all distinct within Dst and within Src, all Real or all Word. Lanes of Dst for which
// there is no Src have any value. Dst may reuse registers of Src. It does not occur with one lane.
type Transpose struct{ Dst, Src []*Reg }

func (*Loop) isStmt()      {}
func (*Assign) isStmt()    {}
func (*Load) isStmt()      {}
func (*Store) isStmt()     {}
func (*LoadIndex) isStmt() {}
func (*Transpose) isStmt() {}
func (*Prefetch) isStmt()  {}
func (*Move) isStmt()      {}
