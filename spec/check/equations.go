package check

import (
	"fmt"
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// equations checks the equations of a pass one by one and returns those
// without errors, in the spec's order.
func (c *checker) equations(list []*syntax.Equation, p pass) []*layer.Equation {
	var qs []*equation
	var typed []*layer.Equation
	for _, src := range list {
		q := &equation{
			c: c, src: src, pass: p,
			bound: map[*syntax.Call][]*layer.Index{}, uses: map[*layer.Index]*use{}, subPos: map[any][]diag.Pos{},
		}
		q.resolveAndBuild()
		qs = append(qs, q)
		if !q.failed {
			typed = append(typed, q.typed)
		}
	}
	c.intervals(typed)
	var out []*layer.Equation
	for _, q := range qs {
		if !q.failed {
			q.bounds(q.typed)
		}
		if !q.failed {
			out = append(out, q.typed)
		} else {
			c.leaveOpen(q.src)
		}
	}
	return out
}

// resolveAndBuild makes the typed equation, or sets failed.
func (q *equation) resolveAndBuild() {
	if q.c.open.equations[q.src] {
		q.failed = true
		return
	}
	t := q.target()
	q.resolve()
	if q.failed = q.failed || q.c.sketchy; q.failed {
		return
	}
	q.typed = &layer.Equation{
		T: t, Free: q.free, Accumulate: q.src.Accumulate, Text: q.src.Text, Pos: q.src.Pos,
		Subs: q.subscripts(q.src.Target.Subs),
	}
	if t.Type == layer.Int32 {
		q.typed.Value = q.integerCases(q.src.Value)
	} else {
		q.typed.Value = q.real(q.src.Value)
	}
	if n := steps(q.typed.Value, q.free); n > maxInt {
		q.errorf(q.src.Pos, "the equation has %.2g steps; at most %.2g are possible", n, float64(maxInt))
	}
}

// steps is how often the innermost part of x is evaluated for all values of
// the indices.
func steps(x any, idx []*layer.Index) float64 {
	most := 1.0
	layer.Walk(x, func(node any) bool {
		switch r := node.(type) {
		case *layer.Reduce:
			most = max(most, steps(r.Body, r.Idx))
			return false
		case *layer.ArgMax:
			most = max(most, steps(r.Body, r.Idx))
			return false
		}
		return true
	})
	for _, i := range idx {
		most *= float64(i.Size)
	}
	return most
}

// target is the tensor that the equation defines; it must be one that this
// pass defines.
func (q *equation) target() *layer.Tensor {
	x := q.src.Target
	t := q.tensor(x.Name)
	if t == nil {
		if q.c.numbers[x.Name] != nil {
			q.errorf(x.Pos, "%s is a number that is set already", x.Name)
		} else {
			q.undefined(x.Name, x.Pos, true)
		}
		return nil
	}
	if !q.unknown(q.src.Value) {
		q.checkRank(t, len(x.Subs), x.Pos)
	}
	switch {
	case q.c.unclear[t]:
		q.failed = true
	case q.pass == forward && q.c.definedBy[t] != nil:
		q.errorf(x.Pos, "%s is defined in line %d already, by the layer %s", t.Name, q.c.definedBy[t].src.Pos.Line, q.c.definedBy[t].call.Layer)
	case t.Role == layer.Input || t.Role == layer.Param:
		help := "declare it with role: state if the layer updates it"
		if q.pass == backward {
			help = "backward defines the gradients"
		}
		q.helpf(x.Pos, help, "%s is %s, it cannot be written", t.Name, roleText(t))
	case t.Role == layer.Scalar || t.Role == layer.Upstream:
		q.errorf(x.Pos, "%s is given by the caller, it cannot be written", t.Name)
	case q.pass == backward && t.Role != layer.Gradient && t.Role != layer.Scratch:
		q.errorf(x.Pos, "%s is %s, backward cannot write it", t.Name, roleText(t))
	case q.src.Accumulate && t.Role == layer.State:
		q.helpf(x.Pos, "write "+x.Name+"[i] = "+x.Name+"[i] + ...", "+= starts from zero, which a state does not")
	case q.src.Accumulate && t.Type != layer.Float32:
		q.errorf(x.Pos, "+= is for float32 tensors")
	}
	return t
}

func roleText(t *layer.Tensor) string {
	switch t.Role {
	case layer.Input:
		return "an input"
	case layer.Param:
		return "a param"
	case layer.Output:
		return "an output"
	case layer.Saved:
		return "a saved tensor"
	case layer.State:
		return "a state"
	}
	return "not its own"
}

// inPlace makes sure that what an equation reads of the state that it writes is old: at
// another element than its own, an equation beside it may have written it before.
func (c *checker) inPlace(t *layer.Tensor, list []*layer.Equation) {
	if t.Role != layer.State || len(list) == 1 {
		return
	}
	for _, e := range list {
		for _, r := range ownElsewhere(e) {
			c.errs.AddHelp(r.Pos, "define "+t.Name+" by one equation, with where(...) for its cases",
				"several equations define the state %s, so that each can read the element that it writes only", t.Name)
		}
	}
}

// ownElsewhere lists what an equation reads of its target but for the element that it
// defines.
func ownElsewhere(e *layer.Equation) []*layer.Read {
	var out []*layer.Read
	own := layer.FormatEquation(&layer.Equation{T: e.T, Subs: e.Subs, Value: layer.Const{}})
	e.Walk(func(n any) bool {
		r, ok := n.(*layer.Read)
		if ok && r.T == e.T && layer.FormatEquation(&layer.Equation{T: r.T, Subs: r.Subs, Value: layer.Const{}}) != own {
			out = append(out, r)
		}
		return true
	})
	return out
}

// complete checks that a pass defines what it has to, exactly once.
func (c *checker) complete(list []*layer.Equation, p pass) {
	by := map[*layer.Tensor][]*layer.Equation{}
	var order []*layer.Tensor
	for _, e := range list {
		if by[e.T] == nil {
			order = append(order, e.T)
		}
		by[e.T] = append(by[e.T], e)
	}
	if p == forward {
		c.definedByForward(by)
	} else {
		c.definedByBackward(by)
	}
	for _, t := range order {
		if !c.tainted[t] {
			c.definitions(t, by[t])
			c.inPlace(t, by[t])
		}
	}
}

func (c *checker) definedByForward(by map[*layer.Tensor][]*layer.Equation) {
	inBackward := map[string]bool{}
	for _, e := range c.spec.Backward.Equations {
		inBackward[e.Target.Name] = true
	}
	for _, t := range c.layer.Tensors {
		if (len(by[t]) > 0 || c.definedBy[t] != nil) && t.Role == layer.Scratch && inBackward[t.Name] {
			c.errs.AddHelp(t.Pos, "backward may read it as forward defines it; use another name for what it computes itself",
				"forward and backward both define the scratch tensor %s", t.Name)
		}
		if len(by[t]) > 0 || c.definedBy[t] != nil || c.tainted[t] || c.unclear[t] || t.Implied {
			continue
		}
		switch t.Role {
		case layer.Output, layer.Saved:
			c.errs.Addf(t.Pos, "no equation of forward defines %s %s", strings.TrimPrefix(strings.TrimPrefix(roleText(t), "an "), "a "), t.Name)
		case layer.State:
			c.errs.AddHelp(t.Pos, "if it is only read, give it role: input and grad: none", "no equation of forward updates the state %s", t.Name)
		case layer.Scratch:
			if inBackward[t.Name] && c.readBy[t][forward] {
				c.errs.Addf(t.Pos, "forward reads the scratch tensor %s, which only backward defines", t.Name)
			} else if !inBackward[t.Name] {
				c.errs.Addf(t.Pos, "no equation defines the scratch tensor %s", t.Name)
			}
		}
	}
}

func (c *checker) definedByBackward(by map[*layer.Tensor][]*layer.Equation) {
	for _, g := range c.layer.Gradients {
		if len(by[g]) == 0 && !c.tainted[g] && !c.unclear[g] {
			c.errs.AddHelp(c.spec.Backward.Pos, "define "+g.Name+", or give "+g.Of.Name+" grad: none",
				"backward does not define %s, the gradient of %s", g.Name, g.Of.Name)
		}
	}
}

// definitions checks coverage and overlap of the equations of one tensor.
func (c *checker) definitions(t *layer.Tensor, list []*layer.Equation) {
	for _, e := range list[1:] {
		if e.Accumulate != list[0].Accumulate {
			c.errs.Addf(e.Pos, "%s is defined by = and by +=, see line %d", t.Name, list[0].Pos.Line)
			return
		}
	}
	if list[0].Accumulate {
		return
	}
	for _, e := range list {
		for _, s := range e.Subs {
			gather := false
			layer.Walk(s, func(n any) bool {
				_, is := n.(*layer.Element)
				gather = gather || is
				return true
			})
			if gather {
				c.errs.AddHelp(e.Pos, "write += to add up what falls on the same element", "%s is defined by = at places that are known at run time only", t.Name)
				return
			}
		}
	}
	p := partition{t, list}
	msg, at := p.check()
	if msg != "" {
		c.errs.Addf(at, "%s", msg)
	}
}

// pointText writes the values of indices.
func pointText(idx []*layer.Index, v []int) string {
	var parts []string
	for k, i := range idx {
		parts = append(parts, fmt.Sprintf("%s=%d", i.Name, v[k]))
	}
	return strings.Join(parts, ", ")
}

func shapeText(shape []int) string {
	var b strings.Builder
	for _, n := range shape {
		fmt.Fprintf(&b, "[%d]", n)
	}
	return b.String()
}
