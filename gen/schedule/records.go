package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// records shows arrays of short records, such as points and boxes, pixels of a few
// colours, whose members are named by number, without the dimension of the members:
// record v has member c at k*v + c, so that vectors may go along the records. Maps that
// go through the members of such arrays are spelled out for each.
func records(l *ir.Loops) {
	named := recordArrays(l.Nests)
	var out []*ir.Nest
	for _, n := range l.Nests {
		out = append(out, spelledOut(n, named)...)
	}
	l.Nests = out
	views := map[*ir.Buffer]*ir.Buffer{}
	for _, n := range l.Nests {
		for _, m := range touches(n) {
			b := m.Buf
			if !named[b] {
				continue
			}
			d := len(b.Shape) - 1
			if views[b] == nil {
				view := *b
				view.Of, view.Shape = b.Root(), append(slices.Clone(b.Shape[:d-1]), b.Shape[d-1]*b.Shape[d])
				views[b] = &view
			}
			m.Buf, m.Subs = views[b], append(slices.Clone(m.Subs[:d-1]), m.Subs[d].Add(m.Subs[d-1], b.Shape[d]))
		}
	}
}

// recordArrays are the arrays of records of which some access names a member by number,
// and none goes through the members in a sum: those that can be spelled out together.
func recordArrays(nests []*ir.Nest) map[*ir.Buffer]bool {
	fit, named := map[*ir.Buffer]bool{}, map[*ir.Buffer]bool{}
	for _, n := range nests {
		for _, m := range touches(n) {
			if _, seen := fit[m.Buf]; !seen {
				fit[m.Buf] = m.Buf.Elem == ir.F32 && len(m.Buf.Shape) > 1
			}
			by, ok := member(n, m)
			fit[m.Buf] = fit[m.Buf] && ok
			named[m.Buf] = named[m.Buf] || ok && by == nil
		}
	}
	defined := map[*ir.Buffer]float64{}
	for _, n := range nests {
		defined[n.Store.Buf] += volume(n.Axes)
	}
	out := map[*ir.Buffer]bool{}
	for b := range named {
		fit[b] = fit[b] && defined[b] <= float64(b.Size()) // what is cleared first is one nest
		out[b] = named[b] && fit[b]
	}
	for changed := true; changed; {
		changed = false
		for _, n := range nests {
			for _, a := range throughMembers(n, out) {
				for _, m := range touches(n) {
					switch {
					case m.Flat().Coef(a) == 0 || out[m.Buf] || len(m.Flat().Terms) == 1:
					case fit[m.Buf]:
						out[m.Buf], changed = true, true
					default:
						for _, m := range touches(n) {
							changed = changed || out[m.Buf]
							fit[m.Buf], out[m.Buf] = false, false
						}
					}
				}
			}
		}
	}
	return out
}

// member is the axis by which an access goes through the members of records, nil where it
// names one by number; ok is false for any other access.
func member(n *ir.Nest, m *ir.Mem) (by *ir.Var, ok bool) {
	d := len(m.Subs) - 1
	if d < 1 || m.Buf.Shape[d] < 2 || m.Buf.Shape[d] > mostSpaced {
		return nil, false
	}
	s := m.Subs[d]
	if len(s.Terms) == 0 {
		return nil, true
	}
	v := s.Terms[0].Var
	spelled := len(s.Terms) == 1 && s.Terms[0].Coef == 1 && has(n.Axes, v) && lastDim(m, v) && !restricts(n.Within, v) && !restricts(n.Only, v) && len(n.Gathers) == 0
	return v, spelled
}

// throughMembers are the axes of a nest that go through the members of the given arrays.
func throughMembers(n *ir.Nest, arrays map[*ir.Buffer]bool) []*ir.Var {
	var out []*ir.Var
	for _, m := range touches(n) {
		if by, ok := member(n, m); ok && by != nil && arrays[m.Buf] && !slices.Contains(out, by) {
			out = append(out, by)
		}
	}
	return out
}

// spelledOut is a nest for each of the members of the given arrays that it goes through.
func spelledOut(n *ir.Nest, arrays map[*ir.Buffer]bool) []*ir.Nest {
	axes := throughMembers(n, arrays)
	if len(axes) == 0 {
		return []*ir.Nest{n}
	}
	var out []*ir.Nest
	for c := range sizeOf(n.Axes, axes[0]) {
		one := substitutedNest(renamed(n, nil), axes[0], ir.Sub{Const: c})
		one.Axes = slices.DeleteFunc(slices.Clone(n.Axes), func(a ir.Axis) bool { return a.Var == axes[0] })
		out = append(out, spelledOut(one, arrays)...)
	}
	return out
}
