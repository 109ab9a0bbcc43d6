package arrange

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
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

var update = flag.Bool("update", false, "write the arranged equations to testdata")

// TestGolden shows what becomes of equations.
func TestGolden(t *testing.T) {
	const file = "testdata/arranged.txtar"
	cases, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for k := 0; k+1 < len(cases.Files); k += 2 {
		in, out := &cases.Files[k], &cases.Files[k+1]
		t.Run(in.Name, func(t *testing.T) {
			l := bind(t, in.Data)
			got := text(Program(l.Forward))
			if *update {
				out.Data = []byte(got)
			}
			if d := cmp.Diff(string(out.Data), got); d != "" {
				t.Errorf("-want +got; run with -update to accept:\n%s", d)
			}
		})
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(cases), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func text(p *layer.Program) string {
	var b strings.Builder
	for _, x := range p.Parts() {
		if x.Recurrence == nil {
			fmt.Fprintln(&b, layer.FormatEquation(x.Equation))
			continue
		}
		r := x.Recurrence
		word := "from"
		if r.Down {
			word = "down from"
		}
		first, last := r.First, r.Last
		if r.Down {
			first, last = last, first
		}
		fmt.Fprintf(&b, "steps %s %d to %d:\n", word, first, last)
		for _, e := range r.Equations {
			fmt.Fprintf(&b, "  %s\n", layer.FormatEquation(e))
		}
	}
	return b.String()
}

func bind(t *testing.T, spec []byte) *layer.Layer {
	t.Helper()
	s, err := syntax.Parse("test.yaml", spec)
	if err != nil {
		t.Fatal(err)
	}
	l, err := check.Check(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestMeaning evaluates what the gradients' tests have before and after.
func TestMeaning(t *testing.T) {
	layers, err := txtar.ParseFile("../../spec/grad/testdata/layers.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range layers.Files {
		t.Run(f.Name, func(t *testing.T) {
			l := bind(t, f.Data)
			env := numbers(l)
			same(t, l.Forward, env)
			backward, err := grad.Derive(l)
			if err != nil {
				t.Fatal(err)
			}
			if backward != nil {
				if err := eval.Run(l.Forward, env); err != nil {
					t.Fatal(err)
				}
				same(t, backward, env)
			}
		})
	}
}

// same compares the results of a program with those of the arranged one.
func same(t *testing.T, p *layer.Program, env *eval.Env) {
	t.Helper()
	want, got := env.Clone(), env.Clone()
	if err := eval.Run(p, want); err != nil {
		t.Fatal(err)
	}
	q := Program(p)
	if err := eval.Run(q, got); err != nil {
		t.Fatalf("%v\n%s", err, text(q))
	}
	for _, a := range p.Args {
		for k, w := range want.Values[a.Name] {
			g := got.Values[a.Name][k]
			if d := math.Abs(g - w); !(d <= 1e-12*math.Max(1, math.Abs(w))) && g != w && !math.IsNaN(w) {
				t.Fatalf("%s[%d] = %v, want %v\n%s", a.Name, k, g, w, text(q))
			}
		}
	}
}

// numbers has values for all that the layer and its gradient are given.
func numbers(l *layer.Layer) *eval.Env {
	rng := rand.New(rand.NewPCG(5, 6))
	env := eval.NewEnv()
	for _, list := range [][]*layer.Tensor{l.Tensors, l.Upstreams} {
		for _, x := range list {
			v := make([]float64, x.Size())
			for k := range v {
				v[k] = 0.2 + rng.Float64()
				if x.Type != layer.Float32 {
					v[k] = float64(rng.IntN(2))
				}
			}
			env.Values[x.Name], env.Seeds[x.Name] = v, 7
		}
	}
	return env
}
