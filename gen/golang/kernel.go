package golang

import (
	"fmt"
	"math"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/dlgen/dlgen/gen/ir"
)

// kernel prints the body of one function.
type kernel struct {
	*printer
	*plan
	scope names
	// memory has the name of a pointer to the array for each argument, field
	// and view, and the name of the array itself for the Frame.
	memory  map[*ir.Buffer]string
	scalars map[*ir.Scalar]string
	vars    map[*ir.Var]string
	regs    map[*ir.Reg]string
	count   int // of registers that have a variable
}

func (p *printer) newKernel(plan *plan) *kernel {
	return &kernel{
		printer: p, plan: plan, scope: p.internal.inner(),
		memory: map[*ir.Buffer]string{}, scalars: map[*ir.Scalar]string{},
		vars: map[*ir.Var]string{}, regs: map[*ir.Reg]string{},
	}
}

// function prints f as portable Go; counts says how many values each of its
// counters has.
func (p *printer) function(f *ir.Func, counts []int) *jen.Statement {
	k := p.newKernel(newPlan(f.Body))
	var params []param
	var head []jen.Code
	for _, b := range f.Buffers {
		k.memory[b] = k.bufferName(b)
		params = append(params, param{k.memory[b], p.pointer(b)})
	}
	for _, s := range f.Scalars {
		k.scalars[s] = p.scalarName[s.Name]
		params = append(params, param{k.scalars[s], scalarType(s)})
	}
	for i, v := range f.Counters() {
		name := k.scope.take(v.Name)
		k.vars[v] = name
		params = append(params, param{name, "int"})
		head = append(head, counterRange(name, v == f.Step, counts[i])...)
	}
	used := k.buffers(f.Body)
	for _, b := range f.Frame {
		if slices.ContainsFunc(used, func(u *ir.Buffer) bool { return u.Root() == b }) {
			k.memory[b] = k.scope.take(b.Name)
			head = append(head, jen.Var().Id(k.memory[b]).Id(arrayType(frameShape(b), goElem(b.Elem))))
		}
	}
	head = append(head, k.views(used)...)
	body := append(head, k.list(f.Body)...)
	return documented(docLines(f.Doc), jen.Func().Id(p.portableName[f]).Add(signature(params)).Block(body...))
}

// counterRange tells the compiler's bounds-check elimination the range of a
// counter.
func counterRange(name string, step bool, count int) []jen.Code {
	what := "block"
	if step {
		what = "step"
	}
	return []jen.Code{
		jen.If(jen.Id(name).Op("<").Lit(0).Op("||").Id(name).Op(">=").Lit(count)).Block(
			jen.Panic(jen.Lit(what + " out of range"))),
	}
}

// bufferName is the name of the argument or field behind b.
func (k *kernel) bufferName(b *ir.Buffer) string {
	if b.Place == ir.Arg {
		return k.tensorName[b.Tensor.Name]
	}
	return k.scope.take(b.Name)
}

// frameShape makes an array of one element of a frame buffer without a shape,
// which Go would call unused where it is only written.
func frameShape(b *ir.Buffer) []int {
	if len(b.Shape) == 0 {
		return []int{1}
	}
	return b.Shape
}

// buffers lists the buffers that live statements touch, in order.
func (k *kernel) buffers(list []ir.Stmt) []*ir.Buffer {
	var out []*ir.Buffer
	for _, s := range list {
		if !k.live[s] {
			continue
		}
		if l, ok := s.(*ir.Loop); ok {
			out = append(out, k.buffers(l.Body)...)
		}
		for _, m := range ir.Touched(s) {
			out = append(out, m.Buf)
		}
	}
	return out
}

// views declares the pointers that show a buffer in another shape.
func (k *kernel) views(used []*ir.Buffer) []jen.Code {
	var out []jen.Code
	for _, b := range used {
		if b.Of == nil || k.memory[b] != "" {
			continue
		}
		root := jen.Id(k.memory[b.Of])
		if b.Of.Place == ir.Frame {
			root = jen.Op("&").Add(root)
		}
		k.memory[b] = k.scope.take(b.Name)
		typ := jen.Parens(jen.Id("*" + arrayType(b.Shape, goElem(b.Elem))))
		out = append(out, jen.Id(k.memory[b]).Op(":=").Add(typ).Parens(jen.Qual("unsafe", "Pointer").Call(root)))
	}
	return out
}

