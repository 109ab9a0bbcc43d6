package naive

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// random draws axes, and forms of them.
type random struct{ *rand.Rand }

// axes are up to three of a few values each.
func (r random) axes(name string) []ir.Axis {
	var out []ir.Axis
	for k := range r.IntN(3) + 1 {
		out = append(out, ir.Axis{Var: &ir.Var{Name: fmt.Sprint(name, k)}, Size: 2 + r.IntN(4)})
	}
	return out
}

// form is a small one of some of the axes.
func (r random) form(axes ...[]ir.Axis) ir.Sub {
	s := ir.Sub{Const: r.IntN(9) - 4}
	for _, a := range Join(axes...) {
		s = s.Add(ir.VarSub(a.Var), r.IntN(7)-3)
	}
	return s
}

// each calls f with the values of all points of the axes.
func each(axes []ir.Axis, f func(map[*ir.Var]int)) {
	at := map[*ir.Var]int{}
	var visit func(k int)
	visit = func(k int) {
		if k == len(axes) {
			f(at)
			return
		}
		for at[axes[k].Var] = 0; at[axes[k].Var] < axes[k].Size; at[axes[k].Var]++ {
			visit(k + 1)
		}
	}
	visit(0)
}

// value is that of a form at a point.
func value(s ir.Sub, at map[*ir.Var]int) int {
	v := s.Const
	for _, t := range s.Terms {
		v += t.Coef * at[t.Var]
	}
	return v
}

// TestExtent compares the ranges of forms with their values, and the steps that they go on by.
func TestExtent(t *testing.T) {
	r := random{rand.New(rand.NewPCG(1, 0))}
	for range 2000 {
		axes := r.axes("a")
		s := r.form(axes)
		lo, hi := 1<<30, -1<<30
		step := CommonStep(s)
		each(axes, func(at map[*ir.Var]int) {
			v := value(s, at)
			lo, hi = min(lo, v), max(hi, v)
			if d := v - s.Const; d != 0 && (step == 0 || d%step != 0) {
				t.Fatalf("%v has the value %d, which steps of %d do not reach", s, v, step)
			}
		})
		if gotLo, gotHi := Extent(s, axes); gotLo != lo || gotHi != hi {
			t.Fatalf("%v of %v is from %d to %d, Extent says %d to %d", s, axes, lo, hi, gotLo, gotHi)
		}
	}
}

// TestCounting compares the values for which a range holds with those that are said to.
func TestCounting(t *testing.T) {
	r := random{rand.New(rand.NewPCG(2, 0))}
	for range 5000 {
		a := ir.Axis{Var: &ir.Var{Name: "a"}, Size: 2 + r.IntN(12)}
		w := ir.Range{Sub: ir.Sub{}.Add(ir.VarSub(a.Var), r.IntN(9)-4), Size: 1 + r.IntN(12)}
		rest := r.IntN(41) - 20
		got := Counting(w, a, rest)
		for v := range a.Size {
			x := rest + w.Sub.Coef(a.Var)*v
			if holds, said := x >= 0 && x < w.Size, got.Lo <= v && v < got.Hi; holds != said {
				t.Fatalf("0 <= %d + %v < %d at %d: %v, but %v", rest, w.Sub, w.Size, v, holds, got)
			}
		}
	}
}

// TestApart looks for accesses that are said never to meet and do, and checks that
// it is said of some of those that do not.
func TestApart(t *testing.T) {
	r := random{rand.New(rand.NewPCG(3, 0))}
	b := &ir.Buffer{Name: "x", Shape: []int{100, 100}}
	said, never := 0, 0
	for range 3000 {
		same, p, n := r.axes("s"), &ir.Nest{Axes: r.axes("p")}, &ir.Nest{Axes: r.axes("n")}
		p.Axes, n.Axes = Join(same, p.Axes), Join(same, n.Axes)
		a := &ir.Mem{Buf: b, Subs: []ir.Sub{r.form(p.Axes), r.form(p.Axes)}}
		c := &ir.Mem{Buf: b, Subs: []ir.Sub{r.form(n.Axes), r.form(n.Axes)}}
		meet := false
		each(same, func(at map[*ir.Var]int) {
			seen := map[[2]int]bool{}
			places := func(m *ir.Mem, own []ir.Axis, f func(x [2]int)) {
				each(own[len(same):], func(mine map[*ir.Var]int) {
					for _, s := range same {
						mine[s.Var] = at[s.Var]
					}
					f([2]int{value(m.Subs[0], mine), value(m.Subs[1], mine)})
				})
			}
			places(a, p.Axes, func(x [2]int) { seen[x] = true })
			places(c, n.Axes, func(x [2]int) { meet = meet || seen[x] })
		})
		apart := Apart(p, a, n, c, same...)
		if apart && meet {
			t.Fatalf("%v and %v meet", a.Subs, c.Subs)
		}
		if apart {
			said++
		}
		if !meet {
			never++
		}
	}
	if said*20 < never {
		t.Errorf("of %d pairs that never meet, %d are found", never, said)
	}
}

// TestOneRow goes through the elements of axes in order.
func TestOneRow(t *testing.T) {
	r := random{rand.New(rand.NewPCG(4, 0))}
	rows := 0
	for range 3000 {
		axes := r.axes("a")
		f, size := ir.Sub{}, 1
		for k := len(axes) - 1; k >= 0; k-- {
			f = f.Add(ir.VarSub(axes[k].Var), size+max(0, r.IntN(8)-6))
			size *= axes[k].Size
		}
		next, sideBySide := 0, true
		each(axes, func(at map[*ir.Var]int) {
			sideBySide = sideBySide && value(f, at) == next
			next++
		})
		if OneRow(f, axes) != sideBySide {
			t.Fatalf("%v of %v: side by side is %v", f, axes, sideBySide)
		}
		if sideBySide {
			rows++
		}
	}
	if rows == 0 {
		t.Error("no rows")
	}
}
