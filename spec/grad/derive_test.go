package grad_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/grad"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

var update = flag.Bool("update", false, "write the derived equations to testdata")

func bind(t testing.TB, text []byte, given map[string]string) *layer.Layer {
	t.Helper()
	s, err := syntax.Parse("test.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	l, err := check.Check(s, given)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func derive(t testing.TB, l *layer.Layer) *layer.Program {
	t.Helper()
	p, err := grad.Derive(l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// text writes a pass: its arguments and equations.
func text(p *layer.Program) string {
	var b strings.Builder
	for i, a := range p.Args {
		if i > 0 {
			b.WriteString(" ")
		}
		b.WriteString(a.Name)
	}
	b.WriteString("\n")
	for _, e := range p.Equations {
		fmt.Fprintln(&b, layer.FormatEquation(e))
	}
	return b.String()
}

// TestAcross: of two dimensions that are named alike in forward, each is counted for
// itself; the terms are no more the same than x[i][j] and x[j][i].
func TestAcross(t *testing.T) {
	l := bind(t, []byte(`layer: across
dims: {A: {default: 2}, B: {default: 3}}
tensors:
  x: {role: input, shape: [B, B]}
  y: {role: output, shape: [A, B]}
forward: |
  y[i][j] = x[i+0][j]*x[j][i+0]
backward: derive
`), nil)
	finiteDifferences(t, l, derive(t, l))
}

// TestDerive compares derivatives with their golden text and with finite
// differences.
func TestDerive(t *testing.T) {
	layers, err := txtar.ParseFile("testdata/layers.txtar")
	if err != nil {
		t.Fatal(err)
	}
	golden, err := txtar.ParseFile("testdata/derived.txtar")
	if err != nil && !*update {
		t.Fatal(err)
	}
	want := map[string]string{}
	if golden != nil {
		for _, f := range golden.Files {
			want[f.Name] = string(f.Data)
		}
	}
	out := &txtar.Archive{Comment: []byte("The backward pass derived for each of layers.txtar: its arguments, then its equations.\n\n")}
	for _, f := range layers.Files {
		t.Run(f.Name, func(t *testing.T) {
			l := bind(t, f.Data, nil)
			p := derive(t, l)
			out.Files = append(out.Files, txtar.File{Name: f.Name, Data: []byte(text(p))})
			if !*update {
				if diff := cmp.Diff(want[f.Name], text(p)); diff != "" {
					t.Errorf("derived equations (-want +got; run with -update to accept):\n%s", diff)
				}
			}
			finiteDifferences(t, l, p)
			readBack(t, f.Data, l, p)
		})
	}
	if *update {
		if err := os.WriteFile("testdata/derived.txtar", txtar.Format(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSquares: what the two factors of a square contribute is one sum.
func TestSquares(t *testing.T) {
	p := derive(t, bind(t, []byte(`layer: squares
dims: {N: {default: 2}, P: {default: 3}, R: {default: 2}}
tensors:
  x: {role: input, shape: [N, P+R-1]}
  w: {role: param, shape: [R]}
  y: {role: output, shape: [N, P]}
forward: |
  y[n][p] = sum(k, w[k]*w[k]*x[n][p+k]*x[n][p+k])
backward: derive
`), nil))
	for _, e := range p.Equations {
		if text := layer.FormatEquation(e); strings.Count(text, "sum") != 1 || !strings.Contains(text, "2*") {
			t.Error(text)
		}
	}
}

// TestDeriveOtherDims runs the finite differences on the edges of shapes.
func TestDeriveOtherDims(t *testing.T) {
	layers, err := txtar.ParseFile("testdata/layers.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range layers.Files {
		for _, v := range []string{"1", "2", "3"} {
			l := bind(t, f.Data, nil)
			given := map[string]string{}
			for _, n := range l.Numbers {
				if n.IsDim && len(n.Name) == 1 && !strings.Contains("QPS", n.Name) {
					given[n.Name] = v
				}
			}
			s, err := syntax.Parse("test.yaml", f.Data)
			if err != nil {
				t.Fatal(err)
			}
			if l, err = check.Check(s, given); err != nil {
				continue // not every layer has such a shape
			}
			t.Run(f.Name+"/"+v, func(t *testing.T) { finiteDifferences(t, l, derive(t, l)) })
		}
	}
}

// finiteDifferences compares the gradient p of l with (f(x+h)-f(x-h))/2h, f
// being the scalar product of the outputs with the upstream gradients.
func finiteDifferences(t *testing.T, l *layer.Layer, p *layer.Program) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 7))
	forward, backward := eval.Compile(l.Forward), eval.Compile(p)
	for range 3 {
		env := randomEnv(l, rng)
		f := func() float64 {
			if err := forward.Run(env); err != nil {
				t.Fatal(err)
			}
			sum := 0.0
			for _, u := range l.Upstreams {
				for k, dy := range env.Values[u.Name] {
					sum += dy * env.Values[u.Of.Name][k]
				}
			}
			return sum
		}
		if math.IsInf(f(), 0) {
			continue // a window of nothing but padding
		}
		got := env.Clone()
		if err := backward.Run(got); err != nil {
			t.Fatal(err)
		}
		for _, g := range l.Gradients {
			x := env.Values[g.Of.Name]
			for k, v := range x {
				const h = 1e-5
				x[k] = v + h
				up := f()
				x[k] = v - h
				down := f()
				x[k] = v
				want := (up - down) / (2 * h)
				if d := math.Abs(got.Values[g.Name][k] - want); !(d <= 1e-6*math.Max(1, math.Abs(want))) {
					t.Fatalf("%s, element %d: derived %v, finite difference %v", g.Name, k, got.Values[g.Name][k], want)
				}
			}
		}
	}
}

// randomEnv draws positive numbers, so that logarithms and roots are smooth,
// and far from each other, so that the step crosses no tie.
func randomEnv(l *layer.Layer, rng *rand.Rand) *eval.Env {
	env := eval.NewEnv()
	for _, list := range [][]*layer.Tensor{l.Tensors, l.Upstreams} {
		for _, x := range list {
			v := make([]float64, x.Size())
			for k := range v {
				switch {
				case x.Type == layer.Int32:
					v[k] = float64(rng.IntN(idBound(l)))
				case x.Type == layer.GoInt:
					v[k] = float64(1 + rng.IntN(4))
				default:
					v[k] = 0.2 + 1.5*rng.Float64()
				}
			}
			if x.Type == layer.Uint64 {
				env.Seeds[x.Name] = rng.Uint64()
			} else {
				env.Values[x.Name] = v
			}
		}
	}
	return env
}

// idBound is how many ids the layer has: all of its dims for them are V or C.
func idBound(l *layer.Layer) int {
	for _, n := range l.Numbers {
		if n.Name == "V" || n.Name == "C" {
			return int(n.Value)
		}
	}
	return 1
}

// readBack puts the derived equations into the spec and checks that: they must
// be in bounds, cover what they define, and come out as the same text.
func readBack(t *testing.T, spec []byte, l *layer.Layer, p *layer.Program) {
	t.Helper()
	again := bind(t, declare(spec, l, p), nil)
	got := map[string]bool{}
	for _, e := range again.Declared {
		got[layer.FormatEquation(e)] = true
	}
	for _, e := range p.Equations {
		if !inForward(l, e) && !got[e.Text] {
			t.Errorf("%s\ncomes back differently:\n%v", e.Text, got)
		}
	}
}

func inForward(l *layer.Layer, e *layer.Equation) bool {
	return slices.Contains(l.Forward.Equations, e)
}

// openOutput finds outputs, with what is outside of them as the last of all.
var openOutput = regexp.MustCompile(`\{role: output, (.*?)(?:, outside: 0)?\}`)

// declare writes a derived pass into a spec that says backward: derive. It reads
// gradients beyond their shape.
func declare(spec []byte, l *layer.Layer, p *layer.Program) []byte {
	var tensors, equations strings.Builder
	seen := map[*layer.Tensor]bool{}
	for _, e := range p.Equations {
		if inForward(l, e) {
			continue
		}
		fmt.Fprintf(&equations, "  %s\n", e.Text)
		if e.T.Role == layer.Scratch && !seen[e.T] {
			seen[e.T] = true
			shape := strings.Join(strings.Fields(fmt.Sprint(e.T.Shape)), ", ")
			outside := ""
			if e.T.HasOutside {
				outside = "outside: 0, "
			}
			fmt.Fprintf(&tensors, "  %s: {role: scratch, %sshape: %s}\n", e.T.Name, outside, shape)
		}
	}
	text := strings.Replace(string(spec), "forward: |", tensors.String()+"forward: |", 1)
	text = openOutput.ReplaceAllString(text, "{role: output, outside: 0, $1}")
	return []byte(strings.Replace(text, "backward: derive", "backward: |\n"+equations.String(), 1))
}
