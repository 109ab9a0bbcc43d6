package gen

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/link"
	"github.com/dlgen/dlgen/spec/syntax"
)

// proved binds a library layer or, where the text has several lines, a spec.
func proved(t testing.TB, source, dims string) *layer.Proved {
	t.Helper()
	var s *syntax.Spec
	var err error
	if strings.Contains(source, "\n") {
		if s, err = syntax.Parse("test.yaml", []byte(source)); err == nil {
			err = link.Layers(s)
		}
	} else {
		s, err = spec.Open(source)
	}
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]string{}
	for _, d := range strings.Fields(dims) {
		k, v, _ := strings.Cut(d, "=")
		given[k] = v
	}
	p, err := spec.Prove(s, given)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// values fills what a program reads: integers for exact sums, or reals.
func values(p *layer.Proved, whole bool, seed uint64) *eval.Env {
	rnd := rand.New(rand.NewPCG(seed, 7))
	env := eval.NewEnv()
	tensors := append([]*layer.Tensor(nil), p.Tensors...)
	for _, t := range tensors {
		if t.Type == layer.Uint64 {
			env.Seeds[t.Name] = rnd.Uint64()
			continue
		}
		env.Values[t.Name] = numbers(t, whole, rnd, ids(p, t))
		if t.Role == layer.Output {
			env.Values["d"+t.Name] = numbers(t, whole, rnd, []int{0})
		}
	}
	return env
}

func numbers(t *layer.Tensor, whole bool, rnd *rand.Rand, ids []int) []float64 {
	v := make([]float64, t.Size())
	for i := range v {
		switch {
		case t.Type == layer.Int32:
			v[i] = float64(ids[rnd.IntN(len(ids))])
		case t.Type == layer.GoInt:
			v[i] = float64(1 + rnd.IntN(9))
		case whole:
			v[i] = float64(rnd.IntN(9) - 4)
		case t.Role == layer.State:
			v[i] = float64(float32(rnd.Float64()))
		case t.Role == layer.Param: // so that sums of products stay about 1
			v[i] = float64(float32(rnd.NormFloat64() / math.Sqrt(float64(t.Shape[0]))))
		default:
			v[i] = float64(float32(rnd.NormFloat64()))
		}
	}
	return v
}

// ids are values for an int32 tensor: places of what it selects from, and beyond it
// where that has values outside or a condition on the id rules the place out.
func ids(p *layer.Proved, id *layer.Tensor) []int {
	out := []int{-100, -3, -2, -1, 0}
	used := false
	for _, eq := range p.Forward.Equations {
		for _, r := range reads(eq.Value) {
			for d, s := range r.Subs {
				e, ok := s.(*layer.Element)
				if !ok || e.T != id {
					continue
				}
				for v := out[len(out)-1] + 1; v < r.T.Shape[d]+3; v++ {
					out = append(out, v)
				}
				out = slices.DeleteFunc(out, func(v int) bool {
					return !r.T.HasOutside && e.Reaches(v) && (v < 0 || v >= r.T.Shape[d])
				})
				used = true
			}
		}
	}
	if !used {
		return []int{0}
	}
	return out
}

// reads lists the tensor reads of an expression.
func reads(e layer.Expr) []*layer.Read {
	switch e := e.(type) {
	case *layer.Read:
		return []*layer.Read{e}
	case *layer.Call:
		var out []*layer.Read
		for _, a := range e.Args {
			out = append(out, reads(a)...)
		}
		return out
	case *layer.Binary:
		return append(reads(e.X), reads(e.Y)...)
	case *layer.Where:
		return append(reads(e.X), reads(e.Y)...)
	case *layer.Reduce:
		return reads(e.Body)
	}
	return nil
}

// rounding is what float32 may differ from float64 by, relative to an element
// and its tensor's root mean square: a sum of n products is off by about
// sqrt(n)*6e-8, 1.5e-6 for the longest here, and derived gradients have a few
// such sums behind one another.
const rounding = 5e-6

// agree runs both passes of a layer as scheduled for a target and compares
// them with the equations; tol 0 asks for equality.
func agree(t *testing.T, p *layer.Proved, target machine.Target, whole bool, tol float64) {
	t.Helper()
	_, programs, err := passes(p, target)
	if err != nil {
		t.Fatal(err)
	}
	want := values(p, whole, 3)
	mem := ir.NewMemory()
	for _, b := range workspace(programs) {
		mem.Add(b)
	}
	for i, prog := range []*layer.Program{p.Forward, p.Backward} {
		if prog == nil {
			continue
		}
		fillMemory(t, mem, programs[i], want)
		if err := eval.Run(prog, want); err != nil {
			t.Fatal(err)
		}
		if err := ir.Run(programs[i], mem); err != nil {
			t.Fatalf("%s: %v\n%s", target.Name, err, programs[i])
		}
		for _, a := range prog.Args {
			compare(t, fmt.Sprintf("%s %s %s", p.Name, target.Name, programs[i].Name), a, mem, want, tol, programs[i])
		}
	}
}

