package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// slid orders the terms that steps of a window add to the sums of a tile by what
// they load: each element that slides through the tile is loaded once, and used at
// once for all sums that it is in. Step by step, more of them would have to stay
// in registers than there are. It returns nil where nothing slides. The terms of
// each sum keep their order.
func slid(steps [][]ir.Stmt) []ir.Stmt {
	all := slices.Concat(steps...)
	w := &slide{loads: map[*ir.Reg]*ir.Load{}, emitted: map[*ir.Reg]bool{}}
	if !w.read(steps) {
		return nil
	}
	along := w.along()
	for _, st := range all {
		if l, ok := st.(*ir.Load); ok && l.Mem.Buf.Root() == along {
			w.use(l, all)
		}
	}
	if len(w.out) != len(all) || !sameOrder(all, w.out) {
		return nil
	}
	return w.out
}

// slide is the state of a reordering.
type slide struct {
	loads   map[*ir.Reg]*ir.Load
	emitted map[*ir.Reg]bool
	out     []ir.Stmt
}

// read notes the loads, and reports whether the steps do nothing but load and add
// up, and use in one step what another one loads.
func (w *slide) read(steps [][]ir.Stmt) bool {
	shared := false
	from := map[*ir.Reg]int{}
	computed := map[*ir.Reg]bool{}
	for _, step := range steps {
		for _, st := range step {
			if a, ok := st.(*ir.Assign); ok {
				computed[a.Dst] = true
			}
		}
	}
	for i, step := range steps {
		for _, st := range step {
			switch st := st.(type) {
			case *ir.Load:
				if w.loads[st.Dst] != nil {
					return false
				}
				w.loads[st.Dst], from[st.Dst] = st, i
			case *ir.Assign:
				for _, r := range st.Args {
					if r != st.Dst && computed[r] {
						return false // it waits for more than loads
					}
					shared = shared || w.loads[r] != nil && from[r] != i
				}
				if w.loads[st.Dst] != nil {
					return false
				}
			default:
				return false
			}
		}
	}
	return shared
}

// along is the buffer that most is loaded from.
func (w *slide) along() *ir.Buffer {
	count := map[*ir.Buffer]int{}
	for _, l := range w.loads {
		count[l.Mem.Buf.Root()]++
	}
	var best *ir.Buffer
	for b, n := range count {
		if best == nil || n > count[best] || n == count[best] && b.Name < best.Name {
			best = b
		}
	}
	return best
}

// use emits a load and all statements that read it, each after what else it loads.
func (w *slide) use(l *ir.Load, all []ir.Stmt) {
	w.load(l)
	for _, st := range all {
		a, ok := st.(*ir.Assign)
		if !ok || !slices.Contains(a.Args, l.Dst) {
			continue
		}
		for _, r := range a.Args {
			if m := w.loads[r]; m != nil && !w.emitted[r] {
				w.load(m)
			}
		}
		w.out = append(w.out, st)
	}
}

func (w *slide) load(l *ir.Load) {
	w.emitted[l.Dst] = true
	w.out = append(w.out, l)
}

// sameOrder reports whether the assignments to each register have the same order
// in two lists of statements.
func sameOrder(a, b []ir.Stmt) bool {
	order := func(body []ir.Stmt) map[*ir.Reg][]ir.Stmt {
		out := map[*ir.Reg][]ir.Stmt{}
		for _, st := range body {
			if x, ok := st.(*ir.Assign); ok {
				out[x.Dst] = append(out[x.Dst], st)
			}
		}
		return out
	}
	x, y := order(a), order(b)
	for r, list := range x {
		if !slices.Equal(list, y[r]) {
			return false
		}
	}
	return true
}

// windows reports whether the terms of a tile may be ordered by what they load:
// those of the innermost axis are spelled out, and what else they need for one
// element has registers beside the sums.
func (c *contraction) windows(t Target, s shape, a, b *ir.Var) bool {
	last := c.main.nest.Reduce[len(c.main.nest.Reduce)-1]
	if t.Lanes == 1 || b == nil || last.Size > mostSlid || len(c.g.abreast) > 0 {
		return false
	}
	others := 0
	for _, m := range c.loads {
		if stride(m, last.Var) != 0 && stride(m, b) == 0 {
			n := last.Size
			if a != nil && stride(m, a) != 0 {
				n *= s.a
			}
			others += n
		}
	}
	return s.a*s.b*s.split+others+1 <= t.Registers
}

// mostSlid is the size of an innermost axis up to which its terms are spelled out.
const mostSlid = 5

// slidLoads is how many elements of m along b are loaded for a term, where a window
// slides through the tile.
func (c *contraction) slidLoads(m *ir.Mem, s shape, b *ir.Var) float64 {
	last := c.main.nest.Reduce[len(c.main.nest.Reduce)-1]
	for _, x := range m.Subs {
		if x.Coef(b) != 0 && x.Coef(last.Var) != 0 {
			return float64(reached(x, []ir.Axis{{Var: b, Size: s.b}, last})) / float64(last.Size)
		}
	}
	return float64(s.b)
}
