package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// equation is one equation while it is checked. First resolve finds the
// indices and their ranges, then the methods of build.go make the typed tree.
type equation struct {
	c    *checker
	src  *syntax.Equation
	pass pass
	free []*layer.Index
	// scope has the indices that are visible, innermost last.
	scope []*layer.Index
	// bound are the indices that a reduction introduces.
	bound map[*syntax.Call][]*layer.Index
	uses  map[*layer.Index]*use
	// subPos are the places of the subscripts of a Read or Element.
	subPos map[any][]diag.Pos
	typed  *layer.Equation
	// value says that an integer at hand is neither a subscript nor in a condition.
	value bool
	// failed is set with the first complaint; rangeless with one about what may give an index
	// its range.
	failed, rangeless bool
	// told are the names that were complained about.
	told map[string]bool
}

// use is where an index got its range.
type use struct {
	first  diag.Pos
	from   string // what gave the range
	fixed  bool   // by declaration
	failed bool
}

func (q *equation) errorf(pos diag.Pos, format string, args ...any) {
	q.failed = true
	q.c.errs.Addf(pos, format, args...)
}

func (q *equation) helpf(pos diag.Pos, help, format string, args ...any) {
	q.failed = true
	q.c.errs.AddHelp(pos, help, format, args...)
}

// tensor finds what a name means in this pass.
func (q *equation) tensor(name string) *layer.Tensor {
	if t := q.c.tensors[name]; t != nil {
		return t
	}
	if q.pass == backward {
		return q.c.gradients[name]
	}
	return nil
}

func (q *equation) index(name string) *layer.Index {
	for i := len(q.scope) - 1; i >= 0; i-- {
		if q.scope[i].Name == name {
			return q.scope[i]
		}
	}
	return nil
}

// meansNothingElse reports whether a name can be that of a new index.
func (q *equation) meansNothingElse(name string) bool {
	_, known := constants[name]
	return !known && q.c.numbers[name] == nil && q.tensor(name) == nil
}

// newIndex brings an index into scope.
func (q *equation) newIndex(name string, pos diag.Pos) *layer.Index {
	i := &layer.Index{Name: name}
	q.scope = append(q.scope, i)
	q.uses[i] = &use{first: pos}
	if r := q.c.ranges[name]; r != nil {
		r.used = true
		i.Size = r.size
		q.uses[i].fixed = true
	}
	return i
}

// resolve finds the indices of the equation and their ranges.
func (q *equation) resolve() {
	for _, s := range q.src.Target.Subs {
		syntax.Walk(s, func(x syntax.Expr) {
			n, ok := x.(*syntax.Name)
			if ok && q.index(n.Name) == nil && q.meansNothingElse(n.Name) {
				q.free = append(q.free, q.newIndex(n.Name, n.Pos))
			}
		})
	}
	if t := q.tensor(q.src.Target.Name); t != nil {
		q.resolveSubs(t, q.src.Target)
	}
	q.resolveExpr(q.src.Value)
	for _, i := range q.free {
		q.needRange(i)
	}
}

// needRange complains where the range of an index is not known.
func (q *equation) needRange(i *layer.Index) {
	if u := q.uses[i]; i.Size == 0 && !u.failed && !q.rangeless && !q.c.sketchy {
		u.failed = true
		q.helpf(u.first, "give it in the reduction, as in sum("+i.Name+" < 3, ...), or below indices:",
			"the range of %s is not known: it stands bare in no subscript", i.Name)
	}
}

func (q *equation) resolveExpr(x syntax.Expr) {
	switch x := x.(type) {
	case *syntax.Literal:
	case *syntax.Bad:
		q.failed, q.rangeless = true, true
	case *syntax.Name:
		q.resolveName(x)
	case *syntax.Element:
		q.resolveElement(x)
	case *syntax.Unary:
		q.resolveExpr(x.X)
	case *syntax.Binary:
		q.resolveExpr(x.X)
		q.resolveExpr(x.Y)
	case *syntax.Call:
		if q.unknown(x) {
			q.unknownFunction(x) // its arguments may make sense to it
			return
		}
		if !q.isReduction(x) {
			q.shadows(x)
			for _, a := range x.Args {
				q.resolveExpr(a)
			}
			return
		}
		q.resolveReduction(x)
	case *syntax.Apply:
		help := "a layer is applied in forward only"
		if q.pass == forward {
			help = "give what it computes a name, as in h = " + x.Layer + "{...}(x), and use its elements"
		}
		q.helpf(x.Pos, help, "a layer is applied to whole tensors")
	}
}

