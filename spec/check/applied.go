package check

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// mostUnfolded is how many equations the layers that a spec applies may have in all.
const mostUnfolded = 2048

// check checks the layer with the dims that it has here.
func (a *application) check(given map[string]string) bool {
	l, err := Check(a.inner, given)
	var list *diag.List
	if errors.As(err, &list) {
		a.c.errs.Sources(list)
		help := fmt.Sprintf("found in %s, which %s applies", a.call.Layer, a.call.Pos)
		for _, e := range list.Errors() {
			if !e.Pos.IsValid() {
				e.Pos, e.Msg = a.call.Pos, a.call.Layer+": "+e.Msg
			} else if e.Help == "" {
				e.Help = help
			} else {
				e.Help += "\n" + help
			}
			a.helpf(e.Pos, e.Help, "%s", e.Msg)
		}
		return false
	}
	if a.c.unfolded += len(l.Forward.Equations); a.c.unfolded > mostUnfolded {
		a.helpf(a.call.Pos, "divide it into layers of their own, one package each",
			"%s applies layers of more than %d equations in all", a.c.spec.Name.Text, mostUnfolded)
		return false
	}
	a.layer = l
	a.places = map[*layer.Tensor]layer.Place{}
	return true
}

// fit lets tensors stand for those of the layer, and makes those that nothing
// stands for.
func (a *application) fit() bool {
	leads := map[string]lead{}
	ok := true
	for _, t := range a.layer.Tensors {
		if arg := a.args[t.Name]; arg != nil {
			ok = a.fitArgument(t, arg, leads) && ok
		}
	}
	if !ok {
		return false
	}
	k := 0
	for _, t := range a.layer.Tensors {
		switch {
		case a.args[t.Name] != nil:
		case t.Role == layer.Output:
			ok = a.fitResult(k, t, leads) && ok
			k++
		case t.Role == layer.Scratch || t.Role == layer.Saved:
			a.make(unused(a.c.tensors, a.implied(t.Name)), t, t.Role, leads)
		default:
			ok = a.imply(t) && ok
		}
	}
	for _, r := range a.results[min(k, len(a.results)):] {
		a.helpf(r.Pos, "", "%s gives %s, there is none for %s", a.call.Layer, count(k, "tensor"), r.Name)
		ok = false
	}
	return ok
}

// lead is what stands for a dim of the layer: the extents of an argument that
// fall together.
type lead struct {
	extents []int
	texts   []string
	from    string
}

func (a *application) fitArgument(t *layer.Tensor, arg *argument, leads map[string]lead) bool {
	if arg.t == nil {
		a.places[t] = arg.place
		return a.allows(t, arg)
	}
	if t.Role == layer.Scalar {
		arg.t.Limits = append(arg.t.Limits, t.Limits...) // the calls check what it is given for, too
	}
	extents, first, ok := together(arg.t.Shape, len(t.Shape))
	if !ok || !slices.Equal(extents, t.Shape) || t.Implied && first != nil {
		a.helpf(arg.pos, "see "+t.Pos.String(), "%s, but %s of %s here has %s",
			shapeOf(arg.text, arg.t), t.Name, a.call.Layer, namedShape(t))
		return false
	}
	if first != nil && !a.canHave(t, lead{extents: first}) {
		a.helpf(arg.pos, "", "%s is a single number; %s of %s is read at other places than its elements", arg.text, t.Name, a.call.Layer)
		return false
	}
	if other := a.stateFor(arg.t); other != nil && t.Role == layer.State {
		a.helpf(arg.pos, "declare another state", "%s is given to %s as %s and as %s; a state is one of them only", arg.text, a.call.Layer, other.Name, t.Name)
		return false
	}
	a.places[t] = layer.Place{T: arg.t, Lead: first}
	if t.Role == layer.State {
		a.c.definedBy[arg.t] = a
	}
	if first == nil {
		return true
	}
	old, seen := leads[t.Extents[0]]
	if seen && !slices.Equal(old.extents, first) {
		a.helpf(arg.pos, "", "the first extents of %s are %s and those of %s are %s; both stand for %s of %s",
			old.from, extentsText(old.extents), arg.text, extentsText(first), t.Extents[0], a.call.Layer)
		return false
	}
	leads[t.Extents[0]] = lead{first, arg.t.Extents[:len(first)], arg.text}
	return true
}

