package naive

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// FirstDim is the first dimension in which one of the axes stands.
func FirstDim(m *ir.Mem, axes []ir.Axis) int {
	return slices.IndexFunc(m.Subs, func(s ir.Sub) bool { return TouchesAny(s, axes) })
}

// FromDim is m in a view of its array whose dimensions from d on are one.
func FromDim(m ir.Mem, d int) ir.Mem {
	view := *m.Buf
	view.Of = m.Buf.Root()
	row, size := ir.Sub{}, 1
	for k := len(m.Subs) - 1; k >= d; k-- {
		row = row.Add(m.Subs[k], size)
		size *= m.Buf.Shape[k]
	}
	view.Shape = append(slices.Clone(m.Buf.Shape[:d]), size)
	return ir.Mem{Buf: &view, Subs: append(slices.Clone(m.Subs[:d]), row)}
}

// AlongRow reports whether m goes along memory with v.
func AlongRow(m *ir.Mem, v *ir.Var) bool { return Stride(m, v) == 1 && LastDim(m, v) }

// Footprint is the bytes of operand m that all the given axes reach.
func Footprint(m *ir.Mem, axes ...[]ir.Axis) float64 {
	bytes := 4.0
	for _, s := range m.Subs {
		bytes *= float64(Reached(s, axes...))
	}
	return bytes
}

// Reached is how many values a subscript takes over the axes: those of a window
// overlap.
func Reached(s ir.Sub, axes ...[]ir.Axis) int {
	span, all := 1, 1
	for _, t := range s.Terms {
		n := 1
		for _, list := range axes {
			n = max(n, SizeOf(list, t.Var))
		}
		span += max(t.Coef, -t.Coef) * (n - 1)
		all *= n
	}
	return min(span, all)
}

// AllBare reports whether every subscript is an axis or a constant.
func AllBare(m *ir.Mem) bool {
	for _, s := range m.Subs {
		if len(s.Terms) > 0 && Bare(s) == nil {
			return false
		}
	}
	return true
}