func (q *equation) resolveName(x *syntax.Name) {
	if n := q.c.numbers[x.Name]; n != nil {
		n.used = true
		return
	}
	if _, known := constants[x.Name]; known || q.index(x.Name) != nil {
		return
	}
	if t := q.tensor(x.Name); t != nil {
		q.checkRank(t, 0, x.Pos)
		q.reads(t, x.Pos)
		return
	}
	q.undefined(x.Name, x.Pos, false)
}

// undefined complains about a name that means nothing, where a tensor is meant or it may
// be an index.
func (q *equation) undefined(name string, pos diag.Pos, tensor bool) {
	q.failed, q.rangeless = true, true
	known := q.c.known(q.pass)
	for _, i := range q.scope {
		known = append(known, i.Name)
	}
	q.c.mayMean(diag.Nearest(name, known))
	if q.told[name] || q.c.open.explain(name) {
		return
	}
	tensor = tensor || q.c.targets(name)
	q.c.open.undeclared[name] = tensor
	q.tell(name)
	of := q.c.tensors[strings.TrimPrefix(name, "d")]
	help := diag.DidYouMean(name, known)
	switch {
	case q.pass == forward && q.c.gradients[name] != nil:
		q.errorf(pos, "%s belongs to the gradient of %s, which forward does not know", name, q.c.gradients[name].Of.Name)
		return
	case q.pass == forward || of == nil || of.Name == name:
	case of.Role == layer.Saved || of.Role == layer.Scratch:
		help = "declare it under tensors, as in " + name + ": {role: scratch, shape: [...]}: only inputs and params come with theirs"
	default:
		q.errorf(pos, "%s is not differentiated, so there is no %s", of.Name, name)
		return
	}
	switch {
	case help == "" && tensor:
		help = "declare it under tensors, as in " + name + ": {role: scratch, shape: [...]}"
	case len(name) == 1 && !tensor:
		help = "an index stands on the left side or is introduced by a reduction, as in sum(" + name + ", ...)"
	}
	q.helpf(pos, help, "%s is not defined", name)
}

// tell notes that there is a complaint about a name in this equation.
func (q *equation) tell(name string) {
	if q.told == nil {
		q.told = map[string]bool{}
	}
	q.told[name] = true
}

// targets reports whether an equation defines elements of something of that name.
func (c *checker) targets(name string) bool {
	return slices.ContainsFunc(slices.Concat(c.spec.Forward, c.spec.Backward.Equations), func(q *syntax.Equation) bool {
		return q.Target.Name == name || slices.ContainsFunc(q.More, func(n *syntax.Name) bool { return n.Name == name })
	})
}

func (q *equation) checkRank(t *layer.Tensor, subs int, pos diag.Pos) {
	if subs == len(t.Shape) || q.c.unclear[t] {
		return
	}
	q.rangeless = true
	if key := fmt.Sprint(t.Name, subs); q.told[key] {
		q.failed = true
		return
	} else if subs > 0 {
		q.tell(key)
	}
	if len(t.Shape) == 0 {
		q.errorf(pos, "%s is a single number, it has no subscripts", t.Name)
		return
	}
	help := "its shape is [" + strings.Join(t.Extents, ", ") + "]"
	if subs == 0 {
		if q.c.bare[t] { // once: where it was meant for an index, it is everywhere
			q.failed = true
			return
		}
		q.c.bare[t] = true
		whole := len(q.src.Target.Subs) == 0 && q.tensor(q.src.Target.Name) != nil && len(q.tensor(q.src.Target.Name).Shape) > 0
		switch {
		case whole && pos == q.src.Target.Pos:
			help += "; an equation says what each element is, as in\n  " + q.anElement(t) + " = ...\nwhole arrays are what layers take, as in " + t.Name + " = add(a, b)"
		case whole: // the left side says it
			q.failed = true
			return
		default:
			help += "; an index needs a name that no tensor has"
		}
	}
	q.helpf(pos, help, "%s has %s, here %s", t.Name, count(len(t.Shape), "subscript"), are(subs))
}

