// Package grad derives the gradient of a layer and proves the one that its
// spec declares.
//
// What comes in: a checked layer. What goes out: the layer with a backward
// pass. What is promised: the derived pass is the adjoint of the forward
// equations, term by term, with the subgradients that package layer lays down;
// a declared pass equals it on small shapes, ties and repeated ids included, and
// is linear in the gradients of the outputs as it is.
package grad

import (
	"slices"
	"sort"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// Derive makes the backward pass of l by reverse-mode differentiation of its
// equations. It is nil where nothing is differentiated.
//
// Each read of a tensor contributes to the tensor's gradient; a contribution
// becomes a sum over what the read's subscripts do not fix (a gather) where
// they can be inverted, and a += (a scatter) where they cannot.
func Derive(l *layer.Layer) (*layer.Program, error) { return derive(l, nil) }

// derive is Derive with some of forward's tensors, by name, taken for constants.
// Gradients that have no order as wholes may have one in the parts that forward defines.
func derive(l *layer.Layer, constant map[string]bool) (*layer.Program, error) {
	p, err := deriveIn(l, constant, false)
	if err != nil {
		if parts, err := deriveIn(l, constant, true); err == nil {
			return parts, nil
		}
	}
	return p, err
}

func deriveIn(l *layer.Layer, constant map[string]bool, parts bool) (*layer.Program, error) {
	if len(l.Gradients) == 0 {
		return nil, nil
	}
	reshapedAgain(l)
	d := &derivation{
		l:       l,
		active:  map[*layer.Tensor]bool{},
		adjoint: map[*layer.Tensor]*layer.Tensor{},
		terms:   map[*layer.Tensor][]term{},
		taken:   namesOf(l), made: map[string]*layer.Tensor{}, constant: constant, parts: parts,
	}
	d.openUpstreams()
	d.activate()
	d.stopped()
	d.reverse()
	for _, g := range l.Gradients {
		d.define(g, g.Of, nil)
	}
	p, err := program(l, retarget(withoutCopies(d.shares(d.kept(live(d.equations))))))
	if err != nil {
		return nil, d.noOrder(err)
	}
	d.updatedState(p)
	if err := d.errs.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

// updatedState complains where backward would read a state that forward
// updates: the caller may have gone on before backward runs.
func (d *derivation) updatedState(p *layer.Program) {
	for _, update := range d.l.Forward.Equations {
		for _, e := range p.Equations {
			if update.T.Role == layer.State && slices.Contains(e.Tensors(), update.T) {
				d.errs.AddHelp(update.Pos, "keep what backward needs in a tensor with role: saved",
					"the gradient reads the state %s, which forward updates here", update.T.Name)
				break
			}
		}
	}
}

// derivation is the state of Derive.
type derivation struct {
	l *layer.Layer
	// active are the tensors whose gradient is wanted for its own sake or for
	// that of others.
	active map[*layer.Tensor]bool
	// adjoint has the tensor that holds the whole gradient of a tensor, once
	// that is defined; nil where the gradient is zero.
	adjoint map[*layer.Tensor]*layer.Tensor
	// terms are the contributions to a tensor's gradient so far.
	terms     map[*layer.Tensor][]term
	equations []*layer.Equation
	// constant are tensors of forward that count as constants.
	constant map[string]bool
	// parts says that gradients of tensors in knots are defined part by part.
	parts bool
	// tied has the knot of each tensor that is in one.
	tied map[*layer.Tensor]*knot
	// taken are the names that indices and scratch tensors must not have.
	taken map[string]bool
	// made are the scratch tensors with what takes work in an adjoint, by their values.
	made map[string]*layer.Tensor
	errs diag.List
}

// openUpstreams lets a derived pass read upstream gradients beyond their shape:
// windows then need no conditions. What is derived to be shown beside declared
// equations could not be written by their author.
func (d *derivation) openUpstreams() {
	if !d.l.Derive {
		return
	}
	for _, u := range d.l.Upstreams {
		u.HasOutside, u.Outside = len(u.Shape) > 0, 0
	}
}

// activate finds the active tensors, from the inputs on.
func (d *derivation) activate() {
	for _, g := range d.l.Gradients {
		d.active[g.Of] = true
	}
	for again := true; again; { // a recurrence takes more than one round
		again = false
		for _, e := range d.l.Forward.Equations {
			if !d.active[e.T] && e.T.Type == layer.Float32 && !d.stops(e.T) && d.reaches(e.Value) {
				d.active[e.T], again = true, true
			}
		}
	}
}

// stops reports whether a tensor counts as a constant: a state, or a value in between
// that the spec does not want differentiated.
func (d *derivation) stops(t *layer.Tensor) bool {
	return t.Role == layer.State || t.NoGrad && t.Role != layer.Output || d.constant[t.Name]
}

// reaches reports whether x reads an active tensor as a real number.
func (d *derivation) reaches(x layer.Expr) bool {
	found := false
	layer.Walk(x, func(node any) bool {
		switch n := node.(type) {
		case *layer.Read:
			found = found || d.active[n.T]
			return false
		case layer.Cond, layer.Int:
			return false
		}
		return !found
	})
	return found
}

// reverse walks the forward equations from the last to the first and collects
// the contributions of each.
func (d *derivation) reverse() {
	upstream := map[*layer.Tensor]*layer.Tensor{}
	for _, u := range d.l.Upstreams {
		upstream[u.Of] = u
	}
	chained := d.chained()
	eqs := together(d.l.Forward.Equations, chained)
	d.tied = d.knots()
	for k := len(eqs) - 1; k >= 0; k-- {
		e := eqs[k]
		if a := chained[e]; a != nil {
			if k == 0 || chained[eqs[k-1]] != a { // all that reads its results stands behind it
				d.chain(a, upstream, k)
			}
			continue
		}
		if !d.active[e.T] {
			continue
		}
		knot := d.tied[e.T]
		if _, done := d.adjoint[e.T]; !done && knot == nil {
			d.settle(e.T, upstream[e.T])
		} else if !done {
			d.begin(knot, upstream)
		}
		d.contribute(e, k)
		if knot != nil {
			d.end(knot, upstream)
		}
	}
}

// contribute spreads the gradient of what e defines over what e reads.
func (d *derivation) contribute(e *layer.Equation, place int) {
	g := d.adjoint[e.T]
	if g == nil {
		return
	}
	s := scope{idx: e.Free, target: e.T, place: place}
	if !e.Accumulate {
		s.whole, s.self = e.Value, &layer.Read{T: e.T, Subs: e.Subs, Pos: e.Pos}
	}
	d.push(e.Value, &layer.Read{T: g, Subs: e.Subs, Pos: e.Pos}, s)
}

// settle defines the gradient of a tensor that forward defines: all that read
// it have made their contributions.
func (d *derivation) settle(t, upstream *layer.Tensor) {
	switch {
	case len(d.terms[t]) == 0:
		d.adjoint[t] = upstream
	case upstream == nil:
		d.adjoint[t] = d.define(d.scratch(t, "d"+t.Name), t, nil)
	default:
		d.adjoint[t] = d.define(d.scratch(t, "d"+t.Name+"_total"), t, upstream)
	}
}

// open reports whether the gradient of t may be read beyond its shape: not in a
// recurrence, where a step that is not there has to be left out.
func (d *derivation) open(t *layer.Tensor) bool {
	return d.l.Derive && len(t.Shape) > 0 && d.tied[t] == nil
}

// scratch makes a tensor for the gradient of t.
func (d *derivation) scratch(t *layer.Tensor, name string) *layer.Tensor {
	return &layer.Tensor{
		Name: unused(name, d.taken), Role: layer.Scratch, Type: layer.Float32,
		Shape: t.Shape, Extents: t.Extents, HasOutside: d.open(t), Of: t, Pos: t.Pos,
	}
}

// define writes the equations that make g the sum of all contributions to the
// gradient of t, and of the tensor more where there is one. It returns g, or
// a tensor that has the same values.
func (d *derivation) define(g, t, more *layer.Tensor) *layer.Tensor {
	terms := d.terms[t]
	sort.SliceStable(terms, func(i, j int) bool { return terms[i].place < terms[j].place })
	if more == nil && d.tied[t] == nil && len(terms) == 1 && terms[0].moves(t) {
		d.add(terms[0].move(g, t))
		return g
	}
	if d.byPieces(g, t, more, terms) {
		return g
	}
	free := d.freeIndices(t, terms)
	subs := vars(free)
	var gathered []layer.Expr
	if more != nil {
		gathered = append(gathered, &layer.Read{T: more, Subs: subs, Pos: t.Pos})
	}
	var scattered []term
	for _, c := range terms { // a recurrence must be without +=, which has no order
		if x, ok := c.gather(t, free, d.adjoint[t] != nil); ok {
			gathered = append(gathered, x)
		} else {
			scattered = append(scattered, c)
		}
	}
	sum := total(gathered)
	if r, ok := sum.(*layer.Read); ok && g.Role == layer.Scratch && len(scattered) == 0 && sameSubs(r, subs) && d.adjoint[t] == nil {
		return r.T
	}
	if len(scattered) == 0 && (more == nil && d.byCases(g, t, free, gathered) || d.byParts(g, t, free, gathered)) {
		return g
	}
	if len(scattered) == 0 || len(gathered) > 0 {
		d.add(&layer.Equation{T: g, Subs: subs, Free: free, Accumulate: len(scattered) > 0, Value: sum, Pos: t.Pos})
	}
	d.scatter(g, t, scattered)
	return g
}

// scatter adds an equation for each contribution; equal ones become one with a
// factor.
func (d *derivation) scatter(g, t *layer.Tensor, terms []term) {
	var order []*layer.Equation
	count := map[string]float64{}
	for _, c := range terms {
		e := c.scatter(g, t)
		layer.NameIndices(e, d.taken)
		key := layer.FormatEquation(e)
		if count[key]++; count[key] == 1 {
			order = append(order, e)
		}
	}
	for _, e := range order {
		e.Value = mul(constant(count[layer.FormatEquation(e)]), e.Value)
		d.add(e)
	}
}

// sameSubs reports whether r is, element by element, all of a tensor with the
// same indices.
func sameSubs(r *layer.Read, subs []layer.Int) bool {
	if len(r.Subs) != len(subs) {
		return false
	}
	for d, s := range r.Subs {
		v, ok := s.(*layer.Var)
		w, bare := subs[d].(*layer.Var)
		if !ok || !bare || v.I != w.I || v.I.Size != r.T.Shape[d] {
			return false
		}
	}
	return true
}

// add puts an equation into the program, with names that can be read back.
func (d *derivation) add(e *layer.Equation) {
	layer.NameIndices(e, d.taken)
	e.Text = layer.FormatEquation(e)
	d.equations = append(d.equations, e)
}

// live leaves out equations on which no gradient depends.
func live(eqs []*layer.Equation) []*layer.Equation {
	wanted := closure(eqs, func(t *layer.Tensor) bool { return t.Role == layer.Gradient })
	var out []*layer.Equation
	for _, e := range eqs {
		if wanted[e.T] {
			out = append(out, e)
		}
	}
	return out
}

// closure gives the tensors that the equations define and that are roots, or
// of which such need something.
func closure(eqs []*layer.Equation, root func(*layer.Tensor) bool) map[*layer.Tensor]bool {
	by := map[*layer.Tensor][]*layer.Equation{}
	for _, e := range eqs {
		by[e.T] = append(by[e.T], e)
	}
	wanted := map[*layer.Tensor]bool{}
	var want func(t *layer.Tensor)
	want = func(t *layer.Tensor) {
		if wanted[t] || by[t] == nil {
			return
		}
		wanted[t] = true
		for _, e := range by[t] {
			for _, u := range e.Tensors() {
				want(u)
			}
		}
	}
	for _, e := range eqs {
		if root(e.T) {
			want(e.T)
		}
	}
	return wanted
}

// program makes a backward pass of the equations: forward's scratch tensors
// that they read are computed again first.
func program(l *layer.Layer, eqs []*layer.Equation) (*layer.Program, error) {
	defined, read := map[*layer.Tensor]bool{}, map[*layer.Tensor]bool{}
	for _, e := range eqs {
		defined[e.T] = true
	}
	for _, e := range eqs {
		for _, t := range e.Tensors() {
			read[t] = !defined[t]
		}
	}
	var scratch []*layer.Equation
	for _, e := range l.Forward.Equations {
		if e.T.Role == layer.Scratch {
			scratch = append(scratch, e)
		}
	}
	again := closure(scratch, func(t *layer.Tensor) bool { return read[t] })
	var all []*layer.Equation
	for _, e := range scratch {
		if again[e.T] {
			all = append(all, e)
		}
	}
	p, err := check.Order(append(all, eqs...))
	if err != nil {
		return nil, err
	}
	p.Args = layer.BackwardArgs(l, p.Equations)
	return p, nil
}
