package ir

import (
	"errors"
	"fmt"
	"slices"
)

// Verify checks what the printers and Run rely on and lists every violation,
// each with the function and the statement it stands in.
func Verify(p *Program) error {
	v := &verifier{prog: p, written: map[*Func]map[*Buffer]bool{}}
	v.program()
	return errors.Join(v.errs...)
}

// verifier holds what is known at one point of the function that it walks.
type verifier struct {
	prog  *Program
	fn    *Func
	stmt  Stmt
	errs  []error
	names map[string]any
	// ranges are the values of the variables in scope.
	ranges map[*Var]span
	// memory are the roots that the function may touch.
	memory   map[*Buffer]bool
	scalars  map[*Scalar]bool
	assigned map[*Reg]bool
	ids      map[int]*Reg
	// written are the parameters that a function writes.
	written map[*Func]map[*Buffer]bool
}

// span is the set lo..hi; loaded marks an element of an int32 buffer, whose
// range is a promise of the caller's.
type span struct {
	lo, hi int
	loaded bool
}

func (v *verifier) failf(format string, args ...any) {
	where := v.prog.Name
	if v.fn != nil {
		where += ": " + v.fn.Name
	}
	if v.stmt != nil {
		where += ": " + Line(v.stmt)
	}
	v.errs = append(v.errs, fmt.Errorf("ir: %s: %s", where, fmt.Sprintf(format, args...)))
}

func (v *verifier) program() {
	p := v.prog
	if p.Lanes < 1 {
		v.failf("%d lanes", p.Lanes)
	}
	listed := map[string]*Buffer{}
	roots := map[string]*Buffer{}
	for _, b := range p.Workspace {
		if b.Place != Workspace || b.Of != nil {
			v.failf("workspace lists %s, which is not a workspace root", b.Name)
		}
		if listed[b.Name] != nil {
			v.failf("two fields of the workspace are called %s", b.Name)
		}
		listed[b.Name] = b
	}
	funcs := map[string]*Func{}
	for _, s := range p.Steps {
		if s.Func.Block != nil && (s.Count < 1 || s.From < 0) {
			v.failf("%s is called %d times", s.Func.Name, s.Count)
		}
		if f := funcs[s.Func.Name]; f != nil && f != s.Func {
			v.failf("two functions are called %s", f.Name)
		}
		funcs[s.Func.Name] = s.Func
	}
	v.serial()
	for _, f := range p.Funcs() {
		v.fn = f
		v.params(roots)
		v.function()
		v.fn = nil
	}
	for _, s := range p.Steps {
		v.arguments(s, listed)
	}
}

// params checks the parameters and the frame of v.fn and opens its scope.
func (v *verifier) params(roots map[string]*Buffer) {
	f := v.fn
	v.names = map[string]any{}
	v.ranges = map[*Var]span{}
	v.memory = map[*Buffer]bool{}
	v.scalars = map[*Scalar]bool{}
	v.assigned = map[*Reg]bool{}
	v.ids = map[int]*Reg{}
	v.written[f] = map[*Buffer]bool{}
	if f.Lanes != 1 && f.Lanes != v.prog.Lanes {
		v.failf("%d lanes in a program of %d", f.Lanes, v.prog.Lanes)
	}
	for _, b := range f.Buffers {
		v.name(b.Name, b)
		v.buffer(b)
		if other := roots[b.Name]; other != nil && other != b {
			v.failf("two buffers are called %s", b.Name)
		}
		roots[b.Name] = b
		switch {
		case b.Of != nil:
			v.failf("parameter %s is a view", b.Name)
		case b.Place == Frame:
			v.failf("parameter %s is on the frame", b.Name)
		case b.Place == Arg && !v.isArg(b):
			v.failf("%s belongs to no argument of the program", b.Name)
		}
		v.memory[b] = true
	}
	for _, b := range f.Frame {
		v.name(b.Name, b)
		v.buffer(b)
		if b.Place != Frame || b.Of != nil {
			v.failf("frame lists %s, which is not a frame root", b.Name)
		}
		v.memory[b] = true
	}
	for _, s := range f.Scalars {
		v.name(s.Name, s)
		if !contains(v.prog.Scalars, s) {
			v.failf("scalar %s is missing in the program", s.Name)
		}
		v.scalars[s] = true
	}
}

