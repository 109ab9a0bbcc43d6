package check

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// search looks for the dimensions that carry a recurrence: one of each of its
// tensors, such that each step, the place in these dimensions, needs earlier
// steps only, or equations of its own step in an order without a cycle.
type search struct {
	c     *checker
	loop  []*layer.Equation
	needs []need
	// tensors are those of the equations; options has the dimensions of each
	// that could carry.
	tensors []*layer.Tensor
	options map[*layer.Tensor][]int
	dim     map[*layer.Tensor]int
	down    bool
	known   map[proof]order
	best    carriers
	// left bounds the number of combinations tried.
	left int
}

// proof names a need between steps counted in two dimensions.
type proof struct {
	need    int
	by, def int
	down    bool
}

// order says how what is read compares to the step that reads it.
type order uint8

const (
	earlier order = iota
	notLater
	unordered
)

// carriers are dimensions for all tensors, with what is wrong with them:
// needs of what is not there yet, or a cycle within a step.
type carriers struct {
	dim  map[*layer.Tensor]int
	down bool
	late []int
	// weight is that of late.
	weight int
	cycle  bool
	found  bool
}

// Weights of what is wrong, smaller for what is more likely meant.
const (
	lateNeed    = 2 // a step that is not there yet
	cycleInStep = 3
	downward    = 2 // anything wrong counts for more, counted from the end
	elsewhere   = 4 // what is read has nothing to do with the step
)

// wrong weighs what is wrong.
func (x carriers) wrong() int {
	n := x.weight
	if x.cycle {
		n += cycleInStep
	}
	if n > 0 && x.down {
		n += downward
	}
	if !x.found {
		return math.MaxInt
	}
	return n
}

// maxCombinations is far more than the tensors of a recurrence with a few
// dimensions each have.
const maxCombinations = 1 << 14

// recurrence finds the index that carries equations which need each other, and
// its direction; nil after a complaint.
func (c *checker) recurrence(loop []*layer.Equation, d *dependences) *layer.Recurrence {
	s := &search{
		c: c, loop: loop, options: map[*layer.Tensor][]int{}, dim: map[*layer.Tensor]int{},
		known: map[proof]order{}, left: maxCombinations,
	}
	for _, e := range loop {
		if !slices.Contains(s.tensors, e.T) {
			s.tensors = append(s.tensors, e.T)
		}
		for _, n := range d.needs[e] {
			if slices.Contains(loop, n.def) {
				s.needs = append(s.needs, n)
			}
		}
	}
	if k := slices.IndexFunc(s.needs, isOld); k >= 0 {
		n := s.needs[k]
		help := fmt.Sprintf("%s is to be read before %s is written: copy it by an equation of its own, as in\n  before[i] = old(%[2]s[i])", layer.FormatExpr(n.node.(*layer.Read)), n.t.Name)
		c.errs.AddHelp(position(n), help, "%s would have to come before %s is written, and after it", n.def.T.Name, n.t.Name)
		return nil
	}
	for _, t := range s.tensors {
		s.options[t] = s.candidates(t)
	}
	for _, s.down = range []bool{false, true} {
		s.choose(0)
	}
	if s.best.wrong() > 0 {
		s.complain()
		return nil
	}
	s.statesInSteps()
	return s.result()
}

// statesInSteps complains where a state that is written step by step is read elsewhere by
// what writes it: that may be old or new.
func (s *search) statesInSteps() {
	for _, e := range s.loop {
		if e.T.Role != layer.State {
			continue
		}
		for _, r := range ownElsewhere(e) {
			s.c.errs.AddHelp(r.Pos, "copy it before, as in\n  before[i] = old("+e.T.Name+"[i])",
				"the state %s is written step by step, so that what writes it can read that element only", e.T.Name)
		}
	}
}

// candidates are the dimensions of t in which each of its equations has an
// index and a constant, or a constant, on its left side.
func (s *search) candidates(t *layer.Tensor) []int {
	var out []int
	for d := range t.Shape {
		ok := true
		for _, e := range s.loop {
			ok = ok && (e.T != t || carries(e, d))
		}
		if ok {
			out = append(out, d)
		}
	}
	return out
}

