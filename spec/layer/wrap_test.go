package layer_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/library"
	"github.com/dlgen/dlgen/spec/syntax"
)

func TestWrap(t *testing.T) {
	long := "y[n][p] = b[n] + sum(r, s, c, x[n][p*stride_h+r*dilation_h-pad_top][q*stride_w+s*dilation_w-pad_left][g*(C/groups)+c]*w[r][s][c])"
	want := []string{
		"y[n][p] = b[n] + sum(r, s, c,",
		"    x[n][p*stride_h+r*dilation_h-pad_top][q*stride_w+s*dilation_w-pad_left][g*(C/groups)+c]*w[r][s][c])",
	}
	for text, want := range map[string][]string{long: want, "y = x": {"y = x"}, strings.Repeat("x", 200): {strings.Repeat("x", 200)}} {
		if d := cmp.Diff(want, layer.Wrap(text)); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	}
}

// TestWrapReadsBack: lines that are wrapped parse to the same equations.
func TestWrapReadsBack(t *testing.T) {
	for _, name := range library.Names() {
		text, _ := library.Text(name)
		s, err := syntax.Parse(name, text)
		if err != nil {
			t.Fatal(err)
		}
		again := "layer: again\nforward: |\n"
		for _, q := range s.Forward {
			again += "  " + strings.Join(layer.Wrap(syntax.PrintEquation(q)), "\n  ") + "\n"
		}
		back, err := syntax.Parse(name, []byte(again))
		if err != nil {
			t.Fatal(err)
		}
		for k, q := range back.Forward {
			if got, want := syntax.PrintEquation(q), syntax.PrintEquation(s.Forward[k]); got != want {
				t.Errorf("%s comes back as %s", want, got)
			}
		}
	}
}
