package check

import (
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// openNames are names in equations that are wrong: what these define and read is not known, so
// nobody complains that it is missing, or declared for nothing.
type openNames struct {
	equations map[*syntax.Equation]bool
	// defined are the names that they may define, mentioned all others, too, and those that
	// are nearest to one that is not defined.
	defined, mentioned map[string]bool
	// undeclared are the names of tensors that are complained about.
	undeclared map[string]bool
}

func isBad(x syntax.Expr) bool {
	_, bad := x.(*syntax.Bad)
	return bad
}

// leaveOpen notes the names of an equation that is wrong.
func (c *checker) leaveOpen(q *syntax.Equation) {
	c.open.equations[q] = true
	names := syntax.Identifier.FindAllString(q.Text, -1)
	for _, n := range names {
		c.open.mentioned[n] = true
	}
	if q.Target.Name != "" {
		names = []string{q.Target.Name}
		for _, n := range q.More {
			names = append(names, n.Name)
		}
	}
	known := c.known(backward)
	for _, n := range names {
		c.open.defined[n] = true
		if c.taint(n); c.tensors[n] == nil && c.gradients[n] == nil {
			c.mayMean(diag.Nearest(n, known))
		}
	}
}

// taint notes that it is not known how a tensor is defined.
func (c *checker) taint(name string) {
	for _, t := range []*layer.Tensor{c.tensors[name], c.gradients[name]} {
		if t != nil {
			c.tainted[t] = true
		}
	}
}

// mayMean notes that what is not defined may be a misspelling of a name.
func (c *checker) mayMean(name string) {
	c.open.mentioned[name] = true
	c.taint(name)
}

// explain reports whether what was complained about is why a name means nothing: it is of the
// same tensor, or an equation that is wrong may define it, or bring it with a layer.
func (n openNames) explain(name string) bool {
	for _, name := range []string{name, strings.TrimPrefix(name, "d")} {
		if n.defined[name] || n.undeclared[name] {
			return true
		}
		for result := range n.defined {
			if strings.HasPrefix(name, result+"_") {
				return true
			}
		}
	}
	return false
}
