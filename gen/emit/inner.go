package emit

import (
	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// innerLoops are the inner loops of a pass around one tile.
type innerLoops struct {
	e      *emitter
	ps     *fuse.Pass
	pp     plan.PassPlan
	axes   []ir.Axis
	ranges []ir.Range
	red    []*reducer
	// kinds is how many tiles have code of their own.
	kinds int
}

// fullKinds is the number of kinds of tiles up to which all of them may be
// spelled out in full: those of a window of three by three.
const fullKinds = 9

// steps is the number of steps along size values of the last axis.
func (l *innerLoops) steps(size int) int {
	if l.pp.Vec != nil {
		return naive.CeilDiv(size, l.e.t.Lanes)
	}
	return size
}

// terms is the number of steps inside one value of the i-th axis.
func (l *innerLoops) terms(i int) int {
	n := 1
	for k := i + 1; k < len(l.axes); k++ {
		if k == len(l.axes)-1 {
			n *= l.steps(l.axes[k].Size)
		} else {
			n *= l.axes[k].Size
		}
	}
	return n
}

// spelled reports whether size values of the i-th axis need no loop.
func (l *innerLoops) spelled(i, size, points int) bool {
	if i == len(l.axes)-1 {
		size = l.steps(size)
		all := size
		for _, a := range l.axes[:i] {
			all *= a.Size
		}
		if size <= l.unroll(size) || all*points <= l.e.longestRow() {
			return true
		}
	}
	n, most := size*l.terms(i), fullTile*fullKinds/max(fullKinds, l.kinds)
	if !l.e.g.Contraction {
		return n*points*l.kinds <= l.e.longestRow()
	}
	switch {
	case l.offsets(l.axes[i]):
		most *= 2 // what is spread over lanes is loaded in one piece then
	case i < len(l.axes)-1:
		most /= 2
	}
	return n*points <= most && n <= fullSteps
}

// offsets reports whether an axis goes through the elements between those that a stage spreads
// over lanes.
func (l *innerLoops) offsets(a ir.Axis) (found bool) {
	for _, s := range l.ps.Stages {
		s.Nest.Value.Walk(func(x *ir.Expr) { found = found || between(x, a) })
	}
	return found
}

// unroll is how many of a number of steps one iteration of the last loop has.
func (l *innerLoops) unroll(steps int) int {
	split := max(1, min(l.pp.Split, steps))
	n := max(l.pp.Unroll, split)
	if t := l.e.t; t.Lanes == 1 { // whose compiler takes long for much code
		n = max(split, min(n, t.Statements/(l.e.plan.TileSize()*l.kinds)))
	}
	return n - n%split
}

// run emits the loops from the i-th axis on, for the points that count.
func (l *innerLoops) run(i int, q map[*ir.Var]ir.Sub, pts []at) {
	a := l.axes[i]
	segs := l.e.segments(l.ranges, a, pts)
	if i == len(l.axes)-1 && l.windowed(segs) {
		l.together(q, segs)
		return
	}
	for _, seg := range segs {
		spelled := l.spelled(i, seg.count, len(seg.points))
		if i == len(l.axes)-1 {
			l.last(q, seg, spelled)
			continue
		}
		next := func(sub ir.Sub) {
			in := map[*ir.Var]ir.Sub{a.Var: sub}
			for v, s := range q {
				in[v] = s
			}
			l.run(i+1, in, seg.points)
		}
		if spelled {
			for k := 0; k < seg.count; k++ {
				next(ir.Sub{Const: seg.start + k})
			}
			continue
		}
		l.e.loop(a.Var.Name, seg.count, l.e.g.Contraction, func(v *ir.Var) {
			sub := ir.Sub{Const: seg.start}
			if v != nil {
				sub = sub.Add(ir.VarSub(v), 1)
			}
			next(sub)
		})
	}
}

// windowed reports whether the last axis is in several short segments, such as the
// taps of a window at a border.
func (l *innerLoops) windowed(segs []segment) bool {
	return len(segs) > 1 && l.pp.Vec == nil && l.axes[len(l.axes)-1].Size <= plan.MostSlid
}

// together emits the steps of all segments of the last axis at once.
func (l *innerLoops) together(q map[*ir.Var]ir.Sub, segs []segment) {
	a := l.axes[len(l.axes)-1]
	var steps []func()
	for _, seg := range segs {
		for k := range seg.count {
			steps = append(steps, func() {
				l.e.step(l.ps, l.pp, seg.points, q, a.Var, ir.Sub{Const: seg.start + k}, 0, k, l.red)
			})
		}
	}
	l.e.sideBySide(len(steps), !l.e.g.Contraction, func(k int) { steps[k]() })
	l.e.flush()
}

// last emits the steps along the last axis, those of one cache line after the other where
// something is asked for by lines along this axis.
func (l *innerLoops) last(q map[*ir.Var]ir.Sub, seg segment, spelled bool) {
	a := l.axes[len(l.axes)-1]
	line := seg.count
	if !spelled && l.e.asksByLine(a.Var) && l.pp.Vec == nil && line > machine.LineFloats {
		line = machine.LineFloats
	}
	lines := func(from ir.Sub, count int) {
		first := seg.points[0].withAll(q).with(a.Var, from)
		l.e.askNext(a.Var, first, true)
		l.e.askRowsAfter(first)
		l.steady(q, seg, from, count, spelled)
	}
	l.e.loop(a.Var.Name, seg.count/line, l.e.g.Contraction, func(v *ir.Var) {
		from := ir.Sub{Const: seg.start}
		if v != nil {
			from = from.Add(ir.VarSub(v), line)
		}
		lines(from, line)
	})
	if rest := seg.count % line; rest > 0 {
		lines(ir.Sub{Const: seg.start + seg.count - rest}, rest)
	}
}

// steady emits a number of steps along the last axis.
func (l *innerLoops) steady(q map[*ir.Var]ir.Sub, seg segment, from ir.Sub, count int, spelled bool) {
	a := l.axes[len(l.axes)-1]
	unroll := l.unroll(l.steps(count))
	if spelled {
		unroll = l.steps(count)
	}
	l.e.innermost(l.pp, ir.Axis{Var: a.Var, Size: count}, unroll, func(sub ir.Sub, lanes, step int) {
		sub = sub.Add(from, 1)
		l.e.step(l.ps, l.pp, seg.points, q, a.Var, sub, lanes, step, l.red)
		if step%askSteps == 0 {
			l.e.askNext(a.Var, seg.points[0].withAll(q).with(a.Var, sub), false)
			l.askOnward(q, seg, a.Var, sub)
		}
	})
}

// askOnward asks for what the next part of the sum reads.
func (l *innerLoops) askOnward(q map[*ir.Var]ir.Sub, seg segment, v *ir.Var, sub ir.Sub) {
	if len(l.e.onward) == 0 {
		return
	}
	points := make([]at, len(seg.points))
	for i, p := range seg.points {
		points[i] = p.withAll(q).with(v, sub)
	}
	l.e.askOnward(v, points)
}

// longestRow is how many steps over all points are spelled out at most. Where
// several passes go over a row, what the first one loads is kept for the others,
// and more than there are registers would go to the stack and back.
func (e *emitter) longestRow() int {
	rows := 0
	for _, ps := range e.g.Passes {
		if len(ps.Inner) > 0 {
			rows++
		}
	}
	if rows > 1 && e.t.Lanes > 1 {
		return e.t.HeldRow()
	}
	return fullRow
}
