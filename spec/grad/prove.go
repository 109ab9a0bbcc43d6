package grad

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// tolerance is far above what float64 loses in a sum over small dims, and far
// below any term of a gradient.
const tolerance = 1e-9

// Prove gives l its backward pass. A declared one is compared with the derived
// one; rebind checks the same spec with other values for what was given. A
// difference is an error at the declared equation.
func Prove(l *layer.Layer, rebind func(given map[string]string) (*layer.Layer, error)) (*layer.Proved, error) {
	return prove(l, rebind, map[instance]bool{})
}

// prove is Prove for a layer that applies some of which known are proved.
func prove(l *layer.Layer, rebind func(given map[string]string) (*layer.Layer, error), known map[instance]bool) (*layer.Proved, error) {
	untested, err := proveApplied(l, known)
	if err != nil {
		return nil, err
	}
	if len(l.Gradients) == 0 || !l.Derive && l.Declared == nil {
		return finished(l, nil, untested), nil
	}
	if l.Derive {
		derived, err := derivedBest(l)
		if err != nil {
			return nil, err
		}
		return finished(l, derived, untested), nil
	}
	derived, err := Derive(l)
	if err != nil {
		return nil, err
	}
	p := &proof{
		derived: derived, forward: l.Forward.Equations, wrong: map[string]bool{}, told: map[string]bool{}, alike: map[string]bool{}, excused: map[string]func(){},
		texts: sync.OnceValues(func() (texts, fixed []string) { return generalised(l, derived, rebind) }),
	}
	p.missing(l)
	s := newSearch(l, rebind)
	p.search(s)
	if len(p.tried) == 0 && p.errs.Len() == 0 { // numbers of the spec keep all dims from being small
		p.own = p.tryUpTo(l, lastResort, fewPoints)
	}
	if len(p.tried) == 0 && p.errs.Len() == 0 {
		p.errs.AddHelp(l.Pos, "let dims, not numbers, be what is large, or say backward: derive",
			"the gradient cannot be tested: no small values were found for the dims")
	} else if p.points == 0 && p.errs.Len() == 0 {
		p.errs.Addf(l.Pos, "the gradient cannot be tested: it is finite at none of the random points tried")
	}
	p.neverAlike(l)
	if g := p.untold(l, derived); g != nil && !p.own && p.errs.Len() == 0 {
		p.errs.AddHelp(l.Pos, "say backward: derive", "the gradient %s cannot be tested: it is 0 at all of the random points tried", g.Name)
	}
	if err := p.errs.Err(); err != nil {
		return nil, err
	}
	if !p.own && !p.once {
		untested = append(untested, s.untested...)
	}
	return finished(l, declared(l), untested), nil
}

// finished decides which of the tensors that come with applied layers forward
// keeps for backward, and leaves out what nobody needs.
func finished(l *layer.Layer, backward *layer.Program, untested []diag.Pos) *layer.Proved {
	read := map[*layer.Tensor]bool{}
	if backward != nil {
		for _, e := range backward.Equations {
			for _, t := range e.Tensors() {
				read[t] = true
			}
		}
	}
	for _, t := range l.Tensors {
		if t.Implied && t.Role == layer.Saved && !read[t] {
			t.Role = layer.Scratch
		}
	}
	stays := func(t *layer.Tensor) bool { return !t.Implied || t.Role != layer.Scratch }
	needed := closure(l.Forward.Equations, stays)
	forward, err := check.Order(slices.DeleteFunc(slices.Clone(l.Forward.Equations), func(e *layer.Equation) bool { return !needed[e.T] }))
	if err != nil {
		panic(fmt.Sprintf("grad: checked equations have no order: %v", err))
	}
	forward.Args = l.Forward.Args
	out := *l
	out.Forward = forward
	out.Tensors = slices.DeleteFunc(slices.Clone(l.Tensors), func(t *layer.Tensor) bool { return !stays(t) && !needed[t] && !read[t] })
	return &layer.Proved{Layer: &out, Backward: backward, Untested: untested}
}