// arguments checks that what a step gives its function is like the function's own.
func (v *verifier) arguments(s Step, listed map[string]*Buffer) {
	own, given := Arguments{s.Func.Buffers, s.Func.Scalars}, s.Arguments()
	if len(own.Buffers) != len(given.Buffers) || len(own.Scalars) != len(given.Scalars) {
		v.failf("%s is given %d buffers and %d scalars", s.Func.Name, len(given.Buffers), len(given.Scalars))
		return
	}
	for i, b := range given.Buffers {
		switch o := own.Buffers[i]; {
		case b.Of != nil || b.Elem != o.Elem || !slices.Equal(b.Shape, o.Shape):
			v.failf("%s is given %s%v for %s%v", s.Func.Name, b.Name, b.Shape, o.Name, o.Shape)
		case b.Place == Workspace && !fits(b, listed[b.Name]):
			v.failf("%s is given %s, for which the program's workspace has no room", s.Func.Name, b.Name)
		case b.Place != Workspace && !v.isArg(b):
			v.failf("%s is given %s, which the program does not have", s.Func.Name, b.Name)
		case slices.ContainsFunc(given.Buffers[:i], func(other *Buffer) bool { return other.Place == b.Place && other.Name == b.Name }):
			v.failf("%s is given %s twice", s.Func.Name, b.Name)
		case v.written[s.Func][o]:
			v.writable(b.Tensor)
		}
	}
	for i, x := range given.Scalars {
		if x.Key != own.Scalars[i].Key || !contains(v.prog.Scalars, x) {
			v.failf("%s is given %s for %s", s.Func.Name, x.Name, own.Scalars[i].Name)
		}
	}
}

// fits reports whether memory has room for b.
func fits(b, memory *Buffer) bool {
	return memory != nil && memory.Elem == b.Elem && memory.Size() >= b.Size()
}

func (v *verifier) isArg(b *Buffer) bool {
	return b.Tensor != nil && contains(v.prog.Args, b.Tensor) && b.Tensor.Size() == b.Size()
}

func contains[T comparable](list []T, x T) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// buffer checks the shape and, for a view, that it shows all of its root.
func (v *verifier) buffer(b *Buffer) {
	for _, d := range b.Shape {
		if d < 1 {
			v.failf("%s has shape %v", b.Name, b.Shape)
		}
	}
	if b.Elem != F32 && b.Elem != I32 {
		v.failf("%s has element type %d", b.Name, b.Elem)
	}
	if r := b.Of; r != nil && (r.Of != nil || r.Size() != b.Size() || r.Elem != b.Elem || r.Place != b.Place) {
		v.failf("%s%v is no view of %s%v", b.Name, b.Shape, r.Name, r.Shape)
	}
}

// name claims n in the function's scope for x.
func (v *verifier) name(n string, x any) {
	if n == "" {
		v.failf("%T without a name", x)
	} else if other, taken := v.names[n]; taken && other != x {
		v.failf("two things are called %s", n)
	}
	v.names[n] = x
}

func (v *verifier) function() {
	f := v.fn
	blocks, steps := 0, 0
	for _, s := range v.prog.Steps {
		if s.Func == f {
			blocks = max(blocks, s.From+s.Count)
			if s.In != nil {
				steps = max(steps, s.In.Count)
			}
		}
	}
	if f.Block != nil {
		v.name(f.Block.Name, f.Block)
		v.ranges[f.Block] = span{0, blocks - 1, false}
	}
	if f.Step != nil {
		v.name(f.Step.Name, f.Step)
		v.ranges[f.Step] = span{0, steps - 1, false}
	}
	v.body(f.Body)
}

// body checks statements in order. A loop runs at least once, so what its body
// assigns counts as assigned after it, and its first round is the strictest.
func (v *verifier) body(body []Stmt) {
	var opened []*Var
	for _, s := range body {
		v.stmt = s
		switch s := s.(type) {
		case *Loop:
			v.loop(s)
		case *LoadIndex:
			if v.index(s) {
				opened = append(opened, s.Dst)
			}
		case *Assign:
			v.assign(s)
		case *Load:
			v.load(s)
		case *Store:
			v.store(s)
		case *Transpose:
			v.transpose(s)
		case *Move:
			v.move(s)
		case *Prefetch:
			if !v.memory[s.Mem.Buf.Root()] || len(s.Mem.Subs) != len(s.Mem.Buf.Shape) {
				v.failf("prefetch of what the function does not have")
			}
			v.split(s.Mem.Flat())
		default:
			v.failf("unknown statement %T", s)
		}
	}
	for _, x := range opened {
		v.close(x)
	}
	v.stmt = nil
}

func (v *verifier) close(x *Var) {
	delete(v.ranges, x)
	delete(v.names, x.Name)
}

func (v *verifier) loop(l *Loop) {
	if l.Count < 1 {
		v.failf("the count is below 1")
		return
	}
	if _, open := v.ranges[l.Var]; open {
		v.failf("%s is in use already", l.Var.Name)
		return
	}
	v.name(l.Var.Name, l.Var)
	v.ranges[l.Var] = span{0, l.Count - 1, false}
	v.body(l.Body)
	v.close(l.Var)
}

// index reports whether it opened the scope of a new variable.
func (v *verifier) index(s *LoadIndex) bool {
	if s.Mem.Buf.Elem != I32 {
		v.failf("%s is not an int32 buffer", s.Mem.Buf.Name)
	}
	v.mem(s.Mem, 1)
	r, open := v.ranges[s.Dst]
	if open && !r.loaded {
		v.failf("%s is a loop counter", s.Dst.Name)
		return false
	}
	v.name(s.Dst.Name, s.Dst)
	v.ranges[s.Dst] = span{loaded: true}
	return !open
}
