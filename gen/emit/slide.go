package emit

import (
	"cmp"
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
	w := &slide{units: map[*ir.Reg]*unit{}}
	if !w.read(steps) {
		return nil
	}
	along := w.along()
	var regs []*ir.Reg
	for _, st := range all {
		for _, r := range ir.Assigned(st) {
			if u := w.units[r]; u != nil && u.root == along {
				regs = append(regs, r)
			}
		}
	}
	backwards := slices.Clone(regs) // as a window slides whose subscript is subtracted
	slices.SortStableFunc(backwards, func(a, b *ir.Reg) int { return cmp.Compare(w.units[b].at, w.units[a].at) })
	for _, order := range [][]*ir.Reg{regs, backwards} {
		if out := w.ordered(order, all); len(out) == len(all) && sameOrder(all, out) {
			return out
		}
	}
	return nil
}

// ordered is the statements by the units that are used in the given order.
func (w *slide) ordered(regs []*ir.Reg, all []ir.Stmt) []ir.Stmt {
	w.out = nil
	for _, u := range w.units {
		u.emitted = false
	}
	for _, r := range regs {
		w.use(r, all)
	}
	return w.out
}

// slide is the state of a reordering.
type slide struct {
	units map[*ir.Reg]*unit
	out   []ir.Stmt
}

// unit is how a register gets what the terms read: a load, or the lanes of one in another
// order.
type unit struct {
	st   ir.Stmt
	root *ir.Buffer
	// at is the constant part of the place, step the first that reads it.
	at, step int
	emitted  bool
}

// read notes the units, and reports whether the steps do nothing but load and add
// up, and use in one step what another one loads.
func (w *slide) read(steps [][]ir.Stmt) bool {
	shared := false
	sums := map[*ir.Reg]bool{}
	for i, step := range steps {
		for _, st := range step {
			if r, u := w.unit(st); u != nil {
				if w.units[r] != nil || sums[r] {
					return false
				}
				u.st, u.step, w.units[r] = st, i, u
				continue
			}
			a, ok := st.(*ir.Assign)
			if !ok || w.units[a.Dst] != nil {
				return false
			}
			for _, r := range a.Args {
				if r != a.Dst && sums[r] {
					return false // it waits for more than loads
				}
				shared = shared || w.units[r] != nil && w.units[r].step != i
			}
			sums[a.Dst] = true
		}
	}
	return shared
}

// unit is a new one, and its register, where the statement is one.
func (w *slide) unit(st ir.Stmt) (*ir.Reg, *unit) {
	switch st := st.(type) {
	case *ir.Load:
		return st.Dst, &unit{root: st.Mem.Buf.Root(), at: st.Mem.Flat().Const}
	case *ir.Assign:
		if st.Op == ir.Shuffle && w.units[st.Args[0]] != nil {
			of := w.units[st.Args[0]]
			return st.Dst, &unit{root: of.root, at: of.at}
		}
	}
	return nil, nil
}

// along is the buffer that most is loaded from.
func (w *slide) along() *ir.Buffer {
	count := map[*ir.Buffer]int{}
	for _, u := range w.units {
		count[u.root]++
	}
	var best *ir.Buffer
	for b, n := range count {
		if best == nil || n > count[best] || n == count[best] && b.Name < best.Name {
			best = b
		}
	}
	return best
}

// use emits a unit and all terms that read it, each after what else it reads.
func (w *slide) use(r *ir.Reg, all []ir.Stmt) {
	w.emit(r)
	for _, st := range all {
		a, ok := st.(*ir.Assign)
		if !ok || w.units[a.Dst] != nil || !slices.Contains(a.Args, r) {
			continue
		}
		for _, x := range a.Args {
			w.emit(x)
		}
		w.out = append(w.out, st)
	}
}

// emit emits the unit of a register, after the one that it is of, where there is one that is
// not there yet.
func (w *slide) emit(r *ir.Reg) {
	u := w.units[r]
	if u == nil || u.emitted {
		return
	}
	u.emitted = true
	for _, x := range ir.Operands(u.st) {
		w.emit(x)
	}
	w.out = append(w.out, u.st)
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
