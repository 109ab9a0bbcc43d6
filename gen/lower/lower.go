// Package lower turns the equations of a layer into naive loops.
//
// What comes in: a program of checked equations. What goes out: one nest for
// each equation and for each reduction inside one, in an order of evaluation.
// What is promised: nothing is clever here. Each nest is either a map or one
// reduction of an elementwise value; every subscript is in bounds, reads and
// sums beyond a tensor's shape having been moved to padded copies; arithmetic
// on run-time scalars alone is collected in the program's Scalars.
package lower

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/gen/arrange"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// Windows says what windows that are cut off at borders cost.
type Windows struct {
	// Most is how many kinds there are at most in a loop, where there is a way around.
	Most int
	// Vectors says that rows without borders are worth terms that are 0.
	Vectors bool
}

// Lower makes the loops of one pass. The error lists what the language allows
// and the compiler cannot do. Of ids, checked says what the caller sees to.
func Lower(name string, p *layer.Program, checked map[*layer.Tensor]int, windows Windows) (loops *ir.Loops, err error) {
	p = arrange.Program(p)
	l := &lowerer{
		out:     &ir.Loops{Name: name, Args: p.Args},
		buffers: map[*layer.Tensor]*ir.Buffer{},
		temps:   map[string]*ir.Buffer{},
		dimsOf:  map[*ir.Buffer][]int{},
		pads:    map[*ir.Buffer][]*paddedCopy{},
		parts:   map[*layer.Tensor]map[string]*layer.Tensor{},
		names:   map[string]int{},
		sums:    map[*layer.Tensor]bool{},
		checked: checked,
		windows: windows,
	}
	defer func() {
		if r := recover(); r != nil {
			u, ok := r.(unsupported)
			if !ok {
				panic(r)
			}
			err = u
		}
	}()
	for _, eq := range p.Equations {
		l.names[eq.T.Name] = 1
		l.sums[eq.T] = eq.Accumulate
		for _, t := range eq.Tensors() {
			l.names[t.Name] = 1
		}
	}
	for _, t := range p.Args {
		l.names[t.Name] = 1
		if !t.ByValue() {
			l.buffer(t)
		}
	}
	for _, x := range p.Parts() {
		if x.Recurrence != nil {
			l.recurrence(x.Recurrence)
			continue
		}
		for _, part := range l.woven(x.Equation, phases(x.Equation)) {
			l.equation(part, nil)
		}
	}
	l.out.Nests = naive.Distinct(l.out.Nests) // parts of an index may be called as others are
	return l.out, nil
}

// unsupported is an equation outside what the compiler can lower.
type unsupported struct {
	pos diag.Pos
	msg string
}

func (u unsupported) Error() string { return fmt.Sprintf("%s: %s", u.pos, u.msg) }

type lowerer struct {
	out     *ir.Loops
	buffers map[*layer.Tensor]*ir.Buffer
	// temps finds the buffer of a reduction made before, pads the padded copies of a buffer,
	// parts the parts of a tensor.
	temps map[string]*ir.Buffer
	pads  map[*ir.Buffer][]*paddedCopy
	parts map[*layer.Tensor]map[string]*layer.Tensor
	// dimsOf says which index of its nest each dimension of a temporary is of.
	dimsOf map[*ir.Buffer][]int
	// checked is what ids are below.
	checked map[*layer.Tensor]int
	windows Windows
	// names has those of tensors and of what was made, with the last number
	// that made one of its own.
	names map[string]int
	// sums are the tensors that equations add to, as long as they are not cleared.
	sums map[*layer.Tensor]bool
	pos  diag.Pos
	// steps is the recurrence at hand, or nil.
	steps *steps
}

func (l *lowerer) refuse(format string, args ...any) {
	panic(unsupported{l.pos, fmt.Sprintf(format, args...)})
}

// buffer is the memory of t.
func (l *lowerer) buffer(t *layer.Tensor) *ir.Buffer {
	if b, ok := l.buffers[t]; ok {
		return b
	}
	b := &ir.Buffer{Name: t.Name, Shape: t.Shape, Tensor: t}
	if t.Type == layer.Int32 {
		b.Elem = ir.I32
	}
	switch t.Role {
	case layer.Saved:
		b.Place = ir.Workspace
	case layer.Scratch:
		b.Place, b.Tensor = ir.Frame, nil
	case layer.Gradient, layer.Upstream:
		if t.Of != nil && (t.Of.Role == layer.Saved || t.Of.Role == layer.Scratch) {
			b.Place, b.Tensor = ir.Frame, nil
		}
	}
	l.buffers[t] = b
	l.out.Buffers = append(l.out.Buffers, b)
	return b
}

// temporary is a new buffer named after what it is for.
func (l *lowerer) temporary(name string, elem ir.Elem, shape []int) *ir.Buffer {
	b := &ir.Buffer{Name: l.unused(name), Elem: elem, Shape: shape, Place: ir.Frame}
	l.out.Buffers = append(l.out.Buffers, b)
	return b
}

// unused is the name, or the name with a number that makes it one of its own.
func (l *lowerer) unused(name string) string {
	full := name
	for l.names[full] > 0 {
		l.names[name]++
		full = fmt.Sprintf("%s%d", name, l.names[name])
	}
	l.names[full] = 1
	return full
}

// variable is a new loop variable; others may have the name, buffers do not.
func (l *lowerer) variable(name string) *ir.Var {
	for l.names[name] > 0 {
		name += "_"
	}
	return &ir.Var{Name: name}
}

// equation appends the nests of one equation, of which a recurrence binds one
// index.
func (l *lowerer) equation(eq *layer.Equation, bound *layer.Index) {
	parts := []*layer.Equation{eq}
	if bound == nil {
		parts = splitAxes(eq)
	}
	for _, part := range parts {
		l.nests(part, bound)
	}
}

