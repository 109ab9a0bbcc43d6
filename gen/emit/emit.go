// Package emit writes down what is planned: the statements of kernels, and the calls of them.
//
// What comes in: planned groups of loops. What goes out: a program in which nothing is left to
// decide. What is promised: no call of a kernel runs much longer than Target.CallCycles, unless a
// single iteration of its outermost loop does; what temporaries hold is there when it is read.
package emit

import (
	"fmt"
	"slices"
	"sort"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/place"
	"github.com/dlgen/dlgen/gen/plan"
	"github.com/dlgen/dlgen/gen/polish"
)

// scheduler turns planned groups into the steps of a program.
type scheduler struct {
	target machine.Target
	loops  *ir.Loops
	steps  []ir.Step
	// reserved are names that loop variables must not have.
	reserved map[string]bool
	// block and step are the names of the variables of calling loops, the inner
	// one and the outer one.
	block, step string
	// back are the groups that go through memory from its end.
	back map[*plan.Group]bool
}

// Program is the program for planned groups of loops.
func Program(l *ir.Loops, groups []*plan.Group, t machine.Target) *ir.Program {
	s := &scheduler{target: t, loops: l}
	s.emit(groups)
	p := &ir.Program{Name: l.Name, Lanes: t.Lanes, Args: l.Args, Scalars: l.Scalars, Steps: s.steps}
	p.Workspace = usedWorkspace(s.steps)
	ir.Share(p)
	for i, f := range p.Funcs() {
		f.Name = fmt.Sprintf("%s%d%s", p.Name, i, t.Name)
	}
	return p
}

// usedWorkspace lists the workspace buffers of the kernels, in order of use.
func usedWorkspace(steps []ir.Step) []*ir.Buffer {
	var out []*ir.Buffer
	seen := map[*ir.Buffer]bool{}
	for _, st := range steps {
		for _, b := range st.Func.Buffers {
			if b.Place == ir.Workspace && !seen[b] {
				seen[b] = true
				out = append(out, b)
			}
		}
	}
	return out
}

// emit makes the functions of a pass, those of a serial loop for themselves.
func (s *scheduler) emit(groups []*plan.Group) {
	s.reserve(groups)
	place.Shrink(groups)
	parts := fuse.SerialParts(groups)
	place.ShareParts(groups, parts)
	for _, part := range parts {
		s.emitPart(part)
	}
}

// emitPart makes one function of groups that are short, and one or more for
// each group where they are long.
func (s *scheduler) emitPart(groups []*plan.Group) {
	cycles, frame := 0.0, 0
	for _, g := range groups {
		cycles += g.Plan.Cycles
		for _, pn := range g.Plan.Panels {
			if pn.Buf.Place == ir.Frame {
				frame += 4*pn.Size(g.Plan) + 64
			}
		}
	}
	for _, b := range fuse.Temporaries(plan.Fused(groups)) {
		frame += 4*b.Size() + 64
	}
	if cycles <= s.target.CallCycles && frame <= s.target.FrameBytes {
		f := s.together(groups, false)
		if !place.Sweeps(groups, s.target) && s.inside(f, groups[0]) {
			return
		}
		if len(groups) == 1 || statements(f.Body) <= s.target.Statements {
			s.finish(f, groups[0], 1)
			if place.Sweeps(groups, s.target) {
				s.thereAndBack(groups)
			}
			return
		}
	}
	place.ShareFunctions(groups, s.target)
	s.back = place.TurningBack(groups, s.target)
	first, shares := len(s.steps), place.Sharing(groups, s.target)
	parts := s.emitEach(groups, shares)
	steps := interleaved(groups, parts, shares)
	if len(shares) > 0 && slices.Equal(steps, slices.Concat(parts...)) {
		s.steps = s.steps[:first]
		steps = slices.Concat(s.emitEach(groups, nil)...) // short calls are for nothing
	}
	s.steps = append(s.steps[:first:first], steps...)
}

// emitEach makes the functions of each group.
func (s *scheduler) emitEach(groups []*plan.Group, shares map[*plan.Group]bool) [][]ir.Step {
	var parts [][]ir.Step
	for _, g := range groups {
		from := len(s.steps)
		most := s.callCycles(g, shares)
		if g.Plan.Cycles <= most || len(g.Plan.Order) == 0 {
			f := s.newFunc(g)
			e := s.emitter(g, f)
			e.back = s.back[g]
			e.run()
			f.Cycles = g.Plan.Cycles
			s.finish(f, g, 1)
		} else {
			s.emitBlocks(g, most)
		}
		parts = append(parts, slices.Clone(s.steps[from:]))
	}
	return parts
}

// emitter is one that writes g into f.
func (s *scheduler) emitter(g *plan.Group, f *ir.Func) *emitter {
	e := newEmitter(s.target, g, f)
	e.reserved = s.reserved
	return e
}

// reserve collects the names of everything in the functions but loop variables;
// buffers of the schedule's own give way to the layer's.
func (s *scheduler) reserve(groups []*plan.Group) {
	s.reserved = map[string]bool{}
	known := map[*ir.Buffer]bool{}
	for _, b := range s.loops.Buffers {
		s.reserved[b.Name], known[b] = true, true
	}
	for _, sc := range s.loops.Scalars {
		s.reserved[sc.Name] = true
	}
	add := func(b *ir.Buffer) {
		b = b.Root()
		for !known[b] && s.reserved[b.Name] {
			b.Name += "_"
		}
		s.reserved[b.Name], known[b] = true, true
	}
	for _, g := range groups {
		if g.Steps != nil {
			s.reserved[g.Steps.Var.Name] = true
		}
		for _, pn := range g.Plan.Panels {
			add(pn.Buf)
		}
		for _, st := range g.Stages {
			for _, m := range naive.Touches(st.Nest) {
				add(m.Buf)
			}
		}
	}
	s.block, s.step = s.unused("block"), s.unused("tile")
}

