package check

import (
	"math"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// maxExtent is the largest dim, maxSize the largest number of elements of a
// tensor, and maxInt the largest integer that an expression may reach.
const (
	maxExtent = math.MaxInt32
	maxSize   = 1 << 28
	maxInt    = 1 << 53
)

// dimRule says what a dim may be.
func dimRule(decl *syntax.Number) string {
	if least(decl) == 0 {
		return decl.Name + " is a whole number from 0 to 2147483647"
	}
	return "a dim is a whole number from 1 to 2147483647"
}

// least is the smallest value of a dim: 1, or 0 where the spec says min: 0, or may say so.
func least(decl *syntax.Number) int64 {
	for _, l := range decl.Limits {
		bound, ok := l.Bound.(*syntax.Literal)
		if l.Key.Text == "min" && (isBad(l.Bound) || ok && bound.Text == "0") {
			return 0
		}
	}
	return 1
}

var (
	wholeText = regexp.MustCompile(`^[-+]?[0-9]+$`)
	realText  = regexp.MustCompile(`^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
)

// state is how far a number is.
type state uint8

const (
	unbound state = iota
	evaluating
	known
	failed
)

// number is a dim or attribute while it is bound.
type number struct {
	decl  *syntax.Number
	isDim bool
	value constant
	state state
	given bool
	used  bool
}

// bind gives every dim and attribute its value.
func (c *checker) bind(given map[string]string) {
	var order []*number
	for _, d := range c.spec.Dims {
		order = append(order, &number{decl: d, isDim: true})
	}
	for _, d := range c.spec.Attrs {
		order = append(order, &number{decl: d})
	}
	var names []string
	for _, n := range order {
		c.numbers[n.decl.Name] = n
		names = append(names, n.decl.Name)
	}
	c.readGiven(given, names)
	var missing []string
	for _, n := range order {
		if n.state == unbound && n.decl.Default == nil && n.decl.Value == nil {
			missing = append(missing, n.decl.Name)
			n.state = failed
		}
	}
	if len(missing) > 0 {
		c.unfit++
		c.errs.AddHelp(diag.Pos{}, "give "+strings.Join(missing, "=... ")+"=...", "%s: missing %s", c.spec.Name.Text, strings.Join(missing, ", "))
	}
	broken := c.require()
	for _, n := range order {
		if broken && n.decl.Value != nil {
			continue // what follows from impossible dims says nothing more
		}
		c.evaluate(n)
		c.layer.Numbers = append(c.layer.Numbers, &layer.Number{
			Name: n.decl.Name, Doc: n.decl.Doc, Value: n.value.real(), IsDim: n.isDim, Given: n.given,
			Optional: n.decl.Default != nil, Pos: n.decl.Pos,
		})
	}
	c.checkComputed(given, order)
	for _, n := range order {
		if n.state == known {
			c.checkLimits(n, given)
		}
	}
}

// checkLimits complains about a number beyond the limits that the spec sets.
func (c *checker) checkLimits(n *number, given map[string]string) {
	var bounds []syntax.Expr
	broken := false
	for _, l := range n.decl.Limits {
		bound, ok := c.constant(l.Bound, n, false)
		bounds = append(bounds, l.Bound)
		broken = broken || ok && !bounded(l, bound).Allows(n.value.real())
	}
	if !broken {
		return
	}
	c.unfit++
	help := ""
	if values := c.mentioned(bounds...); values != "" {
		help = "here " + values
	}
	if n.given {
		c.errs.AddGiven(n.decl.Name, help, "%s=%s: %s must be %s", n.decl.Name, given[n.decl.Name], n.decl.Name, n.decl.Limits.Allowed())
	} else {
		c.errs.AddHelp(n.decl.Pos, help, "%s is %s; it must be %s", n.decl.Name, n.value.text(), n.decl.Limits.Allowed())
	}
}

// readGiven takes the values of the user, NAME=VALUE.
func (c *checker) readGiven(given map[string]string, names []string) {
	var keys []string
	for k := range given {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		n := c.numbers[k]
		if n == nil {
			help := diag.DidYouMean(k, names)
			if help == "" {
				help = "it has " + strings.Join(names, ", ")
				if len(names) == 0 {
					help = "it has none"
				}
			}
			c.unfit++
			c.errs.AddGiven(k, help, "%s has no dim or attribute %s", c.spec.Name.Text, k)
			continue
		}
		if n.decl.Value != nil {
			continue
		}
		v, problem := parseGiven(given[k], n)
		n.given, n.state, n.value = true, known, v
		if problem != "" {
			n.state = failed
			c.unfit++
			c.errs.AddGiven(k, "", "%s=%s: %s", k, given[k], problem)
		}
	}
}

// parseGiven reads a value that the user gave; the second result says what is
// wrong with it, or is empty.
func parseGiven(text string, n *number) (constant, string) {
	if wholeText.MatchString(text) {
		i, err := strconv.ParseInt(text, 10, 64)
		if n.isDim && (err != nil || i < least(n.decl) || i > maxExtent) {
			return constant{}, dimRule(n.decl)
		}
		if err != nil || i > maxInt || i < -maxInt {
			return constant{}, "the number is too large"
		}
		return wholeNumber(i), ""
	}
	if n.isDim {
		return constant{}, dimRule(n.decl)
	}
	if !realText.MatchString(text) {
		return constant{}, "an attribute is a number such as 3 or 1e-5"
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(f) > math.MaxFloat32 {
		return constant{}, "the number is too large for a float32"
	}
	return realNumber(f), ""
}

// evaluate computes a default or value, those it refers to first.
func (c *checker) evaluate(n *number) {
	if n.state != unbound {
		return
	}
	n.state = evaluating
	x := n.decl.Default
	if n.decl.Value != nil {
		x = n.decl.Value
	}
	before := c.errs.Len()
	v, ok := c.constant(x, n, false)
	n.value = v
	n.state = known
	if ok && n.isDim && (!v.isInt || v.i < least(n.decl) || v.i > maxExtent) {
		c.unfit++
		c.errs.AddHelp(n.decl.Pos, c.where(x), "%s is %s; %s", n.decl.Name, v.text(), dimRule(n.decl))
	}
	if !ok || c.errs.Len() > before {
		n.state, c.sketchy = failed, true
	}
}

// where shows an expression and the values in it.
func (c *checker) where(x syntax.Expr) string {
	values := c.mentioned(x)
	if values == "" {
		return ""
	}
	return "it is " + syntax.PrintExpr(x) + " with " + values
}

// mentioned lists the numbers that expressions mention with their values.
func (c *checker) mentioned(all ...syntax.Expr) string {
	var parts []string
	seen := map[string]bool{}
	for _, x := range all {
		syntax.Walk(x, func(e syntax.Expr) {
			if name, ok := e.(*syntax.Name); ok && !seen[name.Name] {
				if n := c.numbers[name.Name]; n != nil && n.state == known {
					seen[name.Name] = true
					parts = append(parts, name.Name+"="+n.value.text())
				}
			}
		})
	}
	return strings.Join(parts, " ")
}

// checkComputed compares what the user gave for dims that follow from others.
func (c *checker) checkComputed(given map[string]string, order []*number) {
	for _, n := range order {
		text, ok := given[n.decl.Name]
		if !ok || n.decl.Value == nil || n.state != known {
			continue
		}
		v, problem := parseGiven(text, n)
		if problem != "" {
			c.unfit++
			c.errs.AddGiven(n.decl.Name, "", "%s=%s: %s", n.decl.Name, text, problem)
		} else if v.real() != n.value.real() {
			c.unfit++
			c.errs.AddGiven(n.decl.Name, c.where(n.decl.Value), "%s=%s: %s follows from the other dims and is %s", n.decl.Name, text, n.decl.Name, n.value.text())
		}
	}
}