// nests appends those of an equation whose indices are split.
func (l *lowerer) nests(eq *layer.Equation, bound *layer.Index) {
	l.pos = eq.Pos
	for _, t := range eq.Tensors() {
		l.cleared(t, eq.Text) // elements that nothing is added to may be read before any is
	}
	target := l.buffer(eq.T)
	s := l.newScope(eq.Text)
	s.step(bound)
	s.bind(without(eq.Free, bound), &s.nest.Axes)
	by := never
	if eq.Accumulate && eq.T.Open() {
		by = meeting
	}
	subs := s.subs(eq.Subs, eq.T, by)
	l.cleared(eq.T, eq.Text)
	store := ir.Mem{Buf: target, Subs: subs}
	var inside *ir.Nest
	if eq.Accumulate && s.reach(subs, target.Shape) != nil {
		store, inside = l.padStore(s, store)
	}
	s.nest.Store, s.nest.Accumulate = store, eq.Accumulate
	if target.Elem == ir.I32 {
		s.nest.Value = s.whole(eq.Value)
	} else {
		s.root(eq.Value)
	}
	if by == meeting {
		if in := s.meets(eq.Subs, eq.T); in != nil {
			s.nest.Value = ir.NewExpr(ir.Select, in, s.nest.Value, ir.RealExpr(0))
		}
	}
	l.changed(eq.T)
	l.append(s.nest)
	if inside != nil {
		l.append(inside)
	}
}

// cleared sets a tensor that equations add to to zero, if that has not been done.
func (l *lowerer) cleared(t *layer.Tensor, text string) {
	if l.sums[t] {
		l.sums[t] = false
		l.ahead(func() { l.fill(l.buffer(t), 0, text) })
	}
}

// whole is x as an integer, for int32 tensors: a float32 has fewer bits.
func (s *scope) whole(x layer.Expr) *ir.Expr {
	if v, constant := layer.Constant(x); constant {
		return wordConst(int32(v))
	}
	switch x := x.(type) {
	case *layer.FromInt:
		return s.word(x.X)
	case *layer.Where:
		return ir.NewExpr(ir.Select, s.cond(x.Cond), s.whole(x.X), s.whole(x.Y))
	}
	return ir.NewExpr(ir.ToWord, s.expr(x))
}

// append adds a nest, in the loop of the recurrence at hand. What stays as it is, as a state does
// in one case of where, needs none.
func (l *lowerer) append(n *ir.Nest) {
	if n.Value.Load != nil && !n.Accumulate && len(n.Reduce) == 0 && naive.SameMem(n.Value.Load, &n.Store) {
		return
	}
	if l.steps != nil {
		n.Steps = l.steps.loop
	}
	l.out.Nests = append(l.out.Nests, n)
}

// scope is a nest in the making, with the indices that are bound in it.
type scope struct {
	l    *lowerer
	nest *ir.Nest
	vars map[*layer.Index]ir.Sub
	// size says how many values a variable has, from 0 on; ids are not there.
	size map[*ir.Var]int
	// order has the bound indices, outermost first.
	order []*layer.Index
	// bound is the index that the steps of a recurrence count, or nil.
	bound *layer.Index
}

func (l *lowerer) newScope(text string) *scope {
	return &scope{l: l, nest: &ir.Nest{Text: text}, vars: map[*layer.Index]ir.Sub{}, size: map[*ir.Var]int{}}
}

// bind makes an axis of each index; one of size 1 is the constant 0.
func (s *scope) bind(idx []*layer.Index, axes *[]ir.Axis) {
	for _, i := range idx {
		s.order = append(s.order, i)
		if i.Size == 1 {
			s.vars[i] = ir.Sub{}
			continue
		}
		v := s.l.variable(i.Name)
		s.vars[i] = ir.VarSub(v)
		s.size[v] = i.Size
		*axes = append(*axes, ir.Axis{Var: v, Size: i.Size})
	}
}

// root lowers the value of the nest: a reduction at the top belongs to the
// nest itself.
func (s *scope) root(e layer.Expr) {
	r, ok := e.(*layer.Reduce)
	if !ok || s.nest.Accumulate && r.Op != layer.Sum {
		s.nest.Value = s.expr(e)
		return
	}
	s.nest.Op = reduceOps[r.Op]
	idx, body := flattenSum(r)
	s.bind(idx, &s.nest.Reduce)
	if r.Op == layer.Sum && len(s.nest.Reduce) == 0 { // a single term may be restricted, too
		s.nest.Reduce = []ir.Axis{{Var: s.l.variable("one"), Size: 1}}
	}
	s.nest.Value = s.expr(s.window(s.nest.Op, body))
	if len(s.nest.Within) == 0 {
		s.nest.Reduce = slices.DeleteFunc(s.nest.Reduce, func(a ir.Axis) bool { return a.Size == 1 })
	}
}

var reduceOps = map[layer.ReduceOp]ir.ReduceOp{
	layer.Sum: ir.ReduceSum, layer.Prod: ir.ReduceProd, layer.Max: ir.ReduceMax, layer.Min: ir.ReduceMin,
}

// flattenSum joins directly nested reductions of one kind.
func flattenSum(r *layer.Reduce) ([]*layer.Index, layer.Expr) {
	idx, body := r.Idx, r.Body
	for {
		in, ok := body.(*layer.Reduce)
		if !ok || in.Op != r.Op {
			return idx, body
		}
		idx = append(append([]*layer.Index(nil), idx...), in.Idx...)
		body = in.Body
	}
}