// anElement spells an element of t, with the small letters of its extents for indices where these are
// free.
func (q *equation) anElement(t *layer.Tensor) string {
	text := t.Name
	taken := map[string]bool{}
	for d, e := range t.Extents {
		name := strings.ToLower(e)
		if len(name) != 1 || name == e || taken[name] || q.tensor(name) != nil {
			name = string(rune('i' + d))
		}
		taken[name] = true
		text += "[" + name + "]"
	}
	return text
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func are(n int) string {
	switch n {
	case 0:
		return "there are none"
	case 1:
		return "there is 1"
	}
	return fmt.Sprintf("there are %d", n)
}

func (q *equation) resolveElement(x *syntax.Element) {
	t := q.tensor(x.Name)
	switch {
	case t == nil && q.c.numbers[x.Name] != nil:
		q.errorf(x.Pos, "%s is a number, it has no subscripts", x.Name)
	case t == nil && q.index(x.Name) != nil:
		q.errorf(x.Pos, "%s is an index, it has no subscripts", x.Name)
	case t == nil:
		q.undefined(x.Name, x.Pos, true)
	default:
		q.checkRank(t, len(x.Subs), x.Pos)
		q.reads(t, x.Pos)
	}
	q.resolveSubs(t, x)
}

// resolveSubs resolves the subscripts of an element of t, which may be nil.
func (q *equation) resolveSubs(t *layer.Tensor, x *syntax.Element) {
	for d, s := range x.Subs {
		q.resolveExpr(s)
		if n, ok := s.(*syntax.Name); ok && t != nil && len(x.Subs) == len(t.Shape) {
			if i := q.index(n.Name); i != nil {
				q.bare(i, t, d, n.Pos)
			}
		}
	}
}

// reads notes that this pass reads t.
func (q *equation) reads(t *layer.Tensor, pos diag.Pos) {
	if q.c.unclear[t] {
		q.failed = true
	}
	if q.pass == backward && t.Role == layer.State {
		q.helpf(pos, "keep what backward needs in a tensor with role: saved", "backward cannot read the state %s, which forward has updated", t.Name)
	}
	if q.c.readBy[t] == nil {
		q.c.readBy[t] = map[pass]bool{}
	}
	q.c.readBy[t][q.pass] = true
}

// bare notes that an index is the whole subscript d of t.
func (q *equation) bare(i *layer.Index, t *layer.Tensor, d int, pos diag.Pos) {
	u := q.uses[i]
	from := fmt.Sprintf("%s in %s (line %d)", extentText(t, d), t.Name, pos.Line)
	switch {
	case u.fixed || u.failed || i.Size == t.Shape[d] || t.Shape[d] == 0:
	case i.Size == 0:
		i.Size, u.from = t.Shape[d], from
	default:
		u.failed = true
		q.helpf(pos, "where it is meant to cover a part only, give its range: in the reduction, as in sum("+i.Name+" < 3, ...), or below indices:",
			"the index %s ranges over %s and over %s", i.Name, u.from, from)
	}
}

// extentText is an extent as written with its value: I=784, or 784.
func extentText(t *layer.Tensor, d int) string {
	v := fmt.Sprint(t.Shape[d])
	if t.Extents[d] == v {
		return v
	}
	return t.Extents[d] + "=" + v
}

// unknown reports whether x calls what the language does not have, such as
// another layer.
func (q *equation) unknown(x syntax.Expr) bool {
	call, ok := x.(*syntax.Call)
	if !ok || q.isReduction(call) {
		return false
	}
	_, known := functions[call.Fn]
	return !known
}
