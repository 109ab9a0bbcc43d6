package golang

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/dlgen/dlgen/spec/layer"
)

// packageDoc says what the layer computes, and for which dims.
func (p *printer) packageDoc() []string {
	l := p.in.Layer
	doc := docLines(strings.Split(strings.TrimSpace(l.Doc), "\n"))
	out := []string{fmt.Sprintf("Package %s is the layer %s, made for one shape.", p.in.Name, l.Name)}
	if len(doc) > 0 {
		out = append(append(out, ""), doc...)
	}
	if len(l.Numbers) > 0 {
		out = append(out, "", "It was made with", "")
		width := 0
		for _, n := range l.Numbers {
			width = max(width, len(n.Name+number(n.Value)))
		}
		for _, n := range l.Numbers {
			value := n.Name + " = " + number(n.Value)
			line := fmt.Sprintf("\t%-*s  %s", width+len(" = "), value, oneLine(n.Doc))
			out = append(out, strings.TrimRight(line, " "))
		}
	}
	for _, ps := range p.passes {
		out = append(out, "", ps.exported+" computes", "")
		out = append(out, equationLines(ps.equations)...)
	}
	return out
}

func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// docLines is text with its empty lines at both ends dropped.
func docLines(text []string) []string {
	var out []string
	for _, t := range text {
		out = append(out, strings.Split(t, "\n")...)
	}
	for len(out) > 0 && strings.TrimSpace(out[0]) == "" {
		out = out[1:]
	}
	for len(out) > 0 && strings.TrimSpace(out[len(out)-1]) == "" {
		out = out[:len(out)-1]
	}
	return out
}

func oneLine(doc string) string { return strings.Join(strings.Fields(doc), " ") }

// equationLines shows equations as a code block.
func equationLines(eqs []*layer.Equation) []string {
	var out []string
	for _, e := range eqs {
		for _, line := range layer.Wrap(e.Text) {
			out = append(out, "\t"+line)
		}
	}
	return out
}

// face is the file with the exported API.
func (p *printer) face() []jen.Code {
	var out []jen.Code
	if c := p.dims(); len(c) > 0 {
		out = append(out, jen.Comment("// The dims.").Line().Const().Defs(c...))
	}
	if t := p.types(); len(t) > 0 {
		out = append(out, jen.Type().Defs(t...))
	}
	if len(p.in.Workspace) > 0 {
		out = append(out, p.workspace())
	}
	for _, ps := range p.passes {
		out = append(out, p.exportedFunc(ps))
	}
	out = append(out, p.implementation())
	for _, c := range p.usedChecks() {
		out = append(out, p.checkFunc(c))
	}
	return out
}

func (p *printer) dims() []jen.Code {
	var out []jen.Code
	for _, n := range p.in.Layer.Numbers {
		if !n.IsDim {
			continue
		}
		want := "Dim" + exported(n.Name)
		if p.exported[want] {
			want = "Dim_" + identifier(n.Name)
		}
		def := jen.Id(p.exported.take(want)).Op("=").Lit(int(n.Value))
		if n.Doc != "" {
			def.Comment(comment(oneLine(n.Doc)))
		}
		out = append(out, def)
	}
	return out
}

// types declares an alias for the array of each tensor.
func (p *printer) types() []jen.Code {
	var out []jen.Code
	for _, t := range p.in.Layer.Tensors {
		if p.typeName[t.Name] == "" {
			continue
		}
		doc := fmt.Sprintf("%s is %s%s: %s", p.typeName[t.Name], t.Name, brackets(t), meaning(t))
		out = append(out, jen.Comment(comment(doc)).Line().
			Id(p.typeName[t.Name]).Op("=").Id(arrayType(t.Shape, t.Type.String())))
	}
	return out
}

var roleNames = [...]string{
	layer.Input: "input", layer.Param: "parameter", layer.State: "state", layer.Output: "output",
	layer.Scalar: "number", layer.Upstream: "given gradient", layer.Gradient: "gradient",
}

