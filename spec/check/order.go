package check

import (
	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// Order puts equations that were derived from checked ones in an order of
// evaluation, as Check does with those of a spec.
func Order(list []*layer.Equation) (*layer.Program, error) {
	c := &checker{errs: &diag.List{}, values: map[*layer.Tensor]interval{}}
	c.intervals(list)
	p := c.sort(list)
	return p, c.errs.Err()
}

// sort puts equations in an order in which each reads only what is defined;
// otherwise the given order stays. Equations that need each other make a
// recurrence.
func (c *checker) sort(list []*layer.Equation) *layer.Program {
	d := c.dependences(list)
	var out layer.Program
	loops := map[*layer.Equation][]*layer.Equation{}
	for _, e := range list {
		loops[e] = d.component(e)
	}
	done := map[*layer.Equation]bool{}
	for len(out.Equations) < len(list) {
		var ready []*layer.Equation
		for _, e := range list {
			if !done[e] && d.onlyOn(loops[e], done) {
				ready = loops[e]
				break
			}
		}
		if len(ready) > 1 || d.on(ready[0], ready[0]) {
			if r := c.recurrence(ready, d); r != nil {
				out.Recurrences = append(out.Recurrences, r)
				ready = r.Equations
			}
		}
		for _, e := range ready {
			done[e] = true
		}
		out.Equations = append(out.Equations, ready...)
	}
	return &out
}

// Decide evaluates a condition over all values of its indices, where it has one
// value for them all.
func Decide(c layer.Cond) (holds, known bool) {
	switch (box{}).holds(c) {
	case always:
		return true, true
	case never:
		return false, true
	}
	return false, false
}

// need is an element that the equation by reads and that def may define, or what def reads
// of a state before by defines it.
type need struct {
	access
	by, def *layer.Equation
}

// isOld reports whether a need is for what a state was.
func isOld(n need) bool {
	r, ok := n.node.(*layer.Read)
	return ok && r.Old
}

// dependences are the needs of a list of equations.
type dependences struct {
	list  []*layer.Equation
	needs map[*layer.Equation][]need
	// reach has the equations that an equation needs, directly or not.
	reach map[*layer.Equation]map[*layer.Equation]bool
}

// dependences finds what each equation needs of the others and of itself. An
// equation may read the old value of the state that it updates; every other
// equation sees the new one, unless it asks for the old. What is never evaluated counts
// for nothing.
func (c *checker) dependences(list []*layer.Equation) *dependences {
	by := map[*layer.Tensor][]*layer.Equation{}
	for _, e := range list {
		by[e.T] = append(by[e.T], e)
	}
	d := &dependences{list: list, needs: map[*layer.Equation][]need{}, reach: map[*layer.Equation]map[*layer.Equation]bool{}}
	for _, e := range list {
		visit := func(a access) {
			if a.t == e.T && a.t.Role == layer.State || len(by[a.t]) == 0 || !c.possible(a.on) {
				return
			}
			for _, def := range by[a.t] {
				n := need{a, e, def}
				if isOld(n) { // to be read before it is written
					n.by, n.def = def, e
				}
				if !c.apart(a, def) {
					d.needs[n.by] = append(d.needs[n.by], n)
				}
			}
		}
		for _, s := range e.Subs {
			accesses(s, nil, visit)
		}
		accesses(e.Value, nil, visit)
	}
	for _, e := range list {
		d.reach[e] = map[*layer.Equation]bool{}
		d.follow(e, d.reach[e])
	}
	return d
}

func (d *dependences) follow(e *layer.Equation, seen map[*layer.Equation]bool) {
	for _, n := range d.needs[e] {
		if !seen[n.def] {
			seen[n.def] = true
			d.follow(n.def, seen)
		}
	}
}

// on reports whether e needs f directly.
func (d *dependences) on(e, f *layer.Equation) bool {
	for _, n := range d.needs[e] {
		if n.def == f {
			return true
		}
	}
	return false
}

// component gives the equations that need e and that e needs, with e itself.
func (d *dependences) component(e *layer.Equation) []*layer.Equation {
	var out []*layer.Equation
	for _, f := range d.list {
		if f == e || d.reach[e][f] && d.reach[f][e] {
			out = append(out, f)
		}
	}
	return out
}

// onlyOn reports whether the equations of a component need nothing else that
// is not done.
func (d *dependences) onlyOn(loop []*layer.Equation, done map[*layer.Equation]bool) bool {
	in := map[*layer.Equation]bool{}
	for _, e := range loop {
		in[e] = true
	}
	for _, e := range loop {
		for _, n := range d.needs[e] {
			if !in[n.def] && !done[n.def] {
				return false
			}
		}
	}
	return true
}

// possible reports whether the conditions may hold together.
func (c *checker) possible(on *conds) bool {
	if on == nil {
		return true
	}
	// A number that is never in bounds, and has to do with every condition.
	var x layer.Int = layer.Lit{V: -1}
	for _, cond := range on.list() {
		for _, i := range indicesOf(cond) {
			x = &layer.IntOp{Op: '-', X: x, Y: &layer.Var{I: i}}
		}
	}
	p := prover{sub: x, size: 1, conds: on.list(), left: budget}
	_, found := p.prove(c.full())
	return found || p.left <= 0
}

// apart reports whether an access never meets an element that def defines.
func (c *checker) apart(a access, def *layer.Equation) bool {
	for d, s := range a.subs {
		to := c.full().of(def.Subs[d])
		if c.atLeast(s, to.hi+1, a.on.list()) || c.atMost(s, to.lo-1, a.on.list()) {
			return true
		}
	}
	return false
}

// far is beyond all differences of subscripts.
const far = 1 << 33

// atLeast reports whether x >= k is certain where the conditions hold.
func (c *checker) atLeast(x layer.Int, k int64, conds []layer.Cond) bool {
	if k > far || k < -far {
		return k < 0
	}
	if a, ok := layer.AffineOf(x); ok && !concern(conds, a) {
		return c.full().ofAffine(a).lo >= k // exact, but for conditions that never hold
	}
	p := prover{sub: &layer.IntOp{Op: '-', X: x, Y: layer.Lit{V: int(k)}}, size: 2 * far, conds: conds, left: budget}
	_, found := p.prove(c.full())
	return !found && p.left > 0
}

// concern reports whether one of the conditions is about an index of a.
func concern(conds []layer.Cond, a layer.Affine) bool {
	for _, c := range conds {
		for _, i := range indicesOf(c) {
			if a.Coef(i) != 0 {
				return true
			}
		}
	}
	return false
}

// atMost reports whether x <= k is certain where the conditions hold.
func (c *checker) atMost(x layer.Int, k int64, conds []layer.Cond) bool {
	if k > far || k < -far {
		return k > 0
	}
	return c.atLeast(&layer.IntOp{Op: '-', X: layer.Lit{V: 0}, Y: x}, -k, conds)
}

func before(a, b diag.Pos) bool {
	return a.Line < b.Line || a.Line == b.Line && a.Col < b.Col
}