// list prints the statements of one block.
func (k *kernel) list(list []ir.Stmt) []jen.Code {
	var out []jen.Code
	for i := 0; i < len(list); i++ {
		s := list[i]
		if !k.live[s] || k.isInline(written(s)) {
			continue
		}
		out = append(out, k.declarations(k.declare[s])...)
		if n := k.zeros(list[i:]); n > 0 {
			var zero []value
			for _, z := range list[i : i+n] {
				zero = append(zero, written(z))
			}
			out = append(out, k.declarations(zero)...)
			i += n - 1
			continue
		}
		out = append(out, k.stmt(s))
	}
	return out
}

// zeros is how many statements at the start of list declare a zero.
func (k *kernel) zeros(list []ir.Stmt) int {
	for n, s := range list {
		a, ok := s.(*ir.Assign)
		zero := ok && (a.Op == ir.Const && math.Float32bits(a.Real) == 0 || a.Op == ir.ConstWord && a.Word == 0)
		if !zero || !k.fresh[s] || !k.live[s] || k.isInline(a.Dst) || n > 0 && len(k.declare[s]) > 0 {
			return n
		}
	}
	return len(list)
}

// declarations prints var statements, a type at a time.
func (k *kernel) declarations(vs []value) []jen.Code {
	const perLine = 8
	var out []jen.Code
	for _, typ := range []string{"float32", "int32", "bool", "int"} {
		var ids []jen.Code
		for _, v := range vs {
			if typeOf(v) == typ {
				ids = append(ids, jen.Id(k.variable(v)))
			}
		}
		for len(ids) > 0 {
			n := min(perLine, len(ids))
			out = append(out, jen.Var().List(ids[:n]...).Id(typ))
			ids = ids[n:]
		}
	}
	return out
}

func typeOf(v value) string {
	if r, ok := v.(*ir.Reg); ok {
		return goKind(r.Kind)
	}
	return "int"
}

// variable is the name of v, made at its first use.
func (k *kernel) variable(v value) string {
	switch v := v.(type) {
	case *ir.Reg:
		if k.regs[v] == "" {
			k.regs[v] = k.scope.take(fmt.Sprintf("v%d", k.count))
			k.count++
		}
		return k.regs[v]
	case *ir.Var:
		if k.vars[v] == "" {
			k.vars[v] = k.scope.take(stem(v.Name))
		}
		return k.vars[v]
	}
	panic(fmt.Sprintf("golang: no variable is made of %T", v))
}

func (k *kernel) stmt(s ir.Stmt) jen.Code {
	switch s := s.(type) {
	case *ir.Loop:
		return k.loop(s)
	case *ir.Store:
		if s.Mem.Buf == nil {
			return jen.Return(k.reg(s.Src).code)
		}
		return k.store(s)
	case *ir.Move:
		if s.Src == nil {
			return jen.Id("clear").Call(k.row(s.Dst, s.Count))
		}
		return jen.Id("copy").Call(k.row(s.Dst, s.Count), k.row(*s.Src, s.Count))
	case *ir.Load:
		return k.assign(s, k.define(s))
	case *ir.LoadIndex:
		return k.assign(s, convert("int", k.place(s.Mem)))
	case *ir.Assign:
		if add, ok := k.accumulate(s); ok {
			return add
		}
		return k.assign(s, typed(k.define(s), s.Dst.Kind))
	}
	panic(fmt.Sprintf("golang: %T has no meaning with one lane", s))
}

// store is mem = x, or mem += x where x adds to what is there.
func (k *kernel) store(s *ir.Store) jen.Code {
	sum, ok := k.inline[s.Src].(*ir.Assign)
	if ok && sum.Op == ir.Add {
		for i, r := range sum.Args {
			if old, ok := k.inline[r].(*ir.Load); ok && old.Mem.Buf == s.Mem.Buf && slices.EqualFunc(old.Mem.Subs, s.Mem.Subs, equalSub) {
				return k.place(s.Mem).code.Op("+=").Add(k.reg(sum.Args[1-i]).code)
			}
		}
	}
	return k.place(s.Mem).code.Op("=").Add(k.reg(s.Src).code)
}