// allows complains about a number that is beyond the limits of the scalar that it stands for.
func (a *application) allows(t *layer.Tensor, arg *argument) bool {
	v, ok := arg.place.Value.(layer.Const)
	if !ok || t.Allows(v.V) {
		return true
	}
	a.helpf(arg.pos, "see "+t.Pos.String(), "%s of %s must be %s", t.Name, a.call.Layer, t.Allowed())
	return false
}

// canHave reports whether what stands for the first extent of t can: none at all where each
// of its elements is read by an index alone.
func (a *application) canHave(t *layer.Tensor, l lead) bool {
	return len(l.extents) > 0 || whole(a.layer, t)
}

// whole reports whether a layer, its gradient included, reads and writes a vector by an
// index alone, as it can be where the vector is a single number.
func whole(l *layer.Layer, t *layer.Tensor) bool {
	ok := true
	visit := func(of *layer.Tensor, subs []layer.Int) {
		if of != t && of.Of != t {
			return
		}
		if _, index := subs[0].(*layer.Var); !index && subs[0] != layer.Int(layer.Lit{}) {
			ok = false
		}
	}
	for _, e := range slices.Concat(l.Forward.Equations, l.Declared) {
		visit(e.T, e.Subs)
		e.Walk(func(node any) bool {
			switch x := node.(type) {
			case *layer.Read:
				visit(x.T, x.Subs)
			case *layer.Element:
				visit(x.T, x.Subs)
			}
			return true
		})
	}
	for _, b := range l.Applied { // the gradients of these are chained
		for _, inner := range b.Layer.Tensors {
			ok = ok && (b.Places[inner].T != t || len(inner.Shape) == 0 || whole(b.Layer, inner))
		}
	}
	return ok
}

// stateFor is the state of the layer for which a tensor stands already.
func (a *application) stateFor(given *layer.Tensor) *layer.Tensor {
	for _, t := range a.layer.Tensors {
		if t.Role == layer.State && a.places[t].T == given {
			return t
		}
	}
	return nil
}

// shapeOf says what shape a tensor has.
func shapeOf(name string, t *layer.Tensor) string {
	if len(t.Shape) == 0 {
		return name + " is a single number"
	}
	return name + " has the shape " + shapeText(t.Shape)
}

func extentsText(list []int) string {
	if len(list) == 0 {
		return "none"
	}
	return shapeText(list)
}

func namedShape(t *layer.Tensor) string {
	out := ""
	for d := range t.Shape {
		out += "[" + extentText(t, d) + "]"
	}
	if out == "" {
		return "none, it is a single number"
	}
	return out
}

// make makes a tensor that stands for t; several extents may stand for its
// first one.
func (a *application) make(name string, t *layer.Tensor, role layer.Role, leads map[string]lead) *layer.Tensor {
	out := &layer.Tensor{
		Name: name, Doc: t.Doc, Role: role, Type: t.Type, Init: t.Init,
		NoGrad:     t.NoGrad && t.Role != layer.Output, // an output without an upstream gradient passes on those of others
		HasOutside: t.HasOutside, Outside: t.Outside, Limits: t.Limits, Implied: true, Pos: a.call.Pos,
	}
	p := layer.Place{T: out}
	for d, n := range t.Shape {
		if l, ok := leads[t.Extents[d]]; ok && d == 0 && a.canHave(t, l) {
			p.Lead = l.extents
			out.Shape = append(out.Shape, l.extents...)
			out.Extents = append(out.Extents, l.texts...)
			continue
		}
		out.Shape = append(out.Shape, n)
		out.Extents = append(out.Extents, strconv.Itoa(n))
	}
	a.places[t] = p
	a.c.tensors[name] = out
	a.c.madeBy[out] = a
	a.own = append(a.own, out)
	return out
}

// unused gives name, with a number behind it where it is taken.
func unused(taken map[string]*layer.Tensor, name string) string {
	out := name
	for k := 2; taken[out] != nil; k++ {
		out = fmt.Sprintf("%s%d", name, k)
	}
	return out
}

