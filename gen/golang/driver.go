package golang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/dlgen/dlgen/gen/ir"
)

// params are the parameters of a pass's implementations: the workspace,
// pointers to memory, scalars.
func (p *printer) params(ps *pass) *jen.Statement {
	var out []param
	if len(p.in.Workspace) > 0 {
		out = append(out, param{p.ws, "*Workspace"})
	}
	for _, t := range ps.buffers {
		out = append(out, param{p.tensorName[t.Name], p.reference(t)})
	}
	for _, s := range ps.scalars {
		out = append(out, param{p.scalarName[s.Name], scalarType(s)})
	}
	return signature(out)
}

// forwarded are the same as arguments of a call from one implementation to another.
func (p *printer) forwarded(ps *pass) []jen.Code {
	var out []jen.Code
	if len(p.in.Workspace) > 0 {
		out = append(out, jen.Id(p.ws))
	}
	for _, t := range ps.buffers {
		out = append(out, jen.Id(p.tensorName[t.Name]))
	}
	for _, s := range ps.scalars {
		out = append(out, jen.Id(p.scalarName[s.Name]))
	}
	return out
}

// portable is kernels.go.
func (p *printer) portable() []jen.Code {
	var drivers, kernels []jen.Code
	for _, ps := range p.passes {
		name := ps.goDriver
		if len(ps.vectors) == 0 {
			name = ps.dispatch
		}
		body := p.calls(ps.portable, func(f *ir.Func) string { return p.portableName[f] }, p.arrayArg)
		drivers = append(drivers, jen.Commentf("%s runs the %s pass in portable Go.", name, ps.portable.Name).Line().
			Func().Id(name).Add(p.params(ps)).Block(body...))
		for _, f := range ps.portable.Funcs() {
			kernels = append(kernels, p.function(f, counts(ps.portable, f)))
		}
	}
	return slices.Concat(drivers, kernels, p.helperDecls())
}

// counts are the numbers of values that prog gives the counters of f.
func counts(prog *ir.Program, f *ir.Func) []int {
	blocks, steps := 1, 1
	for _, s := range prog.Steps {
		if s.Func == f {
			blocks = max(blocks, s.From+s.Count)
			if s.In != nil {
				steps = max(steps, s.In.Count)
			}
		}
	}
	if f.Step != nil {
		return []int{steps, blocks}
	}
	return []int{blocks}
}

// calls runs the steps of prog.
func (p *printer) calls(prog *ir.Program, name func(*ir.Func) string, memory func(*ir.Buffer) *jen.Statement) []jen.Code {
	scope := p.internal.inner()
	block, step := scope.take("block"), scope.take("step")
	var out []jen.Code
	for _, loop := range prog.Serial() {
		var calls []jen.Code
		for _, s := range loop.Steps {
			var args []jen.Code
			for _, b := range s.Arguments().Buffers {
				args = append(args, memory(b))
			}
			for _, sc := range s.Arguments().Scalars {
				args = append(args, jen.Id(p.scalarName[sc.Name]))
			}
			if s.Func.Step != nil {
				args = append(args, jen.Id(step))
			}
			var call jen.Code
			switch {
			case s.Func.Block == nil:
				call = jen.Id(name(s.Func)).Call(args...)
			case s.Count == 1:
				call = jen.Id(name(s.Func)).Call(append(args, jen.Lit(s.From))...)
			default:
				call = counted(block, s.From, s.From+s.Count, jen.Id(name(s.Func)).Call(append(args, jen.Id(block))...))
			}
			if s.When != ir.Always {
				call = jen.If(jen.Id(step).Op("%").Lit(2).Op("==").Lit(int(s.When - ir.Even))).Block(call)
			}
			calls = append(calls, call)
		}
		if loop.Loop != nil {
			calls = []jen.Code{counted(step, 0, loop.Count, calls...)}
		}
		out = append(out, calls...)
	}
	return out
}

// counted runs body for v from one number up to another.
func counted(v string, from, to int, body ...jen.Code) jen.Code {
	return jen.For(jen.Id(v).Op(":=").Lit(from), jen.Id(v).Op("<").Lit(to), jen.Id(v).Op("++")).Block(body...)
}

// arrayArg hands b to a Go function. Programs may show a field in other
// shapes than it is declared with, and an argument in another than the spec's.
func (p *printer) arrayArg(b *ir.Buffer) *jen.Statement {
	home, ok := p.home(b)
	base := home.code
	if b.Place == ir.Workspace {
		base = jen.Op("&").Add(base)
	}
	if ok && slices.Equal(b.Shape, home.shape) {
		return base
	}
	return jen.Parens(jen.Id(p.pointer(b))).Parens(jen.Qual("unsafe", "Pointer").Call(base))
}