func fillMemory(t *testing.T, mem *ir.Memory, prog *ir.Program, env *eval.Env) {
	for _, a := range prog.Args {
		written := a.Role == layer.Output || a.Role == layer.Gradient
		if a.Role == layer.Scalar || len(a.Shape) == 0 && !written && a.Role != layer.State {
			continue
		}
		if a.Role == layer.Output && prog.Name == "backward" {
			continue
		}
		if a.Type == layer.Int32 {
			w := make([]int32, a.Size())
			for i, v := range env.Values[a.Name] {
				w[i] = int32(v)
			}
			mem.I32[a.Name] = w
			continue
		}
		f := make([]float32, a.Size())
		for i := range f {
			f[i] = float32(math.NaN())
			if !written {
				f[i] = float32(env.Values[a.Name][i])
			}
		}
		mem.F32[a.Name] = f
	}
	for _, s := range prog.Scalars {
		if s.Key > 0 && s.Seed == nil {
			continue
		}
		if s.Key > 0 {
			mem.Seeds[s.Seed.Name] = env.Seeds[s.Seed.Name]
			if s.Key == ir.WordKey {
				mem.Seeds[s.Seed.Name] = uint64(env.Values[s.Seed.Name][0])
			}
			continue
		}
		mem.Scalars[s.Name] = float32(scalarValue(t, s.Value, env))
	}
}

// scalarValue evaluates an expression of run-time scalars.
func scalarValue(t *testing.T, e layer.Expr, env *eval.Env) float64 {
	out := &layer.Tensor{Name: "scalarValue", Role: layer.Output}
	p := &layer.Program{Equations: []*layer.Equation{{T: out, Value: e}}}
	env = env.Clone()
	if err := eval.Run(p, env); err != nil {
		t.Fatal(err)
	}
	return env.Values["scalarValue"][0]
}

func compare(t *testing.T, what string, a *layer.Tensor, mem *ir.Memory, want *eval.Env, tol float64, prog *ir.Program) {
	t.Helper()
	for i, g := range mem.I32[a.Name] {
		if want, ok := want.Values[a.Name]; ok && float64(g) != want[i] {
			t.Fatalf("%s: %s[%d] = %d, want %v\n%s", what, a.Name, i, g, want[i], prog)
		}
	}
	got := mem.F32[a.Name]
	if a.Role == layer.Scalar || got == nil {
		return
	}
	rms := size(want.Values[a.Name])
	if a.Role == layer.Gradient {
		others := 0.0
		for _, g := range prog.Args {
			if g.Role == layer.Gradient {
				others = max(others, size(want.Values[g.Name]))
			}
		}
		if rms < 1e-9*others { // it cancels to nothing, as that of the bias of keys
			rms = others
		}
	}
	for i, w := range want.Values[a.Name] {
		if g := float64(got[i]); !(math.Abs(g-w) <= tol*(math.Abs(w)+rms)) && g != w {
			t.Fatalf("%s: %s[%d] = %v, want %v\n%s", what, a.Name, i, g, w, prog)
		}
	}
}

// size is the root mean square.
func size(list []float64) float64 {
	sum := 0.0
	for _, v := range list {
		sum += v * v
	}
	return math.Sqrt(sum / float64(len(list)))
}

func init() { debug.SetGCPercent(400) } // the process is short: memory is cheaper than time

var targets = []machine.Target{machine.Portable, machine.AVX2, machine.AVX512}

// TestLibraryAgrees compares schedules with the equations for library layers.
func TestLibraryAgrees(t *testing.T) {
	for _, c := range []struct{ layer, dims string }{
		{"dense", "N=32 I=20 O=24"}, {"dense", "N=1 I=16 O=16"}, {"dense", "N=17 I=37 O=29"}, {"dense", "N=5 I=5 O=5"},
		{"dense", "N=1 I=1 O=1"}, {"dense", "N=16 I=64 O=1"}, {"dense", "N=9 I=37 O=1"}, {"dense", "N=1 I=50 O=1"}, {"dense", "N=21 I=40 O=2"}, {"dense", "N=3 I=128 O=10"}, {"dense", "N=9 I=33 O=7"}, {"dense", "N=9 I=41 O=4"}, {"dense", "N=20 I=50 O=3"}, {"dense", "N=20 I=63 O=12"},
		{"dense", "N=30 I=40 O=256"}, {"dense", "N=40 I=270 O=261"}, {"dense", "N=1 I=64 O=64"}, {"dense", "N=1 I=515 O=520"}, {"dense", "N=14 I=600 O=256"},
		{"softmax", "M=5 D=9"}, {"softmax", "M=3 D=100"}, {"softmax", "M=4 D=1"}, {"log_softmax", "M=5 D=33"},
		{"gelu", "M=77"}, {"tanh", "M=9"}, {"sigmoid", "M=31"}, {"relu", "M=8"}, {"add", "M=7"}, {"concat", "M=3 A=7 B=10"},
		{"embedding", "N=9 V=7 D=12"}, {"dropout", "M=100"}, {"mse", "M=33"}, {"l1", "M=9"},
		{"bce_with_logits", "M=33"}, {"cross_entropy", "N=7 C=10"}, {"sgd", "M=17"}, {"momentum", "M=17"},
		{"rmsprop", "M=17"}, {"adam", "M=17"}, {"adamw", "M=9"},
	} {
		t.Run(c.layer+" "+c.dims, func(t *testing.T) {
			p := proved(t, c.layer, c.dims)
			for _, target := range targets {
				agree(t, p, target, false, rounding)
				if c.layer == "dense" {
					agree(t, p, target, true, 0)
				}
			}
		})
	}
}