// imply makes a param, state or scalar that the spec does not mention.
func (a *application) imply(t *layer.Tensor) bool {
	name := a.implied(t.Name)
	if a.c.tensors[name] != nil || a.c.numbers[name] != nil {
		a.taken(name, t)
		return false
	}
	own := a.make(name, t, t.Role, nil)
	if own.Doc == "" {
		own.Doc = t.Name + " of " + a.call.Layer
	}
	if t.Role == layer.State {
		a.c.definedBy[own] = a
	}
	return true
}

// taken complains that the name of a tensor which the layer brings with it is that of
// something else.
func (a *application) taken(name string, t *layer.Tensor) {
	b := a.c.madeBy[a.c.tensors[name]]
	switch {
	case b == nil:
		a.helpf(a.call.Pos, "call that something else", "%s of %s would be called %s here, which is a dim or an attribute", t.Name, a.call.Layer, name)
	case b.src == a.src:
		a.helpf(a.call.Pos, "give what the inner layer computes a name, in an equation of its own",
			"two layers in this equation have a tensor %s, and both would be called %s", t.Name, name)
	default:
		a.helpf(a.call.Pos, "call that something else", "%s of %s would be called %s here, which line %d defines", t.Name, a.call.Layer, name, b.src.Pos.Line)
	}
}

// fitResult finds or makes the tensor for output k.
func (a *application) fitResult(k int, t *layer.Tensor, leads map[string]lead) bool {
	if k >= len(a.results) || a.results[k].Name == "_" {
		a.make(unused(a.c.tensors, a.implied(a.call.Layer)), t, layer.Saved, leads)
		return true
	}
	name := a.results[k]
	if n := a.c.numbers[name.Name]; n != nil || functions[name.Name] != 0 || constants[name.Name] != 0 {
		a.helpf(name.Pos, "", "%s cannot be the name of a tensor", name.Name)
		return false
	}
	to := a.c.tensors[name.Name]
	if to == nil {
		a.c.goName(&syntax.Tensor{Name: name.Name, Pos: name.Pos})
		a.c.definedBy[a.make(name.Name, t, layer.Saved, leads)] = a
		return true
	}
	return a.fitDeclared(name, to, t, leads)
}

// fitDeclared checks a tensor that the spec declares and the layer defines.
func (a *application) fitDeclared(name *syntax.Name, to, t *layer.Tensor, leads map[string]lead) bool {
	split := t.Shape
	var first []int
	if len(t.Shape) > 0 {
		if l, ok := leads[t.Extents[0]]; ok && a.canHave(t, l) {
			first = l.extents
			split = slices.Concat(first, t.Shape[1:])
		}
	}
	switch by := a.c.madeBy[to]; {
	case by != nil && to.Role != layer.Saved:
		a.helpf(name.Pos, "choose another name for this result", "%s is %s that comes with %s in line %d", to.Name, roleText(to), by.call.Layer, by.src.Pos.Line)
	case a.c.definedBy[to] != nil:
		a.helpf(name.Pos, "", "%s is defined in line %d already", to.Name, a.c.definedBy[to].src.Pos.Line)
	case to.Role != layer.Output && to.Role != layer.Scratch && to.Role != layer.Saved:
		a.helpf(name.Pos, "", "%s is %s, it cannot be written", to.Name, roleText(to))
	case to.Type != t.Type:
		a.helpf(name.Pos, "", "%s is %s, but %s of %s is %s", to.Name, to.Type, t.Name, a.call.Layer, t.Type)
	case !slices.Equal(to.Shape, split) && !slices.Equal(to.Shape, t.Shape):
		a.helpf(name.Pos, "see "+to.Pos.String()+" and "+t.Pos.String(), "%s, but %s of %s here has %s",
			shapeOf(to.Name, to), t.Name, a.call.Layer, extentsText(split))
	default:
		if !slices.Equal(to.Shape, split) {
			first = nil
		}
		a.places[t] = layer.Place{T: to, Lead: first}
		a.c.definedBy[to] = a
		return true
	}
	return false
}