// brackets is the shape of t as the spec has it: extents in brackets of their own would be
// links where the package has a type of that name.
func brackets(t *layer.Tensor) string {
	if len(t.Shape) == 0 {
		return ""
	}
	var out []string
	for i, n := range t.Shape {
		if i < len(t.Extents) && t.Extents[i] != "" {
			out = append(out, t.Extents[i])
		} else {
			out = append(out, strconv.Itoa(n))
		}
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// lineElems is the number of elements in a cache line.
const lineElems = 16

// workspace is the type of that name. Its arrays begin cache lines where it does.
func (p *printer) workspace() jen.Code {
	var fields []jen.Code
	for i, b := range p.in.Workspace {
		field := jen.Id(p.field[b.Name]).Id(arrayType(b.Shape, goElem(b.Elem)))
		if b.Tensor != nil && b.Tensor.Doc != "" {
			field.Comment(comment(oneLine(b.Tensor.Doc)))
		}
		fields = append(fields, field)
		if rest := b.Size() % lineElems; rest > 0 && i+1 < len(p.in.Workspace) {
			fields = append(fields, jen.Id("_").Index(jen.Lit(lineElems-rest)).Float32())
		}
	}
	doc := []string{"Workspace is memory for what the layer keeps between and within its passes.",
		"Its zero value is ready, and what an earlier call left in it does no harm."}
	if len(p.passes) > 1 && slices.ContainsFunc(p.in.Layer.Tensors, func(t *layer.Tensor) bool { return t.Role == layer.Saved }) {
		doc = append(doc, "Backward needs the one that Forward had.")
	}
	return documented(doc, jen.Type().Id("Workspace").Struct(fields...))
}

// exportedFunc is Forward or Backward: it checks its inputs, computes scalars
// and hands over to the implementation.
func (p *printer) exportedFunc(ps *pass) jen.Code {
	var params []param
	var body []jen.Code
	if len(p.in.Workspace) > 0 {
		params = append(params, param{p.ws, "*Workspace"})
	}
	for _, t := range ps.args {
		typ := p.reference(t)
		if t.ByValue() {
			typ = t.Type.String()
		}
		params = append(params, param{p.tensorName[t.Name], typ})
	}
	checks := p.checksOf(ps)
	for _, c := range checks {
		body = append(body, jen.If(
			jen.Err().Op(":=").Id(c.name).Call(jen.Id(p.tensorName[c.tensor.Name])), jen.Err().Op("!=").Nil(),
		).Block(jen.Return(jen.Err())))
	}
	body = append(body, p.withinLimits(ps)...)
	body = append(body, p.apart(ps)...)
	body = append(body, p.prelude(ps)...)
	body = append(body, jen.Id(ps.dispatch).Call(p.given(ps)...))
	decl := jen.Func().Id(ps.exported).Add(signature(params))
	if len(checks) > 0 {
		decl.Error()
		body = append(body, jen.Return(jen.Nil()))
	}
	return documented(p.passDoc(ps, checks), decl.Block(body...))
}

// given are the arguments for the implementation: numbers whose memory it
// takes are passed by their address.
func (p *printer) given(ps *pass) []jen.Code {
	var out []jen.Code
	if len(p.in.Workspace) > 0 {
		out = append(out, jen.Id(p.ws))
	}
	for _, t := range ps.buffers {
		x := jen.Id(p.tensorName[t.Name])
		if t.ByValue() {
			x = jen.Op("&").Add(x)
		}
		out = append(out, x)
	}
	for _, s := range ps.scalars {
		out = append(out, jen.Id(p.scalarName[s.Name]))
	}
	return out
}

// passDoc is the equations and the meaning of the arguments.
func (p *printer) passDoc(ps *pass, checks []*check) []string {
	out := append([]string{ps.exported + " computes", ""}, equationLines(ps.equations)...)
	out = append(out, "", "Its arguments are", "")
	if len(p.in.Workspace) > 0 {
		out = append(out, "  - "+p.ws+": memory of the layer's own")
	}
	for _, t := range ps.args {
		out = append(out, "  - "+p.tensorName[t.Name]+brackets(t)+": "+meaning(t))
	}
	if len(p.mustDiffer(ps)) > 0 {
		out = append(out, "", "No array that it writes may be another argument, too: it panics where one is, and has written nothing then.")
	}
	for _, t := range limited(ps) {
		out = append(out, "", fmt.Sprintf("It panics where %s is not %s, and has written nothing then.", p.tensorName[t.Name], t.Allowed()))
	}
	for _, c := range checks {
		out = append(out, "", fmt.Sprintf("Where %s is out of range, it returns an error and has written nothing.", p.tensorName[c.tensor.Name]))
	}
	return out
}

// meaning is the role of t and what the spec says of it.
func meaning(t *layer.Tensor) string {
	role := roleNames[t.Role]
	if t.Init != "" {
		role += ", initialised by " + t.Init
	}
	switch {
	case t.Role == layer.Upstream && t.Of != nil:
		return "given gradient of " + t.Of.Name
	case t.Of != nil:
		return "gradient of " + t.Of.Name
	case t.Doc == "":
		return role
	}
	return role + ", " + oneLine(t.Doc)
}

func (p *printer) implementation() jen.Code {
	what := "Forward and Backward run"
	if len(p.passes) == 1 {
		what = p.passes[0].exported + " runs"
	}
	var names, body = []string{}, []jen.Code{}
	for _, v := range slices.Backward(p.in.Vectors) {
		names = append(names, v.Name)
		body = append(body, jen.If(jen.Id(v.use())).Block(jen.Return(jen.Lit(v.Name))))
	}
	doc := "Implementation names what " + what + " on this machine: "
	if len(names) > 0 {
		doc += strings.Join(names, ", ") + " or "
	}
	body = append(body, jen.Return(jen.Lit("go")))
	return documented([]string{doc + "go."}, jen.Func().Id("Implementation").Params().String().Block(body...))
}