// unused is a name that nothing else has.
func (s *scheduler) unused(name string) string {
	for s.reserved[name] {
		name += "_"
	}
	s.reserved[name] = true
	return name
}

// statements counts those of a body, at any depth.
func statements(body []ir.Stmt) int {
	n := 0
	for _, st := range body {
		n++
		if l, ok := st.(*ir.Loop); ok {
			n += statements(l.Body)
		}
	}
	return n
}

// emitBlocks splits a long group at its outermost loop: the calling Go code
// runs that loop, several iterations a call, none of which takes much longer than
// the given cycles.
func (s *scheduler) emitBlocks(g *plan.Group, most float64) {
	if s.nests(g) {
		s.emitNested(g)
		return
	}
	e := s.emitter(g, nil)
	runs := e.splitRuns(g.Plan.Order[0], e.runs(g.Plan.Order[0]))
	blocks := 0
	for _, r := range runs {
		blocks += r.count
	}
	each := g.Plan.Cycles / float64(blocks)
	var calls []func()
	for _, r := range runs {
		s.inCalls(r, each, most, e.bands(0), func(r axisRun, count int) {
			calls = append(calls, func() { s.emitRun(g, r, count, each) })
		})
	}
	if s.back[g] {
		slices.Reverse(calls)
	}
	for _, call := range calls {
		call()
	}
}

// inCalls divides a run, whose tiles take the given cycles each, into calls of
// several tiles: equal ones or, where that would make them much shorter, equal
// ones and a shorter one, which needs code of its own. The equal ones have code for each of
// so many bands.
func (s *scheduler) inCalls(r axisRun, each, most float64, bands int, emit func(r axisRun, count int)) {
	chunk := min(r.count, max(1, int(most*0.6/each)))
	for even := chunk; even > chunk/2; even-- {
		if r.count%even == 0 {
			chunk = even
			break
		}
	}
	n := r.count / chunk
	for from, size := 0, max(1, naive.CeilDiv(n, bands)); from < n; from += size {
		main := r
		main.start, main.count = r.start+from*chunk*r.step, chunk
		emit(main, min(size, n-from))
	}
	if rest := r.count - n*chunk; rest > 0 {
		tail := r
		tail.start, tail.count = r.start+n*chunk*r.step, rest
		emit(tail, 1)
	}
}

// emitRun makes the function for a run of the outermost loop that is called
// count times; each iteration of the loop takes the given cycles.
func (s *scheduler) emitRun(g *plan.Group, r axisRun, count int, each float64) {
	f := s.newFunc(g)
	f.Cycles = each * float64(r.count)
	if count > 1 {
		f.Block = &ir.Var{Name: s.block}
	}
	e := s.emitter(g, f)
	e.back = s.back[g]
	e.runBlock(r, f.Block, count)
	s.finish(f, g, count)
}

// newFunc is a function for g.
func (s *scheduler) newFunc(g *plan.Group) *ir.Func {
	f := &ir.Func{Lanes: s.target.Lanes}
	if g.Steps != nil {
		f.Step = g.Steps.Var
	}
	return f
}

// machine is what the target has for the lanes of a function.
func (s *scheduler) machine() polish.Machine {
	return polish.Machine{Registers: s.target.Registers, Wide: s.target.Wide}
}

// finish lists what a function for g uses.
func (s *scheduler) finish(f *ir.Func, g *plan.Group, count int) {
	polish.Func(f, s.machine())
	used := map[*ir.Buffer]bool{}
	scalars := map[*ir.Scalar]bool{}
	collect(f.Body, used, scalars)
	for b := range used {
		if b.Place == ir.Frame {
			f.Frame = append(f.Frame, b)
		} else {
			f.Buffers = append(f.Buffers, b)
		}
	}
	for sc := range scalars {
		f.Scalars = append(f.Scalars, sc)
	}
	s.sort(f.Frame)
	s.sort(f.Buffers)
	order := map[*ir.Scalar]int{}
	for i, sc := range s.loops.Scalars {
		order[sc] = i
	}
	sort.Slice(f.Scalars, func(i, j int) bool { return order[f.Scalars[i]] < order[f.Scalars[j]] })
	s.steps = append(s.steps, ir.Step{Func: f, Count: count, In: g.Steps})
}

// sort puts buffers in the order of the loops' own, panels last.
func (s *scheduler) sort(list []*ir.Buffer) {
	rank := map[*ir.Buffer]int{}
	for i, b := range s.loops.Buffers {
		rank[b] = i - len(s.loops.Buffers)
	}
	sort.Slice(list, func(i, j int) bool {
		if a, b := rank[list[i]], rank[list[j]]; a != b {
			return a < b
		}
		return list[i].Name < list[j].Name
	})
}

// collect finds the buffers and scalars that statements use.
func collect(body []ir.Stmt, buffers map[*ir.Buffer]bool, scalars map[*ir.Scalar]bool) {
	for _, st := range body {
		switch st := st.(type) {
		case *ir.Loop:
			collect(st.Body, buffers, scalars)
		case *ir.Assign:
			if st.Scalar != nil {
				scalars[st.Scalar] = true
			}
		}
		for _, m := range ir.Touched(st) {
			buffers[m.Buf.Root()] = true
		}
	}
}
