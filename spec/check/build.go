package check

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// special are the names that are called with arguments of their own kinds.
var special = []string{"sum", "prod", "argmax", "where", "uniform", "old"}

// functions has the number of arguments of each function; 0 marks those whose
// arguments are special.
var functions = func() map[string]int {
	out := map[string]int{}
	for name, f := range layer.Functions {
		out[name] = f.Args()
	}
	delete(out, "neg") // it is written as a sign
	for _, name := range special {
		out[name] = 0
	}
	return out
}()

var reductions = map[string]layer.ReduceOp{"sum": layer.Sum, "prod": layer.Prod, "max": layer.Max, "min": layer.Min}

// nothing stands for an expression about which a complaint was made.
var nothing = layer.Const{V: math.E}

// real builds an expression whose value is a real number. Division is that of
// real numbers, also between integers.
func (q *equation) real(x syntax.Expr) layer.Expr {
	switch x := x.(type) {
	case *syntax.Literal:
		return layer.Const{V: q.c.literal(x).real()}
	case *syntax.Name:
		return q.realName(x)
	case *syntax.Element:
		return q.realElement(x)
	case *syntax.Unary:
		if x.Op != "-" {
			break
		}
		return q.fold(&layer.Call{Fn: "neg", Args: []layer.Expr{q.real(x.X)}}, x.Pos)
	case *syntax.Binary:
		switch x.Op {
		case "+", "-", "*", "/":
			return q.fold(&layer.Binary{Op: x.Op[0], X: q.real(x.X), Y: q.real(x.Y)}, x.OpPos)
		case "%":
			return q.integerValue(x)
		}
	case *syntax.Call:
		return q.realCall(x)
	}
	q.helpf(x.Position(), "write where(condition, a, b)", "expected a number, this is a truth value")
	return nothing
}

func fromInt(x layer.Int) layer.Expr {
	if l, ok := x.(layer.Lit); ok {
		return layer.Const{V: float64(l.V)}
	}
	return &layer.FromInt{X: x}
}

func (q *equation) realName(x *syntax.Name) layer.Expr {
	if n := q.c.numbers[x.Name]; n != nil {
		return layer.Const{V: n.value.real()}
	}
	if v, ok := constants[x.Name]; ok {
		return layer.Const{V: v}
	}
	if i := q.index(x.Name); i != nil {
		return &layer.FromInt{X: &layer.Var{I: i}}
	}
	t := q.tensor(x.Name)
	switch {
	case t == nil:
		return nothing
	case t.Type == layer.Uint64:
		q.helpf(x.Pos, "for example uniform("+t.Name+", i)", "%s is a seed, it can be used in uniform only", t.Name)
		return nothing
	case t.Type == layer.Int32:
		return &layer.FromInt{X: q.element(t, nil, x.Pos)}
	}
	return &layer.Read{T: t, Pos: x.Pos}
}

func (q *equation) realElement(x *syntax.Element) layer.Expr {
	t := q.tensor(x.Name)
	if t == nil {
		return nothing
	}
	if w, some := q.cases(x); some {
		return q.real(w)
	}
	if t.Type == layer.Int32 {
		return &layer.FromInt{X: q.element(t, x.Subs, x.Pos)}
	}
	r := &layer.Read{T: t, Subs: q.subscripts(x.Subs), Pos: x.Pos}
	q.subPos[r] = positions(x.Subs)
	return r
}

// element reads an int32 tensor or an int scalar.
func (q *equation) element(t *layer.Tensor, subs []syntax.Expr, pos diag.Pos) *layer.Element {
	e := &layer.Element{T: t, Subs: q.subscripts(subs), Pos: pos}
	q.subPos[e] = positions(subs)
	return e
}

func positions(list []syntax.Expr) []diag.Pos {
	var out []diag.Pos
	for _, x := range list {
		out = append(out, x.Position())
	}
	return out
}

func (q *equation) realCall(x *syntax.Call) layer.Expr {
	if q.isReduction(x) {
		return q.reduction(x)
	}
	n := functions[x.Fn]
	switch x.Fn {
	case "where":
		return q.where(x)
	case "uniform":
		return q.uniform(x)
	case "old":
		return q.old(x)
	}
	if len(x.Args) != n {
		help := ""
		if x.Fn == "max" || x.Fn == "min" {
			help = x.Fn + "(a, b) of two numbers, or " + x.Fn + "(i, x[i]) over an index that is not in use"
		}
		q.helpf(x.Pos, help, "%s takes %s, here %s", x.Fn, count(n, "argument"), are(len(x.Args)))
		return nothing
	}
	c := &layer.Call{Fn: x.Fn}
	for _, a := range x.Args {
		c.Args = append(c.Args, q.real(a))
	}
	return q.fold(c, x.Pos)
}