func carries(e *layer.Equation, d int) bool {
	a, ok := layer.AffineOf(e.Subs[d])
	return ok && !e.Accumulate && (len(a.Terms) == 0 || len(a.Terms) == 1 && a.Terms[0].Coef == 1)
}

// choose tries the dimensions of the k-th tensor and of those after it.
func (s *search) choose(k int) {
	if s.left--; s.left < 0 || s.best.wrong() == 0 {
		return
	}
	late, weight := s.late(s.tensors[:k])
	if weight >= s.best.wrong() {
		return
	}
	if k == len(s.tensors) {
		x := carriers{dim: map[*layer.Tensor]int{}, down: s.down, late: late, weight: weight, found: true}
		for t, d := range s.dim {
			x.dim[t] = d
		}
		x.cycle = s.within() == nil
		if x.wrong() < s.best.wrong() {
			s.best = x
		}
		return
	}
	t := s.tensors[k]
	for _, s.dim[t] = range s.options[t] {
		s.choose(k + 1)
	}
}

// late lists the needs among the tensors that may be of what is not there yet,
// and weighs them.
func (s *search) late(of []*layer.Tensor) (list []int, weight int) {
	for k, n := range s.needs {
		if !slices.Contains(of, n.by.T) || !slices.Contains(of, n.def.T) || s.order(k) != unordered {
			continue
		}
		list, weight = append(list, k), weight+lateNeed
		related := false
		read := indicesOf(n.subs[s.dim[n.def.T]])
		for _, i := range indicesOf(n.by.Subs[s.dim[n.by.T]]) {
			related = related || slices.Contains(read, i)
		}
		if !related && len(read) > 0 {
			weight += elsewhere
		}
	}
	return list, weight
}

// order compares the step of a need with that of its equation, in the
// dimensions at hand.
func (s *search) order(k int) order {
	n := s.needs[k]
	key := proof{k, s.dim[n.by.T], s.dim[n.def.T], s.down}
	if o, ok := s.known[key]; ok {
		return o
	}
	ahead, conds := s.distance(n)
	o := unordered
	switch {
	case s.c.atLeast(ahead, 1, conds):
		o = earlier
	case s.c.atLeast(ahead, 0, conds):
		o = notLater
	}
	s.known[key] = o
	return o
}

// distance is how many steps the need lies back, and the conditions on which
// it does: those around it, and that def defines what is read.
func (s *search) distance(n need) (layer.Int, []layer.Cond) {
	step, read := n.by.Subs[s.dim[n.by.T]], n.subs[s.dim[n.def.T]]
	to := s.c.full().of(n.def.Subs[s.dim[n.def.T]])
	conds := n.on.list()
	if !s.c.full().of(read).within(to) {
		conds = append(conds,
			&layer.CmpInt{Op: ">=", X: read, Y: layer.Lit{V: int(to.lo)}},
			&layer.CmpInt{Op: "<=", X: read, Y: layer.Lit{V: int(to.hi)}})
	}
	if s.down {
		step, read = read, step
	}
	return &layer.IntOp{Op: '-', X: step, Y: read}, conds
}

// within orders the equations of one step, nil where they need each other.
func (s *search) within() []int {
	var out []int
	done := map[*layer.Equation]bool{}
	for len(out) < len(s.loop) {
		next := -1
		for i, e := range s.loop {
			ready := !done[e]
			for k, n := range s.needs {
				ready = ready && (n.by != e || done[n.def] || s.order(k) != notLater)
			}
			if ready {
				next = i
				break
			}
		}
		if next < 0 {
			return nil
		}
		done[s.loop[next]] = true
		out = append(out, next)
	}
	return out
}

