package check

import (
	"fmt"
	"maps"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// application is one layer that an equation applies. It is bound to tensors as
// soon as those that it is given are known; its equations are inlined when all
// else is checked.
type application struct {
	c     *checker
	src   *syntax.Equation
	call  *syntax.Apply
	inner *syntax.Spec
	// args are the tensors that stand for those of the inner layer, by name.
	args map[string]*argument
	// results are the names for the outputs, in order; an empty one is unnamed.
	results []*syntax.Name
	// nested are the applications in the place of arguments.
	nested map[*syntax.Apply]*application

	// later are settings for tensors that the layer has from layers that it applies itself;
	// within are the declarations of these, once they are known.
	later  []*syntax.Setting
	within []*syntax.Tensor

	layer  *layer.Layer
	places map[*layer.Tensor]layer.Place
	// own are the tensors that it brings with it.
	own []*layer.Tensor
	// states are the passages of those that other layers update, too.
	states       map[*layer.Tensor]passage
	done, failed bool
}

// argument is what stands for a tensor of the layer that is applied: another one, or, for
// a scalar, an expression, which is a place then.
type argument struct {
	t     *layer.Tensor
	place layer.Place
	text  string
	pos   diag.Pos
}

// applies reports whether an equation applies a layer to whole tensors. The
// name of a function is that of a layer where a tensor with extents, or one
// that is not declared, is defined.
func (c *checker) applies(q *syntax.Equation) bool {
	if len(q.Target.Subs) > 0 {
		return false
	}
	switch x := q.Value.(type) {
	case *syntax.Apply:
		return true
	case *syntax.Call:
		if c.spec.Applied[x.Fn] == nil {
			return false
		}
		t := c.tensors[q.Target.Name]
		return functions[x.Fn] == 0 || t == nil || len(t.Shape) > 0
	}
	return false
}

// applications binds all layers that forward applies, and reports whether all of them could
// be bound. The tensors of those that were are known then.
func (c *checker) applications() bool {
	c.misspelled()
	failed := maps.Clone(c.open.defined)
	sound := len(failed) == 0
	var all, pending []*application
	for _, q := range c.spec.Forward {
		if c.applies(q) && !c.open.equations[q] {
			pending = append(pending, c.unfold(q, q.Value, append([]*syntax.Name{{Name: q.Target.Name, Pos: q.Target.Pos}}, q.More...))...)
		}
	}
	all = pending
	for len(pending) > 0 {
		var left []*application
		for _, a := range pending {
			switch before := c.errs.Len(); {
			case a.needs(failed):
				a.fails(failed)
			case !a.ready():
				left = append(left, a)
			case !a.bind() || c.errs.Len() > before:
				a.fails(failed)
			default:
				a.done = true
			}
		}
		if len(left) == len(pending) {
			c.stuck(left)
			for _, a := range left {
				a.fails(failed)
			}
			break
		}
		pending = left
	}
	for _, a := range all {
		if a.failed {
			sound = false
			c.leaveOpen(a.src)
			continue
		}
		c.applied = append(c.applied, a)
		c.ownTensors(a.own)
	}
	c.exportedNames()
	return sound
}

// ownTensors adds the tensors that a layer brings with it to those of the spec.
func (c *checker) ownTensors(list []*layer.Tensor) {
	for _, t := range list {
		c.layer.Tensors = append(c.layer.Tensors, t)
		if t.Differentiable() {
			c.layer.Gradients = append(c.layer.Gradients, c.gradient(t))
		}
	}
}

// needs reports whether the layer is given what could not be defined.
func (a *application) needs(failed map[string]bool) bool {
	for _, x := range a.call.Args {
		switch x := x.(type) {
		case *syntax.Apply:
			if n := a.nested[x]; n != nil && n.failed {
				return true
			}
		case *syntax.Name:
			if failed[x.Name] && a.c.tensors[x.Name] == nil {
				return true
			}
		}
	}
	return false
}

func (a *application) fails(failed map[string]bool) {
	a.failed = true
	for _, r := range a.results {
		failed[r.Name] = true
	}
}

// unfold lists the applications of an expression, inner ones first.
func (c *checker) unfold(q *syntax.Equation, x syntax.Expr, results []*syntax.Name) []*application {
	a := &application{c: c, src: q, call: asApply(x), results: results, args: map[string]*argument{}, nested: map[*syntax.Apply]*application{}, states: map[*layer.Tensor]passage{}}
	a.inner = c.spec.Applied[a.call.Layer]
	var out []*application
	for k, arg := range a.call.Args {
		if _, isName := arg.(*syntax.Name); isName || asApply(arg) == nil || c.spec.Applied[asApply(arg).Layer] == nil {
			continue
		}
		inner := c.unfold(q, arg, nil)
		last := inner[len(inner)-1]
		a.call.Args[k] = last.call
		a.nested[last.call] = last
		out = append(out, inner...)
	}
	return append(out, a)
}

// asApply gives x as the application of a layer: relu(x) is relu{}(x).
func asApply(x syntax.Expr) *syntax.Apply {
	switch x := x.(type) {
	case *syntax.Apply:
		return &syntax.Apply{Layer: x.Layer, Settings: x.Settings, Args: append([]syntax.Expr(nil), x.Args...), Pos: x.Pos}
	case *syntax.Call:
		return &syntax.Apply{Layer: x.Fn, Args: append([]syntax.Expr(nil), x.Args...), Pos: x.Pos}
	}
	return nil
}

// ready reports whether the tensors that are given to the layer are known.
func (a *application) ready() bool { return a.missing() == nil }

// missing gives an argument that is not known yet.
func (a *application) missing() syntax.Expr {
	for _, x := range a.call.Args {
		switch x := x.(type) {
		case *syntax.Apply:
			if n := a.nested[x]; n != nil && !n.done {
				return x
			}
		default:
			if n := a.c.unknownName(x); n != nil {
				return n
			}
		}
	}
	for _, s := range a.call.Settings {
		if n, ok := s.Value.(*syntax.Name); ok && a.c.tensors[n.Name] == nil && a.c.numbers[n.Name] == nil {
			return n
		}
	}
	return nil
}

// unknownName gives a name in an expression of whole tensors that means nothing yet.
func (c *checker) unknownName(x syntax.Expr) syntax.Expr {
	var unknown syntax.Expr
	elements := false
	syntax.Walk(x, func(x syntax.Expr) {
		switch x := x.(type) {
		case *syntax.Element:
			elements = true
		case *syntax.Call:
			elements = elements || functions[x.Fn] == 0 // with an index, perhaps
		case *syntax.Name:
			if _, constant := constants[x.Name]; !constant && unknown == nil && c.tensors[x.Name] == nil && c.numbers[x.Name] == nil {
				unknown = x
			}
		}
	})
	if elements {
		return nil
	}
	return unknown
}

// stuck complains about arguments that nothing defines.
func (c *checker) stuck(list []*application) {
	defined := map[string]bool{}
	for _, a := range list {
		for _, r := range a.results {
			defined[r.Name] = true
		}
	}
	complained := false
	for _, a := range list {
		if n, ok := a.missing().(*syntax.Name); ok && !defined[n.Name] {
			q := &equation{c: c, pass: forward}
			q.undefined(n.Name, n.Pos, true)
			complained = true
		}
	}
	if !complained {
		a := list[0]
		c.errs.AddHelp(a.call.Pos, "a layer is computed as a whole, when all that it is given is known", "what %s is given depends on what it gives", a.call.Layer)
	}
}

func (a *application) helpf(pos diag.Pos, help, format string, args ...any) {
	a.c.errs.AddHelp(pos, help, format, args...)
}

// bind finds the tensors and dims of the layer and makes its results.
func (a *application) bind() bool {
	if a.inner == nil {
		a.helpf(a.call.Pos, "", "there is no layer %s", a.call.Layer)
		return false
	}
	if a.prefix() == "_" {
		a.helpf(a.call.Pos, "a layer is applied for what it gives; one that only updates states is a package of its own, or equations of this layer", "nothing of what %s gives has a name", a.call.Layer)
		return false
	}
	given, ok := a.settings()
	if !a.arguments() || !ok {
		return false
	}
	a.ownTensors()
	if !a.infer(given) || !a.check(given) || !a.giveWithin() {
		return false
	}
	return a.fit()
}

// settings gives the numbers in braces as the user of the layer would, and
// binds the tensors there.
func (a *application) settings() (map[string]string, bool) {
	given, ok := map[string]string{}, true
	for _, s := range a.call.Settings {
		switch {
		case number1(a.inner, s.Name.Text) != nil:
			v, fine := a.c.constant(s.Value, nil, false)
			ok = ok && fine
			given[s.Name.Text] = v.text()
		case a.tensor(s.Name.Text) != nil:
			ok = a.give(s.Name.Text, s.Value) && ok
		case a.comesWithin(s.Name.Text):
			a.later = append(a.later, s)
		default:
			ok = false
			a.unknown(s)
		}
	}
	return given, ok
}

func (a *application) unknown(s *syntax.Setting) {
	a.helpf(s.Name.Pos, a.expected(s.Name.Text), "%s has no dim, attribute or tensor %s", a.inner.Name.Text, s.Name.Text)
}

// number1 finds a dim or attribute of a spec.
func number1(s *syntax.Spec, name string) *syntax.Number {
	for _, list := range [][]*syntax.Number{s.Dims, s.Attrs} {
		for _, n := range list {
			if n.Name == name {
				return n
			}
		}
	}
	return nil
}

// tensor finds a tensor that the layer can be given.
func (a *application) tensor(name string) *syntax.Tensor {
	for _, t := range a.parameters() {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// parameters are the tensors that the layer can be given, in the order of the
// arguments: inputs, params, states, scalars; then, by name only, what it has from others.
func (a *application) parameters() []*syntax.Tensor {
	var out []*syntax.Tensor
	for _, role := range []string{"input", "param", "state", "scalar"} {
		for _, t := range a.inner.Tensors {
			if t.Role.Text == role {
				out = append(out, t)
			}
		}
	}
	return append(out, a.within...)
}

// ownTensors lets tensors that the spec declares under the name of an implied
// one stand for it.
func (a *application) ownTensors() {
	for _, d := range a.parameters() {
		if a.args[d.Name] != nil {
			continue
		}
		if t := a.c.tensors[a.implied(d.Name)]; t != nil && !t.Implied {
			a.args[d.Name] = &argument{t: t, text: t.Name, pos: a.call.Pos}
			a.c.markRead(t)
			a.suits(d, a.args[d.Name])
		}
	}
}

// implied is the name of a tensor that the layer brings with it.
func (a *application) implied(name string) string {
	return fmt.Sprintf("%s_%s", a.prefix(), name)
}

// prefix is the first result that has a name.
func (a *application) prefix() string {
	out := a.src.Target.Name
	for _, n := range a.src.More {
		if out == "_" {
			out = n.Name
		}
	}
	return out
}

// markRead notes that forward reads a tensor, and backward as well if it has to.
func (c *checker) markRead(t *layer.Tensor) {
	if c.readBy[t] == nil {
		c.readBy[t] = map[pass]bool{}
	}
	c.readBy[t][forward] = true
}
