package layer_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

const formatSpec = `layer: format
tensors:
  x: {role: input, shape: [3, 4]}
  p: {role: input, shape: [3, 4], outside: 0}
  id: {role: input, type: int32, shape: [3]}
  lr: {role: scalar}
  seed: {role: scalar, type: uint64}
  y: {role: output, shape: [3, 4]}
  z: {role: output, shape: [3]}
forward: |
  z[a] = x[a][0] + p[a][0] + id[a] + lr + uniform(seed, a)
  y[a][b] = %s
backward: none
`

func checkFormat(t *testing.T, value string) *layer.Layer {
	t.Helper()
	s, err := syntax.Parse("format.yaml", fmt.Appendf(nil, formatSpec, value))
	if err != nil {
		t.Fatal(err)
	}
	l, err := check.Check(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func equationOf(l *layer.Layer, name string) *layer.Equation {
	for _, e := range l.Forward.Equations {
		if e.T.Name == name {
			return e
		}
	}
	panic("no equation of " + name)
}

// TestFormatRandom prints random expressions, reads them back and wants the
// same tree.
func TestFormatRandom(t *testing.T) {
	l := checkFormat(t, "x[a][b]")
	e := equationOf(l, "y")
	g := &generator{rng: rand.New(rand.NewPCG(1, 1)), tensors: map[string]*layer.Tensor{}}
	for _, x := range l.Tensors {
		g.tensors[x.Name] = x
	}
	same := cmp.Options{
		cmpopts.IgnoreTypes(diag.Pos{}),
		cmp.Comparer(func(a, b *layer.Tensor) bool { return a.Name == b.Name }),
	}
	for range 500 {
		g.scope = append([]*layer.Index(nil), e.Free...)
		want := g.expr(5)
		text := layer.FormatExpr(want)
		got := equationOf(checkFormat(t, text), "y").Value
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Fatalf("%s\nreads back as another tree (-want +got):\n%s", text, diff)
		}
		if again := layer.FormatExpr(got); again != text {
			t.Fatalf("printed as\n%s\nand then as\n%s", text, again)
		}
	}
}

// generator makes random trees of the form that package check gives.
type generator struct {
	rng     *rand.Rand
	tensors map[string]*layer.Tensor
	scope   []*layer.Index
}

func (g *generator) expr(depth int) layer.Expr {
	if depth == 0 {
		return g.leaf()
	}
	sub := func() layer.Expr { return g.expr(depth - 1) }
	switch g.rng.IntN(8) {
	case 0, 1, 2:
		x, y := g.leaf(), sub() // not two constants
		if g.rng.IntN(2) == 0 {
			x, y = y, x
		}
		return &layer.Binary{Op: "+-*/"[g.rng.IntN(4)], X: x, Y: y}
	case 3:
		fns := []string{"neg", "exp", "rsqrt", "abs"}
		return &layer.Call{Fn: fns[g.rng.IntN(len(fns))], Args: []layer.Expr{sub()}}
	case 4:
		fns := []string{"min", "max", "pow"}
		return &layer.Call{Fn: fns[g.rng.IntN(len(fns))], Args: []layer.Expr{sub(), sub()}}
	case 5:
		return &layer.Where{Cond: g.cond(depth - 1), X: sub(), Y: sub()}
	case 6:
		idx := g.enter()
		r := &layer.Reduce{Op: layer.ReduceOp(g.rng.IntN(4)), Idx: idx, Body: sub()}
		g.scope = g.scope[:len(g.scope)-len(idx)]
		return r
	}
	return g.leaf()
}

// leaf is never a constant, so that nothing folds.
func (g *generator) leaf() layer.Expr {
	a, b := &layer.Var{I: g.scope[0]}, &layer.Var{I: g.scope[1]}
	switch g.rng.IntN(7) {
	case 0:
		return &layer.Read{T: g.tensors["x"], Subs: []layer.Int{a, b}}
	case 1:
		return &layer.Read{T: g.tensors["p"], Subs: []layer.Int{g.affine(3), g.affine(2)}}
	case 2:
		return &layer.Read{T: g.tensors["lr"]}
	case 3:
		return &layer.FromInt{X: &layer.IntOp{Op: '%', X: spread(g.affine(2)), Y: layer.Lit{V: 2}}}
	case 4:
		return &layer.Uniform{Seed: g.tensors["seed"], K: g.affine(2)}
	case 5:
		return &layer.Binary{Op: "+-*/"[g.rng.IntN(4)], X: &layer.FromInt{X: a}, Y: layer.Const{V: []float64{-2, 0.5, 1e-7, 3e10}[g.rng.IntN(4)]}}
	}
	idx := g.enter()
	m := &layer.ArgMax{Idx: idx, Body: &layer.Binary{Op: '-', X: g.leaf(), Y: g.leaf()}}
	g.scope = g.scope[:len(g.scope)-len(idx)]
	return &layer.FromInt{X: m}
}

// enter opens a reduction over one or two indices.
func (g *generator) enter() []*layer.Index {
	var idx []*layer.Index
	for range 1 + g.rng.IntN(2) {
		i := &layer.Index{Name: fmt.Sprintf("i%d", len(g.scope)), Size: 2}
		g.scope = append(g.scope, i)
		idx = append(idx, i)
	}
	return idx
}

// affine is an integer expression that depends on an index; bare indices are
// left out, since they would have the range of the dimension.
func (g *generator) affine(depth int) layer.Int {
	v := &layer.Var{I: g.scope[g.rng.IntN(len(g.scope))]}
	k := layer.Lit{V: 2 + g.rng.IntN(3)}
	var x layer.Int = v
	if depth > 0 {
		x = g.affine(depth - 1)
	}
	switch g.rng.IntN(5) {
	case 0:
		return &layer.IntOp{Op: '+', X: v, Y: x}
	case 1:
		return &layer.IntOp{Op: '-', X: v, Y: &layer.IntOp{Op: '-', X: layer.Lit{V: -1}, Y: x}}
	case 2:
		return &layer.IntOp{Op: '*', X: k, Y: x}
	case 3:
		return &layer.IntOp{Op: "/%"[g.rng.IntN(2)], X: spread(x), Y: k}
	}
	return &layer.IntOp{Op: '-', X: x, Y: k}
}

// spread is a multiple of x with a range that division does not collapse.
func spread(x layer.Int) layer.Int { return &layer.IntOp{Op: '*', X: layer.Lit{V: 5}, Y: x} }

func (g *generator) cond(depth int) layer.Cond {
	ops := []string{"<", "<=", "==", "!=", ">=", ">"}
	op := ops[g.rng.IntN(len(ops))]
	if depth > 0 {
		switch g.rng.IntN(4) {
		case 0:
			return &layer.Logic{Op: "&&", X: g.cond(depth - 1), Y: g.cond(depth - 1)}
		case 1:
			return &layer.Logic{Op: "||", X: g.cond(depth - 1), Y: g.cond(depth - 1)}
		case 2:
			return &layer.Not{X: g.cond(depth - 1)}
		}
	}
	switch g.rng.IntN(3) {
	case 0:
		return &layer.CmpInt{Op: op, X: g.affine(1), Y: layer.Lit{V: -3}}
	case 1:
		id := &layer.Element{T: g.tensors["id"], Subs: []layer.Int{&layer.Var{I: g.scope[0]}}}
		return &layer.CmpInt{Op: op, X: id, Y: g.affine(1)}
	}
	return &layer.CmpReal{Op: op, X: &layer.Read{T: g.tensors["lr"]}, Y: g.expr(depth)}
}

// TestFormat has what a random tree does not: equations, and shorthand.
func TestFormat(t *testing.T) {
	for _, text := range []string{
		"x[a][b]", "-x[a][b]", "-(-x[a][b])", "x[a][b] - -2", "x[a][b] - -lr", "2 - (lr - x[a][b])", "x[a][b]*-2",
		"lr/(x[a][b]*2)", "lr/x[a][b]*2", "-(lr + 1)*x[a][b]", "sum(k, x[a][k])", "sum(k < 3, p[a+k][b])",
		"where(!(a == b), 1, 2)", "where(lr < 1 && (a == b || a > 2), inf, -inf)", "x[a][0]", "floor(a/2)",
		"sum(k, x[a][k])*sum(k, x[a][k])", "uniform(seed, a*4 + b)", "p[a-1-(b-2)][2*b]", "1e-05*lr", "lr*(a%2)",
	} {
		if got := layer.FormatExpr(equationOf(checkFormat(t, text), "y").Value); got != text {
			t.Errorf("%s comes back as %s", text, got)
		}
	}
	i, j := &layer.Index{Name: "i", Size: 2}, &layer.Index{Name: "j", Size: 3}
	g := &layer.Tensor{Name: "g", Shape: []int{3, 3}}
	e := &layer.Equation{T: g, Subs: []layer.Int{&layer.Var{I: i}, &layer.Var{I: j}}, Accumulate: true}
	e.Value = &layer.FromInt{X: &layer.IntOp{Op: '/', X: &layer.IntOp{Op: '-', X: &layer.Var{I: i}, Y: &layer.Var{I: j}}, Y: layer.Lit{V: 2}}}
	if got, want := layer.FormatEquation(e), "g[0+i][j] += floor((i - j)/2)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