// proof compares gradients and collects the differences.
type proof struct {
	// derived is the derived pass at the dims of the layer, to be shown but for
	// what it repeats of forward.
	derived *layer.Program
	forward []*layer.Equation
	// texts are the equations of derived as they are shown, with dims to which they belong.
	texts func() (texts, fixed []string)
	// wrong has the gradients about which there is a complaint already.
	wrong map[string]bool
	// points counts comparisons, told has the gradients that were not 0 at all of them.
	points int
	told   map[string]bool
	// alike has the gradients that were the same at some point, and not 0; excused those that
	// differed at one by no more than rounding may do, with the complaint about it.
	alike   map[string]bool
	excused map[string]func()
	// own says that the layer's own dims are among them, once that they are at few points.
	own, once bool
	// tried are the sets of dims with their points.
	tried []*trial
	errs  diag.List
}

// missing complains about gradients without an equation.
func (p *proof) missing(l *layer.Layer) {
	defined := map[*layer.Tensor]bool{}
	for _, e := range l.Declared {
		defined[e.T] = true
	}
	for _, g := range l.Gradients {
		if !defined[g] {
			p.wrong[g.Name] = true
			shown, dims := p.show(g.Name)
			help := fmt.Sprintf("add to backward%s:\n%s\nor say grad: none at %s", dims, shown, g.Of.Name)
			p.errs.AddHelp(g.Of.Pos, help, "backward does not define %s, the gradient of %s", g.Name, g.Of.Name)
		}
	}
}

// declared is the backward pass that the spec writes out.
func declared(l *layer.Layer) *layer.Program {
	p, err := program(l, l.Declared)
	if err != nil {
		panic(fmt.Sprintf("grad: checked equations have no order: %v", err))
	}
	return p
}

// complain reports element k of the gradient g.
func (p *proof) complain(l *layer.Layer, g *layer.Tensor, k int, got, want float64, found *point) {
	at := subscripts(g.Shape, k)
	e := definer(l.Declared, g, at)
	var name strings.Builder
	name.WriteString(g.Name)
	for _, i := range at {
		fmt.Fprintf(&name, "[%d]", i)
	}
	var dims []string
	for _, n := range l.Numbers {
		dims = append(dims, n.Name+"="+numberText(n.Value))
	}
	shown, only := p.show(g.Name)
	if here := showAt(l, g.Name); slices.Contains(strings.Split(shown, "\n"), "  "+e.Text) || saysMore(here, shown) { // it belongs to other dims
		shown, only = here, ", for these dims"
	}
	where := found.mode.String()
	if len(dims) > 0 {
		where += " with " + strings.Join(dims, " ")
	}
	help := fmt.Sprintf("found at %s\nderived from forward%s:\n%s", where, only, shown)
	if found.scale != 1 {
		help += "\nit must be linear in the gradients of the outputs, which are " + numberText(found.scale) + " times ordinary ones here"
	}
	if math.Abs(got-want) < 1e-6*math.Abs(want) {
		help += "\nthe two are close: numbers in equations count with all their digits, so write 1/sqrt(2) rather than 0.70710678"
	}
	if found.mode == ties {
		help += "\nat a tie max(a, b) and min(a, b) give the gradient to b, at 0 abs has slope 0"
	}
	if e.Accumulate {
		if lines := linesOf(l.Declared, g, e); lines != "" {
			help += "\nthe mistake may also be in what else is added to it (" + lines + ")"
		}
	}
	if through := intermediates(l.Declared, e); through != "" {
		help += "\nthe mistake may also be in what it reads: " + through
	}
	x, y := apart(got, want)
	p.errs.AddHelp(e.Pos, help, "wrong gradient: %s is %s here, but the derivative of forward is %s", name.String(), x, y)
}