// old builds an element of a state as it was before the pass.
func (q *equation) old(x *syntax.Call) layer.Expr {
	if len(x.Args) == 1 {
		if r, ok := q.real(x.Args[0]).(*layer.Read); ok && r.T.Role == layer.State {
			r.Old = true
			return r
		}
	}
	if !q.failed {
		q.helpf(x.Pos, "for example old(w[i]) of a tensor with role: state", "old takes an element of a state")
	}
	return nothing
}

func (q *equation) unknownFunction(x *syntax.Call) {
	whole := q.pass == forward && len(q.src.Target.Subs) == 0 // as a layer is applied
	names := slices.Collect(maps.Keys(functions))
	if whole {
		names = append(names, q.c.layers()...)
	}
	help := diag.DidYouMean(x.Fn, names)
	switch {
	case q.pass == forward && slices.Contains(q.c.layers(), x.Fn):
		help = "the layer of that name is applied to whole tensors, in an equation of its own: h = " + x.Fn + "(...)"
	case q.tensor(x.Fn) != nil:
		help = "a tensor's subscripts stand in brackets: " + x.Fn + "[i]"
	case whole:
		if help != "" {
			help += "\n"
		}
		help += "a layer of another file needs a name first, as in layers: {" + x.Fn + ": ./" + x.Fn + ".yaml}; dlgen list shows those of the library;\n" +
			"other orders and shapes are equations of elements, as in y[d][n] = x[n][d]"
	case help == "":
		plain := slices.DeleteFunc(slices.Sorted(maps.Keys(functions)), func(name string) bool { return functions[name] == 0 })
		help = "functions are " + strings.Join(plain, " ") + " where uniform old;\n" +
			"reductions are sum prod max min argmax; a layer is applied in forward only, to whole tensors: h = " + x.Fn + "{...}(x)"
	}
	q.helpf(x.Pos, help, "there is no function %s", x.Fn)
}

// reduction builds sum, prod, max, min and argmax over indices.
func (q *equation) reduction(x *syntax.Call) layer.Expr {
	list := q.bound[x]
	if len(list) == 0 || len(x.Args) < 2 {
		return nothing
	}
	depth := len(q.scope)
	q.scope = append(q.scope, list...)
	body := q.real(x.Args[len(x.Args)-1])
	q.scope = q.scope[:depth]
	if x.Fn == "argmax" {
		points := int64(1)
		for _, i := range list {
			if points *= int64(i.Size); points > math.MaxInt32 {
				q.errorf(x.Pos, "argmax over so many elements does not fit in an int32")
				break
			}
		}
		return &layer.FromInt{X: &layer.ArgMax{Idx: list, Body: body}}
	}
	return &layer.Reduce{Op: reductions[x.Fn], Idx: list, Body: body}
}

func (q *equation) where(x *syntax.Call) layer.Expr {
	if len(x.Args) != 3 {
		q.helpf(x.Pos, "where(condition, value, otherwise)", "where takes 3 arguments, here %s", are(len(x.Args)))
		return nothing
	}
	c := q.condition(x.Args[0])
	a, b := q.real(x.Args[1]), q.real(x.Args[2])
	return c.choice(a, b)
}

func (q *equation) uniform(x *syntax.Call) layer.Expr {
	if len(x.Args) != 2 {
		q.helpf(x.Pos, "uniform(seed, i)", "uniform takes 2 arguments, here %s", are(len(x.Args)))
		return nothing
	}
	k := q.integer(x.Args[1])
	if seed, plus, ok := q.seed(x.Args[0]); ok {
		return &layer.Uniform{Seed: seed, Plus: plus, K: k}
	}
	q.helpf(x.Args[0].Position(), "declare it: seed: {role: scalar, type: uint64}", "the first argument of uniform is a scalar of type uint64, a whole number, or their sum")
	return nothing
}

// seed is what x is as a seed: a scalar or nil, and a constant.
func (q *equation) seed(x syntax.Expr) (t *layer.Tensor, plus uint64, ok bool) {
	if q.isConstant(x) {
		v, whole := q.integer(x).(layer.Lit)
		return nil, uint64(v.V), whole && v.V >= 0
	}
	switch x := x.(type) {
	case *syntax.Name:
		t := q.tensor(x.Name)
		return t, 0, t != nil && t.Type == layer.Uint64
	case *syntax.Binary:
		a, m, fine := q.seed(x.X)
		b, n, also := q.seed(x.Y)
		if a == nil {
			a, b = b, a
		}
		return a, m + n, x.Op == "+" && fine && also && b == nil
	}
	return nil, 0, false
}