// result is the recurrence with the best carriers.
func (s *search) result() *layer.Recurrence {
	s.dim, s.down = s.best.dim, s.best.down
	r := &layer.Recurrence{Down: s.down, First: math.MaxInt, Last: math.MinInt}
	for _, k := range s.within() {
		e := s.loop[k]
		a, _ := layer.AffineOf(e.Subs[s.dim[e.T]])
		carry := layer.Carry{Offset: a.Const}
		if len(a.Terms) > 0 {
			carry.Index = a.Terms[0].I
		}
		first, last := carry.Steps()
		r.First, r.Last = min(r.First, first), max(r.Last, last)
		r.Equations, r.Carry = append(r.Equations, e), append(r.Carry, carry)
	}
	return r
}

// recurrenceHelp is for cycles that no index orders.
const recurrenceHelp = `a recurrence needs earlier steps of itself only, or later ones only, as in
  h[t][n] = x[t][n] + where(t == 0, h0[n], h[t-1][n])
along one index; in a grid let one index count the elements, k = t*S + s: the row
before is where(k >= S, h[k-S], 0), the element before where(k%S > 0, h[k-1], 0)`

// complain says what is wrong with the carriers that come closest.
func (s *search) complain() {
	path := s.cycle()
	if len(s.tensors) == 1 && len(path) == 1 && s.accumulates() {
		s.c.errs.AddHelp(path[0].Pos, recurrenceHelp, "%s depends on itself, and += has no order; define it by =", path[0].T.Name)
		return
	}
	text := fmt.Sprintf("%s depends on itself: %s", path[0].T.Name, needsText(path))
	if !s.best.found || s.best.cycle && len(s.best.late) == 0 || len(s.best.late) > 1 {
		s.c.errs.AddHelp(path[0].Pos, recurrenceHelp, "%s", text)
		return
	}
	s.dim, s.down = s.best.dim, s.best.down
	n := s.needs[s.best.late[0]]
	s.c.errs.AddHelp(position(n), recurrenceHelp, "%s; %s", text, s.missing(n))
}

func (s *search) accumulates() bool {
	for _, e := range s.loop {
		if e.Accumulate {
			return true
		}
	}
	return false
}

// position is where the need stands in the spec.
func position(n need) (pos diag.Pos) {
	switch x := n.node.(type) {
	case *layer.Read:
		pos = x.Pos
	case *layer.Element:
		pos = x.Pos
	}
	if !pos.IsValid() {
		pos = n.by.Pos
	}
	return pos
}

// missing describes a point at which what is read is not there yet.
func (s *search) missing(n need) string {
	ahead, conds := s.distance(n)
	p := prover{sub: ahead, size: 2 * far, conds: conds, left: budget}
	_, found := p.prove(s.c.full())
	element := layer.FormatExpr(&layer.Read{T: n.t, Subs: n.subs})
	if !found {
		return fmt.Sprintf("that %s is there already cannot be proved", element)
	}
	var at []string
	for _, i := range indicesOf(ahead) {
		at = append(at, fmt.Sprintf("%s=%d", i.Name, p.at[i].lo))
	}
	if len(at) == 0 {
		return fmt.Sprintf("%s is not there yet", element)
	}
	return fmt.Sprintf("at %s it needs %s, which is not there yet", strings.Join(at, ", "), element)
}

// cycle gives a shortest way from the first equation in the spec back to it.
func (s *search) cycle() []*layer.Equation {
	first := s.loop[0]
	for _, e := range s.loop {
		if before(e.Pos, first.Pos) {
			first = e
		}
	}
	from := map[*layer.Equation]*layer.Equation{}
	for queue := []*layer.Equation{first}; len(queue) > 0; queue = queue[1:] {
		for _, n := range s.needs {
			if n.by != queue[0] {
				continue
			}
			if n.def == first {
				path := []*layer.Equation{queue[0]}
				for path[0] != first {
					path = append([]*layer.Equation{from[path[0]]}, path...)
				}
				return path
			}
			if from[n.def] == nil {
				from[n.def] = n.by
				queue = append(queue, n.def)
			}
		}
	}
	panic("check: a component without a cycle")
}

func needsText(path []*layer.Equation) string {
	var names []string
	for _, e := range append(slices.Clone(path), path[0]) {
		names = append(names, e.T.Name)
	}
	return strings.Join(names, " needs ")
}
