package plan

import (
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// TestSpan compares what some values of an outer axis need of an inner one with the values for
// which a range holds, of one side or of two.
func TestSpan(t *testing.T) {
	a, inner := ir.Axis{Var: &ir.Var{Name: "a"}, Size: 12}, ir.Axis{Var: &ir.Var{Name: "i"}, Size: 15}
	for _, coefs := range [][2]int{{1, -1}, {-1, 1}, {1, 1}, {2, -1}, {1, -2}, {-1, -1}} {
		for shift := -14; shift <= 14; shift++ {
			for _, size := range []int{1, 4, 100} {
				sub := ir.Sub{Const: shift}.Add(ir.VarSub(a.Var), coefs[0]).Add(ir.VarSub(inner.Var), coefs[1])
				c := Clipping{ir.Range{Sub: sub, Size: size}, inner}
				for lo := range a.Size {
					for hi := lo + 1; hi <= a.Size; hi++ {
						for _, unit := range []int{1, 4} {
							checkSpan(t, c, a, naive.Span{Lo: lo, Hi: hi}, unit)
						}
					}
				}
			}
		}
	}
}

func checkSpan(t *testing.T, c Clipping, a ir.Axis, of naive.Span, unit int) {
	got := c.Span(a, of, unit)
	if got.Lo < 0 || got.Hi > c.Inner.Size || got.Lo%unit != 0 || got.Lo >= got.Hi {
		t.Fatalf("%v for %v: %v", c.Within, of, got)
	}
	for v := of.Lo; v < of.Hi; v++ {
		for k := range c.Inner.Size {
			x := c.Within.Sub.Const + c.Within.Sub.Coef(a.Var)*v + c.Within.Sub.Coef(c.Inner.Var)*k
			if x >= 0 && x < c.Within.Size && (k < got.Lo || k >= got.Hi) {
				t.Fatalf("0 <= %v < %d for %v: %v lacks %d", c.Within.Sub, c.Within.Size, of, got, k)
			}
		}
	}
}
