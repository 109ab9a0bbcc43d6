package golang

import (
	"fmt"
	"math"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/dlgen/dlgen/spec/layer"
)

// check is a test of integers that the user passes and that the equations use
// as subscripts.
type check struct {
	name   string
	tensor *layer.Tensor
	ranges []indexRange
}

// indexRange bounds the elements at a place of the tensor: at has the
// subscripts, -1 for all values of one. They must be in 0..size-1 where under holds.
type indexRange struct {
	at    []int
	size  int
	under []layer.Bound
}

// indexChecks finds what must be tested.
func indexChecks(l *layer.Proved) []*check {
	var out []*check
	l.CheckedIDs(func(e *layer.Element, below int) { out = require(out, e, below) })
	return out
}

// require adds a range for the place that e reads, or narrows the one there is.
func require(checks []*check, e *layer.Element, size int) []*check {
	at := make([]int, len(e.Subs))
	for d, s := range e.Subs {
		at[d] = -1
		if a, ok := layer.AffineOf(s); ok && len(a.Terms) == 0 {
			if at[d] = a.Const; a.Const < 0 || a.Const >= e.T.Shape[d] {
				return checks // there is none: a condition never holds
			}
		}
	}
	if below, above := beyond(e.Under, size); below == nil && above == nil {
		return checks // conditions see to it
	}
	i := slices.IndexFunc(checks, func(c *check) bool { return c.tensor == e.T })
	if i < 0 {
		i = len(checks)
		checks = append(checks, &check{tensor: e.T})
	}
	c := checks[i]
	for j := range c.ranges {
		if r := &c.ranges[j]; slices.Equal(r.at, at) && slices.Equal(r.under, e.Under) {
			r.size = min(r.size, size)
			return checks
		}
	}
	c.ranges = append(c.ranges, indexRange{at, size, e.Under})
	return checks
}

// span is the integers from lo to hi.
type span struct{ lo, hi int }

// beyond are the values that an id may have, as far as single ones are not excluded, below
// and above 0..size-1; nil where there are none.
func beyond(under []layer.Bound, size int) (below, above *span) {
	all := span{math.MinInt32, math.MaxInt32}
	for _, b := range under {
		switch b.Op {
		case "==":
			all = span{max(all.lo, b.V), min(all.hi, b.V)}
		case "<":
			all.hi = min(all.hi, b.V-1)
		case "<=":
			all.hi = min(all.hi, b.V)
		case ">":
			all.lo = max(all.lo, b.V+1)
		case ">=":
			all.lo = max(all.lo, b.V)
		}
	}
	if all.lo < 0 && all.lo <= all.hi {
		below = &span{all.lo, min(all.hi, -1)}
	}
	if all.hi >= size && all.lo <= all.hi {
		above = &span{max(all.lo, size), all.hi}
	}
	return below, above
}

// violated is the condition under which v is used, and is no subscript.
func (r indexRange) violated(v string) *jen.Statement {
	var out *jen.Statement
	below, above := beyond(r.under, r.size)
	for _, s := range []*span{below, above} {
		if s == nil {
			continue
		}
		var in *jen.Statement
		switch {
		case s.lo == math.MinInt32:
			in = jen.Id(v).Op("<=").Lit(s.hi)
			if s.hi == -1 {
				in = jen.Id(v).Op("<").Lit(0)
			}
		case s.hi == math.MaxInt32:
			in = jen.Id(v).Op(">=").Lit(s.lo)
		default:
			in = jen.Lit(s.lo).Op("<=").Id(v).Op("&&").Id(v).Op("<=").Lit(s.hi)
		}
		if out == nil {
			out = in
		} else {
			out = out.Op("||").Add(in)
		}
	}
	var not *jen.Statement
	for _, b := range r.under {
		if b.Op == "!=" && (below != nil && b.V <= below.hi || above != nil && b.V >= above.lo) {
			if not == nil {
				not = jen.Id(v).Op("!=").Lit(b.V)
			} else {
				not.Op("&&").Id(v).Op("!=").Lit(b.V)
			}
		}
	}
	if not == nil {
		return out
	}
	return not.Op("&&").Parens(out)
}

// checksOf are those of the arguments of a pass that it does not define itself.
func (p *printer) checksOf(ps *pass) []*check {
	var out []*check
	for _, c := range p.checks {
		given := slices.ContainsFunc(ps.args, func(t *layer.Tensor) bool { return t.Name == c.tensor.Name })
		if given && !slices.ContainsFunc(ps.equations, func(e *layer.Equation) bool { return e.T.Name == c.tensor.Name }) {
			out = append(out, c)
		}
	}
	return out
}

func (p *printer) usedChecks() []*check {
	var out []*check
	for _, c := range p.checks {
		if slices.ContainsFunc(p.passes, func(ps *pass) bool { return slices.Contains(p.checksOf(ps), c) }) {
			out = append(out, c)
		}
	}
	return out
}

// checkFunc prints a function that returns an error for the first element of
// c.tensor that is out of its range.
func (p *printer) checkFunc(c *check) jen.Code {
	scope := p.internal.inner()
	arg, v := p.tensorName[c.tensor.Name], scope.take("v")
	var body []jen.Code
	for _, r := range c.ranges {
		element, text := jen.Id(arg), c.tensor.Name
		if len(c.tensor.Shape) == 0 && !c.tensor.ByValue() {
			element = jen.Op("*").Id(arg)
		}
		var loops, printed []jen.Code
		var vars []string
		for d, at := range r.at {
			if at >= 0 {
				element.Index(jen.Lit(at))
				text += fmt.Sprintf("[%d]", at)
				continue
			}
			i := scope.take(string(rune('i' + len(vars))))
			vars = append(vars, i)
			loops = append(loops, jen.For(jen.Id(i).Op(":=").Lit(0), jen.Id(i).Op("<").Lit(c.tensor.Shape[d]), jen.Id(i).Op("++")))
			element.Index(jen.Id(i))
			printed = append(printed, jen.Id(i))
			text += "[%d]"
		}
		text = fmt.Sprintf("dlgen: %s: %s = %%d is out of range [0, %d)", p.in.Layer.Name, text, r.size)
		failure := jen.Qual("fmt", "Errorf").Call(append([]jen.Code{jen.Lit(text)}, append(printed, jen.Id(v))...)...)
		var inner jen.Code = jen.If(jen.Id(v).Op(":=").Add(element), r.violated(v)).Block(jen.Return(failure))
		for i := len(loops) - 1; i >= 0; i-- {
			inner = jen.Add(loops[i]).Block(inner)
		}
		body = append(body, inner)
		for _, i := range vars {
			delete(scope, i)
		}
	}
	typ := c.tensor.Type.String()
	if !c.tensor.ByValue() {
		typ = p.reference(c.tensor)
	}
	doc := []string{c.name + " finds elements of " + c.tensor.Name + " that cannot be subscripts."}
	return documented(doc, jen.Func().Id(c.name).Params(jen.Id(arg).Id(typ)).Error().Block(append(body, jen.Return(jen.Nil()))...))
}
