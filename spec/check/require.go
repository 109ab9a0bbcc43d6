package check

import "github.com/dlgen/dlgen/spec/syntax"

// require complains about the rules of the spec that its dims and attributes
// break, and reports whether there are such.
func (c *checker) require() bool {
	broken := false
	for _, r := range c.spec.Require {
		holds, ok := c.rule(r.That)
		if ok && !holds {
			broken = true
			c.unfit++
			c.broken(r)
		}
	}
	return broken
}

func (c *checker) broken(r *syntax.Rule) {
	that := syntax.PrintExpr(r.That)
	why, ask := r.Why, " ("+that+")"
	if why == "" {
		why, ask = that+" must hold", ""
	}
	c.errs.Addf(r.Pos, "%s: %s%s", c.mentioned(r.That), why, ask)
}

// rule evaluates a condition over dims and attributes; it fails where a
// complaint about it or about what it mentions was made.
func (c *checker) rule(x syntax.Expr) (holds, ok bool) {
	switch x := x.(type) {
	case *syntax.Bad:
		return false, false
	case *syntax.Unary:
		if x.Op == "!" {
			v, ok := c.rule(x.X)
			return !v, ok
		}
	case *syntax.Binary:
		switch x.Op {
		case "&&", "||":
			a, ok := c.rule(x.X)
			b, ok2 := c.rule(x.Y)
			if x.Op == "||" {
				return a || b, ok && ok2
			}
			return a && b, ok && ok2
		case "==", "!=", "<", "<=", ">", ">=":
			a, ok := c.constant(x.X, nil, false)
			b, ok2 := c.constant(x.Y, nil, false)
			return ok && ok2 && compare(x.Op, a.real(), b.real()), ok && ok2
		}
	}
	c.errs.AddHelp(x.Position(), "compare it with something, as in C%groups == 0", "expected a condition on dims and attributes")
	return false, false
}
