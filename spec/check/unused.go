package check

import (
	"maps"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// useInDefaults notes what the defaults mention that the user has overridden.
func (c *checker) useInDefaults() {
	for _, n := range c.numbers {
		if n.decl.Default == nil {
			continue
		}
		syntax.Walk(n.decl.Default, func(x syntax.Expr) {
			if name, ok := x.(*syntax.Name); ok && c.numbers[name.Name] != nil && name.Name != n.decl.Name {
				c.numbers[name.Name].used = true
			}
		})
	}
}

// unused complains about declarations, and layers that are applied, that nothing refers to.
func (c *checker) unused() {
	c.useInDefaults()
	c.unusedResults()
	for _, n := range c.layer.Numbers {
		if d := c.numbers[n.Name]; !d.used && !c.open.mentioned[n.Name] {
			c.errs.Addf(n.Pos, "%s is declared and never used", n.Name)
		}
	}
	for _, r := range c.spec.Indices {
		if d := c.ranges[r.Name]; d != nil && !d.used && !c.open.mentioned[r.Name] {
			c.errs.Addf(r.Pos, "no equation has an index %s", r.Name)
		}
	}
	for _, t := range c.layer.Tensors {
		if t.Implied || c.unclear[t] || c.open.mentioned[t.Name] {
			continue
		}
		by := c.readBy[t]
		switch t.Role {
		case layer.Input, layer.Param, layer.Scalar:
			if len(by) == 0 {
				c.errs.Addf(t.Pos, "no equation reads %s", t.Name)
			}
		case layer.Scratch:
			if len(by) == 0 && !c.tainted[t] && c.targets(t.Name) {
				c.errs.AddHelp(t.Pos, "give it role: output if the caller wants it", "no equation reads the scratch tensor %s", t.Name)
			}
		case layer.Saved:
			if c.spec.Backward.Mode != syntax.Derive && !by[backward] && !c.tainted[t] {
				c.errs.AddHelp(t.Pos, "give it role: scratch, or role: output if the caller wants it", "backward does not read the saved tensor %s", t.Name)
			}
		}
	}
}

// unusedResults complains about layers that are applied for nothing: no result is read or
// declared, and no state is updated.
func (c *checker) unusedResults() {
	read := maps.Clone(c.open.mentioned)
	for _, q := range slices.Concat(c.spec.Forward, c.spec.Backward.Equations) {
		syntax.Walk(q.Value, func(x syntax.Expr) {
			switch x := x.(type) {
			case *syntax.Name:
				read[x.Name] = true
			case *syntax.Element:
				read[x.Name] = true
			}
		})
	}
	for _, a := range c.applied {
		named := slices.DeleteFunc(slices.Clone(a.results), func(r *syntax.Name) bool { return r.Name == "_" })
		updates := slices.ContainsFunc(a.layer.Tensors, func(t *layer.Tensor) bool { return t.Role == layer.State })
		used := slices.ContainsFunc(named, func(r *syntax.Name) bool {
			return r.Name == "" || read[r.Name] || !c.tensors[r.Name].Implied
		})
		if len(named) > 0 && !updates && !used { // an argument of another layer has no name
			r := named[0]
			c.errs.AddHelp(r.Pos, "use it, or leave the equation out; give "+r.Name+" role: output if the caller wants it", "no equation reads %s", r.Name)
		}
	}
}
