package inline_test

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/inline"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
	"github.com/google/go-cmp/cmp"
)

// rows multiplies the rows of x by a matrix; it reads the row after each one, too.
const rows = `layer: rows
dims: {N: , I: , O: }
tensors:
  x: {role: input, shape: [N, I], outside: 0}
  w: {role: param, shape: [I, O]}
  s: {role: scalar}
  y: {role: output, shape: [N, O]}
  z: {role: output, shape: [N, I]}
forward: |
  y[n][o] = sum(i, x[n][i]*w[i][o])*s
  z[n][i] = x[n+1][i]
backward: derive
`

// bound is rows with the given number of them, 3 by 2.
func bound(t *testing.T, n string) (*layer.Layer, map[string]*layer.Tensor) {
	t.Helper()
	s, err := syntax.Parse("rows.yaml", []byte(rows))
	if err != nil {
		t.Fatal(err)
	}
	l, err := check.Check(s, map[string]string{"N": n, "I": "3", "O": "2"})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]*layer.Tensor{}
	for _, x := range l.Tensors {
		named[x.Name] = x
	}
	return l, named
}

// outer is a tensor of the layer around, under the name of the one that it stands for.
func outer(name string, shape ...int) *layer.Tensor {
	return &layer.Tensor{Name: strings.ToUpper(name), Shape: shape, Type: layer.Float32}
}

// TestEquations copies equations into a layer whose tensors have other extents.
func TestEquations(t *testing.T) {
	for _, c := range []struct {
		name, n string
		// lead are the extents that stand for the rows, none where that is nil.
		lead []int
		want []string
	}{
		{"the same extents", "6", nil, []string{
			"Y[n][o] = sum(i, X[n][i]*W[i][o])*S",
			"Z[n][i] = where(n+1 >= 0 && n+1 < 6, X[n+1][i], 0)",
		}},
		{"a batch of sequences for the rows", "6", []int{2, 3}, []string{
			"Y[n_0][n_1][o] = sum(i, X[n_0][n_1][i]*W[i][o])*S",
			"Z[n_0][n_1][i] = where(n_0*3+n_1+1 >= 0 && n_0*3+n_1+1 < 6, X[(n_0*3+n_1+1)/3][(n_0*3+n_1+1)%3][i], 0)",
		}},
		{"no extent for one row", "1", []int{}, []string{
			"Y[o] = sum(i, X[i]*W[i][o])*S",
			"Z[i] = where(1 >= 0 && 1 < 1, X[i], 0)",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, named := bound(t, c.n)
			places := map[*layer.Tensor]layer.Place{}
			for name, x := range named {
				p := layer.Place{T: outer(name, x.Shape...)}
				if name != "w" && name != "s" && c.lead != nil {
					p = layer.Place{T: outer(name, append(append([]int{}, c.lead...), x.Shape[1:]...)...), Lead: c.lead}
				}
				places[x] = p
			}
			var got []string
			for _, e := range inline.Equations(l.Forward.Equations, places) {
				got = append(got, strings.ReplaceAll(layer.FormatEquation(e), " + ", "+"))
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestStandIns: what has no tensor is 0, and a scalar may be an expression.
func TestStandIns(t *testing.T) {
	l, named := bound(t, "4")
	places := map[*layer.Tensor]layer.Place{
		named["x"]: {T: outer("x", 4, 3)}, named["w"]: {}, named["s"]: {Value: layer.Const{V: 0.5}},
		named["y"]: {T: outer("y", 4, 2)}, named["z"]: {T: outer("z", 4, 3)},
	}
	if got, want := layer.FormatEquation(inline.Equations(l.Forward.Equations, places)[0]), "Y[n][o] = sum(i, X[n][i]*0)*0.5"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestMissing: a tensor that nothing stands for is a mistake of the caller.
func TestMissing(t *testing.T) {
	l, _ := bound(t, "4")
	defer func() {
		if p, _ := recover().(string); !strings.Contains(p, "nothing stands for") {
			t.Errorf("panic %q", p)
		}
	}()
	inline.Equations(l.Forward.Equations, nil)
}

// TestThrough: layers within layers, whose rows are several extents at one of both steps, or
// at each.
func TestThrough(t *testing.T) {
	inner, between := outer("inner", 24), outer("between", 6, 4)
	last := outer("last", 2, 3, 4)
	for _, c := range []struct {
		p, q layer.Place
		want []int
	}{
		{layer.Place{T: inner}, layer.Place{T: last, Lead: []int{2, 3, 4}}, []int{2, 3, 4}},
		{layer.Place{T: inner, Lead: []int{6, 4}}, layer.Place{T: between}, []int{6, 4}},
		{layer.Place{T: inner, Lead: []int{6, 4}}, layer.Place{T: last, Lead: []int{2, 3}}, []int{2, 3, 4}},
	} {
		got := inline.Through(c.p, map[*layer.Tensor]layer.Place{inner: c.q})
		if got.T != c.q.T || !cmp.Equal(got.Lead, c.want) {
			t.Errorf("%v through %v: %v, want the extents %v", c.p, c.q, got, c.want)
		}
	}
}
