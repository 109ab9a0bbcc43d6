package ir

import (
	"slices"
	"testing"
)

func TestParamNames(t *testing.T) {
	f := &Func{Step: &Var{Name: "block"}, Block: &Var{Name: "block"}}
	for _, n := range []string{"x", "x", "x_2", "type", "AX", "Y0", "g", "größe", "Δ", "float32", "1a"} {
		f.Buffers = append(f.Buffers, &Buffer{Name: n})
	}
	f.Scalars = []*Scalar{{Name: "lr"}, {Name: "block"}}
	buffers, scalars, counters := ParamNames(f)
	if want := []string{"x", "x_2", "x_2_2", "type_", "pAX", "pY0", "pg", "gre", "p", "float32_", "p1a"}; !slices.Equal(buffers, want) {
		t.Errorf("buffers are %q, want %q", buffers, want)
	}
	if want := []string{"lr", "block"}; !slices.Equal(scalars, want) || !slices.Equal(counters, []string{"block_2", "block_3"}) {
		t.Errorf("scalars are %q, want %q; counters are %q", scalars, want, counters)
	}
}
