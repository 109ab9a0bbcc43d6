package check

import (
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

func (a *application) expected(name string) string {
	var names []string
	for _, n := range append(append([]*syntax.Number{}, a.inner.Dims...), a.inner.Attrs...) {
		names = append(names, n.Name)
	}
	for _, t := range a.parameters() {
		names = append(names, t.Name)
	}
	if help := diag.DidYouMean(name, names); help != "" {
		return help
	}
	return "it has " + strings.Join(names, ", ")
}

// arguments binds the tensors in parentheses.
func (a *application) arguments() bool {
	var open []*syntax.Tensor
	for _, t := range a.parameters() {
		if a.args[t.Name] == nil {
			open = append(open, t)
		}
	}
	if n := len(open); len(a.call.Args) > n {
		a.helpf(a.call.Args[n].Position(), a.usage(), "%s takes %s here, not %d", a.call.Layer, count(n, "tensor"), len(a.call.Args))
		return false
	}
	ok := true
	for k, x := range a.call.Args {
		ok = a.give(open[k].Name, x) && ok
	}
	for _, t := range open[len(a.call.Args):] {
		if t.Role.Text == "input" {
			a.helpf(a.call.Pos, a.usage(), "%s is not given its input %s", a.call.Layer, t.Name)
			ok = false
		}
	}
	return ok
}

// usage shows how the layer is applied.
func (a *application) usage() string {
	var names []string
	optional := false
	for _, t := range a.parameters() {
		if t.Role.Text != "input" && !optional {
			optional = true
			names = append(names, "["+t.Name)
			continue
		}
		names = append(names, t.Name)
	}
	text := a.call.Layer + "{...}(" + strings.Join(names, ", ")
	if optional {
		text += "]"
	}
	if !optional {
		return text + ")"
	}
	return text + "); those in brackets are made where they are left out"
}

// give lets the tensor that x names stand for one of the layer's.
func (a *application) give(name string, x syntax.Expr) bool {
	d := a.tensor(name)
	arg := &argument{text: syntax.PrintExpr(x), pos: x.Position()}
	if a.computed(d, x) {
		a.args[name] = arg
		return a.compute(d, arg, x)
	}
	switch x := x.(type) {
	case *syntax.Apply:
		if n := a.nested[x]; n != nil {
			arg.t = n.result(0)
		}
	case *syntax.Name:
		arg.t = a.c.tensors[x.Name]
	}
	if arg.t == nil {
		a.helpf(arg.pos, "define it by an equation of its own, as in h[i] = ..., and give that",
			"a layer is given whole tensors, by name, or what another layer gives")
		return false
	}
	a.args[name] = arg
	a.c.markRead(arg.t)
	if a.c.unclear[arg.t] {
		return false
	}
	return a.suits(d, arg)
}

// suits complains about an argument of another kind.
func (a *application) suits(d *syntax.Tensor, arg *argument) bool {
	want, got := elemTypes[d.Type.Text], arg.t.Type
	scalar := d.Role.Text == "scalar"
	switch {
	case scalar && want == layer.Float32 && got == want && len(arg.t.Shape) == 0:
		return true
	case scalar && (arg.t.Role != layer.Scalar || want != got):
		a.helpf(arg.pos, "", "%s of %s is a run-time scalar of type %s, %s is not", d.Name, a.call.Layer, want, arg.text)
	case d.Role.Text == "state" && arg.t.Role != layer.State:
		a.helpf(arg.pos, "", "%s of %s is a state, %s is %s", d.Name, a.call.Layer, arg.text, roleText(arg.t))
	case !scalar && arg.t.Role == layer.Scalar && len(d.Shape) > 1:
		a.helpf(arg.pos, "", "%s of %s has extents, %s is a single number", d.Name, a.call.Layer, arg.text)
	case want != got:
		a.helpf(arg.pos, "", "%s of %s is %s, %s is %s", d.Name, a.call.Layer, want, arg.text, got)
	default:
		return true
	}
	return false
}
