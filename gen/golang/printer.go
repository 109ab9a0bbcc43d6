package golang

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// printer holds what the files of one package share: its names.
type printer struct {
	in     Package
	passes []*pass
	// exported are the exported names; internal are all others of the package
	// and those of the parameters, so that nothing shadows anything.
	exported, internal names
	// typeName has the alias of each tensor with a shape; tensorName and
	// scalarName the parameters, by the names of tensor and scalar.
	typeName, tensorName, scalarName map[string]string
	portableName                     map[*ir.Func]string
	field                            map[string]string // of the Workspace, by buffer
	ws                               string
	checks                           []*check
	// helpers has the names of the helper functions in use; applied are those
	// of them from vecmath, by the name there.
	helpers map[string]string
	applied []string
	// tables are those that are chosen from, tableName their variables.
	tables    [][8]int32
	tableName map[[8]int32]string
}

// pass is forward or backward.
type pass struct {
	// exported, dispatch, goDriver: the function users call, the one that
	// chooses an implementation, the portable one.
	exported, dispatch, goDriver string
	equations                    []*layer.Equation
	recurrences                  []*layer.Recurrence
	args                         []*layer.Tensor
	portable                     *ir.Program
	// vectors are the programs of the instruction sets, in their order.
	vectors []*ir.Program
	// buffers are the tensors of which the implementations take the memory.
	buffers []*layer.Tensor
	scalars []*ir.Scalar
}

func newPrinter(in Package) *printer {
	p := &printer{
		in: in, exported: names{}, internal: reserved(in),
		typeName: map[string]string{}, tensorName: map[string]string{}, scalarName: map[string]string{},
		portableName: map[*ir.Func]string{}, field: map[string]string{}, helpers: map[string]string{},
		tableName: map[[8]int32]string{},
	}
	for i, prog := range in.Portable {
		ps := &pass{portable: prog, args: prog.Args}
		for _, v := range in.Vectors {
			ps.vectors = append(ps.vectors, v.Programs[i])
		}
		switch prog.Name {
		case "forward":
			ps.exported, ps.equations, ps.recurrences = "Forward", in.Layer.Forward.Equations, in.Layer.Forward.Recurrences
		case "backward":
			ps.exported, ps.equations, ps.recurrences = "Backward", in.Layer.Backward.Equations, in.Layer.Backward.Recurrences
		default:
			panic(fmt.Sprintf("golang: a pass called %q", prog.Name))
		}
		ps.inputs()
		p.passes = append(p.passes, ps)
	}
	p.checks = indexChecks(in.Layer)
	p.name()
	return p
}

// inputs lists the memory and the scalars that either implementation takes.
func (ps *pass) inputs() {
	memory := map[string]bool{}
	for _, prog := range ps.programs() {
		for _, s := range prog.Scalars {
			if !slices.ContainsFunc(ps.scalars, func(t *ir.Scalar) bool { return t.Name == s.Name }) {
				ps.scalars = append(ps.scalars, s)
			}
		}
		for _, s := range prog.Steps {
			for _, b := range s.Arguments().Buffers {
				if b.Place == ir.Arg {
					memory[b.Tensor.Name] = true
				}
			}
		}
	}
	for _, t := range ps.args {
		if memory[t.Name] {
			ps.buffers = append(ps.buffers, t)
		}
	}
}

func (ps *pass) programs() []*ir.Program {
	return append([]*ir.Program{ps.portable}, ps.vectors...)
}

// name gives every identifier: first those that are not ours to choose.
func (p *printer) name() {
	for _, ps := range p.passes {
		for _, prog := range ps.vectors {
			for _, f := range prog.Funcs() {
				p.internal.fixed(f.Name)
			}
		}
	}
	for _, n := range []string{"Forward", "Backward", "Implementation", "Workspace"} {
		p.exported[n] = true
	}
	p.nameTensors()
	p.ws = p.internal.take("ws")
	fields := names{}
	for _, b := range p.in.Workspace {
		if p.field[b.Name] != "" {
			panic(fmt.Sprintf("golang: two fields of the Workspace are called %s", b.Name))
		}
		p.field[b.Name] = fields.take(unexported(b.Name))
	}
	for _, ps := range p.passes {
		for _, s := range ps.scalars {
			if t := p.parameter(s); t != nil {
				p.scalarName[s.Name] = p.tensorName[t.Name]
			}
			if p.scalarName[s.Name] == "" {
				p.scalarName[s.Name] = p.internal.take(s.Name)
			}
		}
	}
	for _, ps := range p.passes {
		ps.dispatch = p.internal.take(ps.portable.Name)
		ps.goDriver = p.internal.take(ps.portable.Name + "Go")
		for _, f := range ps.portable.Funcs() {
			p.portableName[f] = p.internal.take(strings.TrimSuffix(unexported(f.Name), "Go") + "Go")
		}
	}
	for _, c := range p.checks {
		c.name = p.internal.take("check" + exported(c.tensor.Name))
	}
}

// nameTensors gives parameters the spec's names and types their upper case.
func (p *printer) nameTensors() {
	for _, t := range p.in.Layer.Tensors {
		if len(t.Shape) > 0 && t.Role != layer.Saved && t.Role != layer.Scratch && t.Role != layer.Scalar {
			want := exported(t.Name)
			if p.exported[want] {
				want += "Array"
			}
			p.typeName[t.Name] = p.exported.take(want)
		}
	}
	for _, ps := range p.passes {
		for _, t := range ps.args {
			if p.tensorName[t.Name] == "" {
				p.tensorName[t.Name] = p.internal.take(t.Name)
			}
		}
	}
}

// alias is the name of t's array type: that of the tensor it is the gradient of.
func (p *printer) alias(t *layer.Tensor) string {
	for t.Of != nil && p.typeName[t.Name] == "" {
		t = t.Of
	}
	if p.typeName[t.Name] == "" {
		panic("golang: no type is declared for tensor " + t.Name)
	}
	return p.typeName[t.Name]
}

// pointer is the type of a pointer to the root b.
func (p *printer) pointer(b *ir.Buffer) string {
	if b.Place == ir.Arg && len(b.Shape) > 0 && slices.Equal(b.Shape, b.Tensor.Shape) {
		return "*" + p.alias(b.Tensor)
	}
	return "*" + arrayType(b.Shape, goElem(b.Elem))
}

// reference is the type of a pointer to the memory of t.
func (p *printer) reference(t *layer.Tensor) string {
	if len(t.Shape) > 0 {
		return "*" + p.alias(t)
	}
	return "*" + t.Type.String()
}

func scalarType(s *ir.Scalar) string {
	if s.Key != 0 {
		return "uint32"
	}
	return "float32"
}

// unexported begins s with a lower-case letter.
func unexported(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[size:]
}