func equalSub(a, b ir.Sub) bool { return a.Const == b.Const && slices.Equal(a.Terms, b.Terms) }

// assign is dst = x, or := where s declares it.
func (k *kernel) assign(s ir.Stmt, x expr) jen.Code {
	op := "="
	if k.fresh[s] {
		op = ":="
	}
	return jen.Id(k.variable(written(s))).Op(op).Add(x.code)
}

// accumulate is the short form of dst = dst + x and the like.
func (k *kernel) accumulate(a *ir.Assign) (jen.Code, bool) {
	if k.fresh[a] {
		return nil, false
	}
	dst := func(op string, x expr) (jen.Code, bool) {
		return jen.Id(k.variable(a.Dst)).Op(op).Add(x.code), true
	}
	switch {
	case a.Op == ir.FMA && a.Args[2] == a.Dst:
		return dst("+=", binary("*", k.reg(a.Args[0]), k.reg(a.Args[1])))
	case a.Op == ir.FNMA && a.Args[2] == a.Dst:
		return dst("-=", binary("*", k.reg(a.Args[0]), k.reg(a.Args[1])))
	case a.Op == ir.Add && a.Args[0] == a.Dst:
		return dst("+=", k.reg(a.Args[1]))
	case a.Op == ir.Sub2 && a.Args[0] == a.Dst:
		return dst("-=", k.reg(a.Args[1]))
	case a.Op == ir.Mul && a.Args[0] == a.Dst:
		return dst("*=", k.reg(a.Args[1]))
	}
	return nil, false
}

func (k *kernel) loop(l *ir.Loop) jen.Code {
	v := k.scope.take(stem(l.Var.Name))
	k.vars[l.Var] = v
	body := k.list(l.Body)
	delete(k.scope, v)
	delete(k.vars, l.Var)
	return jen.For(jen.Id(v).Op(":=").Lit(0), jen.Id(v).Op("<").Lit(l.Count), jen.Id(v).Op("++")).Block(body...)
}

// reg is the value of r: its variable, or its definition spelled here.
func (k *kernel) reg(r *ir.Reg) expr {
	if def := k.inline[r]; def != nil {
		return k.define(def)
	}
	return name(k.variable(r))
}

// define is the right-hand side of s.
func (k *kernel) define(s ir.Stmt) expr {
	switch s := s.(type) {
	case *ir.Load:
		return k.place(s.Mem)
	case *ir.Assign:
		return k.op(s)
	}
	panic(fmt.Sprintf("golang: %T defines no register", s))
}

// place is an element of memory.
func (k *kernel) place(m ir.Mem) expr {
	base, ok := k.memory[m.Buf]
	if !ok {
		panic(fmt.Sprintf("golang: buffer %s is no parameter", m.Buf.Name))
	}
	x := jen.Id(base)
	if len(m.Subs) == 0 {
		if m.Buf.Of != nil || m.Buf.Place != ir.Frame {
			return unary("*", name(base))
		}
		x.Index(jen.Lit(0))
	}
	for _, s := range m.Subs {
		x.Index(subscript(s, k.vars).code)
	}
	return expr{code: x, prec: primary}
}

// row is a slice of consecutive elements.
func (k *kernel) row(m ir.Mem, count int) jen.Code {
	base, ok := k.memory[m.Buf]
	if !ok {
		panic(fmt.Sprintf("golang: buffer %s is no parameter", m.Buf.Name))
	}
	x := jen.Id(base)
	last := len(m.Subs) - 1
	for _, s := range m.Subs[:last] {
		x.Index(subscript(s, k.vars).code)
	}
	from := m.Subs[last]
	if from.Const == 0 && len(from.Terms) == 0 && m.Buf.Shape[last] == count {
		return x.Index(jen.Empty(), jen.Empty())
	}
	return x.Index(subscript(from, k.vars).code, subscript(from.Add(ir.Sub{Const: 1}, count), k.vars).code)
}
