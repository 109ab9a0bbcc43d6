package lower

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/layer"
)

// TestBands looks at gradients of windows with large strides: few equations, of
// which none tests a remainder.
func TestBands(t *testing.T) {
	tests := []struct {
		layer, dims, grad string
		want              int
	}{
		{"avgpool2d", "N=1 H=7 W=7 C=3 R=7 S=7", "dx", 1},
		{"maxpool2d", "N=1 H=16 W=24 C=3 R=8 S=8", "dx", 1},
		{"conv1d", "N=1 L=640 C=1 K=3 S=256 stride=128", "dx", 1},
		{"conv1d", "N=1 L=103 C=2 K=3 S=14 stride=40 pad=5", "dx", 4},
		{"conv2d", "N=1 H=21 W=19 C=3 K=8 R=8 S=6 stride=4 pad=2", "dx", 9},
		{"conv2d", "N=1 H=21 W=19 C=3 K=8 R=3 S=3 stride=2 pad=1", "dx", 4},
		{"conv_transpose2d", "N=1 H=4 W=4 C=2 K=3 R=16 S=16 stride=16", "y", 1},
	}
	for _, test := range tests {
		s, err := spec.Open(test.layer)
		if err != nil {
			t.Fatal(err)
		}
		given := map[string]string{}
		for _, d := range strings.Fields(test.dims) {
			k, v, _ := strings.Cut(d, "=")
			given[k] = v
		}
		l, err := spec.Prove(s, given)
		if err != nil {
			t.Fatal(err)
		}
		p := l.Backward
		if test.grad == "y" {
			p = l.Forward
		}
		for _, eq := range p.Equations {
			if eq.T.Name != test.grad {
				continue
			}
			parts := phases(eq)
			if len(parts) != test.want {
				t.Errorf("%s %s: %d equations, want %d", test.layer, test.dims, len(parts), test.want)
			}
			for _, part := range parts {
				part.Walk(func(x any) bool {
					if op, ok := x.(*layer.IntOp); ok && op.Op == '%' {
						t.Errorf("%s %s: a remainder is left", test.layer, test.dims)
					}
					return true
				})
			}
		}
	}
}