// apart prints two numbers with so many digits that one sees them differ.
func apart(got, want float64) (x, y string) {
	for digits := 6; digits <= 17; digits++ {
		x, y = fmt.Sprintf("%.*g", digits, got+0), fmt.Sprintf("%.*g", digits, want+0) // no -0
		if x != y {
			break
		}
	}
	return x, y
}

// show prints the derived equations of a gradient and of what these read. Where numbers in
// them may be made of dims, it says of which.
func (p *proof) show(name string) (shown, dims string) {
	texts, fixed := p.texts()
	shown = show(p.derived.Equations, p.forward, name, func(k int) string { return texts[k] })
	if len(fixed) > 0 && largeNumber.MatchString(shown) {
		dims = ", for " + strings.Join(fixed, " ")
	}
	return shown, dims
}

// saysMore reports whether equations that are derived at other dims have more in them: where
// dims are 1, or a window as long as what it goes over, much of them falls away.
func saysMore(here, there string) bool {
	plain := func(s string) int { return len(anyNumber.ReplaceAllString(s, "0")) }
	return plain(here) > plain(there)
}

var anyNumber = regexp.MustCompile(`\b\d+(\.\d+)?(e-?\d+)?\b`)

// largeNumber finds an integer above 1, or a fraction.
var largeNumber = regexp.MustCompile(`(^|[^\w.])([2-9]|[1-9]\d+|0\.\d+)($|[^\w.])`)

// showAt prints them as they are derived at the dims of l.
func showAt(l *layer.Layer, name string) string {
	derived, err := Derive(l)
	if err != nil {
		panic(fmt.Sprintf("grad: what was derived cannot be: %v", err))
	}
	return show(derived.Equations, l.Forward.Equations, name, func(k int) string { return derived.Equations[k].Text })
}

func show(eqs, forward []*layer.Equation, name string, text func(k int) string) string {
	wanted := closure(eqs, func(t *layer.Tensor) bool { return t.Name == name })
	var lines []string
	for k, e := range eqs {
		if wanted[e.T] && !slices.Contains(forward, e) {
			lines = append(lines, "  "+text(k))
		}
	}
	return strings.Join(lines, "\n")
}

// subscripts of the k-th element.
func subscripts(shape []int, k int) []int {
	out := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		out[d] = k % shape[d]
		k /= shape[d]
	}
	return out
}

// definer finds the equation that defines an element of g, as far as affine
// subscripts tell.
func definer(eqs []*layer.Equation, g *layer.Tensor, at []int) *layer.Equation {
	var last *layer.Equation
	for _, e := range eqs {
		if e.T != g {
			continue
		}
		if last = e; covers(e, at) {
			return e
		}
	}
	return last
}

// covers reports whether constants and shifts on the left side allow the
// element.
func covers(e *layer.Equation, at []int) bool {
	for d, s := range e.Subs {
		a, ok := layer.AffineOf(s)
		if !ok {
			continue
		}
		lo, hi := a.Extremes()
		if at[d] < lo || at[d] > hi {
			return false
		}
	}
	return true
}

// intermediates names the scratch tensors that e reads and backward defines.
func intermediates(eqs []*layer.Equation, e *layer.Equation) string {
	var out []string
	for _, t := range e.Tensors() {
		if lines := linesOf(eqs, t, e); lines != "" && t != e.T {
			out = append(out, t.Name+" ("+lines+")")
		}
	}
	return strings.Join(out, ", ")
}

// linesOf says where the equations of t are but for one.
func linesOf(eqs []*layer.Equation, t *layer.Tensor, but *layer.Equation) string {
	var lines []string
	for _, e := range eqs {
		if e.T == t && e != but {
			lines = append(lines, strconv.Itoa(e.Pos.Line))
		}
	}
	switch len(lines) {
	case 0:
		return ""
	case 1:
		return "line " + lines[0]
	}
	return "lines " + strings.Join(lines, ", ")
}