// elementArg hands the address of b's first element to assembly.
func (p *printer) elementArg(b *ir.Buffer) *jen.Statement {
	home, ok := p.home(b)
	base := home.code
	for range home.shape {
		base.Index(jen.Lit(0))
	}
	if len(home.shape) > 0 || b.Place == ir.Workspace {
		base = jen.Op("&").Add(base)
	}
	if ok {
		return base
	}
	return jen.Parens(jen.Op("*").Id(goElem(b.Elem))).Parens(jen.Qual("unsafe", "Pointer").Call(base))
}

// memory is an array (or a pointer to one) with its shape.
type memory struct {
	code  *jen.Statement
	shape []int
}

// home is the argument or field behind b; ok says that it has b's elements.
func (p *printer) home(b *ir.Buffer) (m memory, ok bool) {
	if b.Place == ir.Arg {
		return memory{jen.Id(p.tensorName[b.Tensor.Name]), b.Tensor.Shape}, true
	}
	for _, f := range p.in.Workspace {
		if f.Name == b.Name {
			if f.Size() < b.Size() {
				panic(fmt.Sprintf("golang: the workspace has too little room for %s", b.Name))
			}
			return memory{jen.Id(p.ws).Dot(p.field[f.Name]), f.Shape}, f.Elem == b.Elem
		}
	}
	panic(fmt.Sprintf("golang: %s is not in the workspace", b.Name))
}

// vector is kernels_amd64.go: the choice at run time and the declarations of
// the assembly functions.
func (p *printer) vector() []jen.Code {
	var out []jen.Code
	for _, v := range p.in.Vectors {
		doc := fmt.Sprintf("// %s says that the machine runs what %s has", v.use(), v.File)
		if len(v.Either) > 0 {
			doc += ",\n// and computes whole vectors: in halves, narrower ones are as fast"
		}
		out = append(out, jen.Comment(doc+".").Line().Var().Id(v.use()).Op("=").Add(v.condition()))
	}
	for _, ps := range p.passes {
		out = append(out, jen.Func().Id(ps.dispatch).Add(p.params(ps)).Block(p.choice(ps)...))
	}
	for _, ps := range p.passes {
		for _, prog := range ps.vectors {
			for _, f := range prog.Funcs() {
				out = append(out, stub(f))
			}
		}
	}
	return out
}

// condition is what must hold where v runs.
func (v Vector) condition() *jen.Statement {
	all := &jen.Statement{}
	for i, f := range v.Features {
		if i > 0 {
			all.Op("&&")
		}
		all.Add(feature(f))
	}
	if len(v.Either) == 0 {
		return all
	}
	either := &jen.Statement{}
	for i, f := range v.Either {
		if i > 0 {
			either.Op("||")
		}
		either.Add(feature(f))
	}
	return all.Op("&&").Parens(either)
}

// feature reads a field, or its opposite.
func feature(f string) *jen.Statement {
	if name, not := strings.CutPrefix(f, "!"); not {
		return jen.Op("!").Qual(cpuPath, "X86").Dot(name)
	}
	return jen.Qual(cpuPath, "X86").Dot(f)
}

// choice runs the last implementation of a pass that the machine has.
func (p *printer) choice(ps *pass) []jen.Code {
	run := func(i int) []jen.Code {
		return p.calls(ps.vectors[i], func(f *ir.Func) string { return f.Name }, p.elementArg)
	}
	portable := jen.Id(ps.goDriver).Call(p.forwarded(ps)...)
	if len(ps.vectors) == 1 {
		no := jen.If(jen.Op("!").Id(p.in.Vectors[0].use())).Block(portable, jen.Return())
		return append([]jen.Code{no}, run(0)...)
	}
	var cases []jen.Code
	for i, v := range slices.Backward(p.in.Vectors) {
		cases = append(cases, jen.Case(jen.Id(v.use())).Block(run(i)...))
	}
	return []jen.Code{jen.Switch().Block(append(cases, jen.Default().Block(portable))...)}
}

// stub declares an assembly function.
func stub(f *ir.Func) *jen.Statement {
	buffers, scalars, counters := ir.ParamNames(f)
	var params []param
	for i, b := range f.Buffers {
		params = append(params, param{buffers[i], "*" + goElem(b.Elem)})
	}
	for i, s := range f.Scalars {
		params = append(params, param{scalars[i], scalarType(s)})
	}
	for _, name := range counters {
		params = append(params, param{name, "int"})
	}
	doc := docLines(f.Doc)
	if len(doc) > 0 {
		doc = append(doc, "")
	}
	return documented(doc, jen.Comment("//go:noescape").Line().Func().Id(f.Name).Add(signature(params)))
}

// other is kernels_other.go: no assembly.
func (p *printer) other() []jen.Code {
	var out []jen.Code
	for _, v := range p.in.Vectors {
		out = append(out, jen.Const().Id(v.use()).Op("=").False())
	}
	for _, ps := range p.passes {
		out = append(out, jen.Func().Id(ps.dispatch).Add(p.params(ps)).Block(
			jen.Id(ps.goDriver).Call(p.forwarded(ps)...)))
	}
	return out
}
