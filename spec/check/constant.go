package check

import (
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/syntax"
)

// constant is an integer or a real number.
type constant struct {
	isInt bool
	i     int64
	f     float64
}

func wholeNumber(i int64) constant  { return constant{isInt: true, i: i} }
func realNumber(f float64) constant { return constant{f: f} }

func (c constant) real() float64 {
	if c.isInt {
		return float64(c.i)
	}
	return c.f
}

func (c constant) text() string {
	if c.isInt {
		return strconv.FormatInt(c.i, 10)
	}
	return strconv.FormatFloat(c.f, 'g', -1, 64)
}

// constants are the names of numbers that every spec knows.
var constants = map[string]float64{"inf": math.Inf(1), "pi": math.Pi}

// literal reads a number as the author wrote it.
func (c *checker) literal(x *syntax.Literal) constant {
	if i, err := strconv.ParseInt(x.Text, 10, 64); err == nil && i <= maxInt {
		return wholeNumber(i)
	}
	f, err := strconv.ParseFloat(x.Text, 64)
	if err != nil || math.Abs(f) > math.MaxFloat32 {
		c.errs.Addf(x.Pos, "the number %s is too large for a float32", x.Text)
		return realNumber(0)
	}
	return realNumber(f)
}

// constant evaluates an expression over dims and attributes. Division of
// integers floors, or, where exact is set, must leave no remainder. The number
// self, if any, is the one that is being defined.
func (c *checker) constant(x syntax.Expr, self *number, exact bool) (constant, bool) {
	switch x := x.(type) {
	case *syntax.Literal:
		return c.literal(x), true
	case *syntax.Name:
		return c.constantName(x, self)
	case *syntax.Unary:
		v, ok := c.constant(x.X, self, exact)
		if ok && x.Op == "-" {
			if v.isInt {
				return wholeNumber(-v.i), true
			}
			return realNumber(-v.f), true
		}
		if ok {
			c.errs.Addf(x.Pos, "expected a number, ! gives a truth value")
		}
		return constant{}, false
	case *syntax.Binary:
		a, ok := c.constant(x.X, self, exact)
		b, ok2 := c.constant(x.Y, self, exact)
		if !ok || !ok2 {
			return constant{}, false
		}
		return c.arithmetic(x, a, b, exact)
	case *syntax.Bad:
		return constant{}, false
	}
	c.errs.Addf(x.Position(), "expected a number made of dims and attributes")
	return constant{}, false
}

func (c *checker) constantName(x *syntax.Name, self *number) (constant, bool) {
	n := c.numbers[x.Name]
	if n == nil && c.open.undeclared[x.Name] {
		return constant{}, false
	}
	if n == nil {
		c.open.undeclared[x.Name] = true
		var names []string
		for k := range c.numbers {
			names = append(names, k)
		}
		c.mayMean(diag.Nearest(x.Name, names))
		c.errs.AddHelp(x.Pos, diag.DidYouMean(x.Name, names), "%s is neither a dim nor an attribute", x.Name)
		return constant{}, false
	}
	if n.state == evaluating {
		who := n.decl.Name
		if self != nil && self != n {
			who = self.decl.Name + " and " + n.decl.Name
			c.errs.Addf(x.Pos, "%s depend on each other", who)
		} else {
			c.errs.Addf(x.Pos, "%s depends on itself", who)
		}
		return constant{}, false
	}
	n.used = true
	c.evaluate(n)
	return n.value, n.state == known
}

func (c *checker) arithmetic(x *syntax.Binary, a, b constant, exact bool) (constant, bool) {
	if a.isInt && b.isInt {
		i, problem := wholeArithmetic(x.Op, a.i, b.i, exact)
		if problem != "" {
			help := c.where(x)
			if exact && x.Op == "/" && b.i > 0 {
				help = strings.TrimPrefix(help+"; to round down, give it a name below dims, as in P: {value: "+syntax.PrintExpr(x)+"}", "; ")
			}
			c.unfit++
			c.errs.AddHelp(x.OpPos, help, "%s", problem)
			return constant{}, false
		}
		return wholeNumber(i), true
	}
	f, ok := realArithmetic(x.Op, a.real(), b.real())
	if !ok {
		c.errs.Addf(x.OpPos, "the operator %s is not possible here", x.Op)
	} else if math.IsInf(f, 0) || math.IsNaN(f) {
		c.unfit++
		c.errs.Addf(x.OpPos, "the result is not a finite number")
		ok = false
	}
	return realNumber(f), ok
}

// wholeArithmetic computes a op b; the second result says what is wrong.
func wholeArithmetic(op string, a, b int64, exact bool) (int64, string) {
	var r int64
	switch op {
	case "+":
		r = a + b // both are below 2^53
	case "-":
		r = a - b
	case "*":
		hi, lo := bits.Mul64(uint64(abs(a)), uint64(abs(b)))
		if hi != 0 || lo > maxInt {
			return 0, "the product is too large"
		}
		r = a * b
	case "/", "%":
		if b <= 0 {
			return 0, "the divisor is " + strconv.FormatInt(b, 10) + "; it must be at least 1"
		}
		q, m := floorDiv(a, b), a-floorDiv(a, b)*b
		if op == "%" {
			return m, ""
		}
		if exact && m != 0 {
			return 0, strconv.FormatInt(a, 10) + " is not divisible by " + strconv.FormatInt(b, 10)
		}
		r = q
	default:
		return 0, "the operator " + op + " is not possible here"
	}
	if abs(r) > maxInt {
		return 0, "the number is too large"
	}
	return r, ""
}

func realArithmetic(op string, a, b float64) (float64, bool) {
	switch op {
	case "+":
		return a + b, true
	case "-":
		return a - b, true
	case "*":
		return a * b, true
	case "/":
		return a / b, true
	}
	return 0, false
}

func abs(a int64) int64 { return max(a, -a) }

// floorDiv divides by a positive number and rounds down.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// extent evaluates a size: a shape's extent or an index's range. Zero comes
// with a complaint.
func (c *checker) extent(x syntax.Expr, what string) int {
	v, ok := c.constant(x, nil, true)
	if !ok {
		return 0
	}
	if !v.isInt || v.i < 1 || v.i > maxExtent {
		c.unfit++
		c.errs.AddHelp(x.Position(), c.where(x), "%s is %s; it must be a whole number from 1 to %d", what, v.text(), maxExtent)
		return 0
	}
	return int(v.i)
}
