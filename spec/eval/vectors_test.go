package eval_test

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/grad"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/library"
	"github.com/dlgen/dlgen/spec/link"
)

// vector is a case computed by PyTorch in float64 and printed with nine digits.
type vector struct {
	Layer      string
	Dims       map[string]int
	Attrs      map[string]json.Number
	Scalars    map[string]json.Number
	Inputs     map[string]array
	Params     map[string]array
	State      map[string]array
	Upstream   map[string]array
	Outputs    map[string]array
	StateAfter map[string]array `json:"state_after"`
	Grads      map[string]array
	// Optional are gradients that a package may leave out.
	Optional []string `json:"optional_grads"`
	Error    bool
}

type array struct {
	DType string
	Data  []float64
}

// TestVectors evaluates the library on the reference data.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob("../../generated/testdata/vectors/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no reference vectors", err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var v vector
			if err := json.Unmarshal(text, &v); err != nil {
				t.Fatal(err)
			}
			if _, ok := library.Text(v.Layer); !ok {
				t.Fatal("the library has no", v.Layer)
			}
			seen[v.Layer] = true
			v.test(t)
		})
	}
	if len(seen) < 28 {
		t.Errorf("only %d layers have reference vectors: %v", len(seen), slices.Sorted(maps.Keys(seen)))
	}
}

func (v *vector) test(t *testing.T) {
	p := v.prove(t)
	env := v.env(t, p.Layer)
	err := eval.Run(p.Forward, env)
	if v.Error {
		if err == nil {
			t.Error("an invalid id is not an error")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	compare(t, env, v.Outputs)
	compare(t, env, v.StateAfter)
	if p.Backward == nil {
		if len(v.Grads) > 0 {
			t.Error("there is no backward")
		}
		return
	}
	for name, a := range v.Upstream {
		env.Values[name] = a.values()
	}
	if err := eval.Run(p.Backward, env); err != nil {
		t.Fatal(err)
	}
	for _, name := range v.Optional {
		if env.Values[name] == nil {
			delete(v.Grads, name)
		}
	}
	compare(t, env, v.Grads)
}

func (v *vector) prove(t *testing.T) *layer.Proved {
	s, err := link.Open(v.Layer)
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]string{}
	for name, n := range v.Dims {
		given[name] = strconv.Itoa(n)
	}
	for name, n := range v.Attrs {
		given[name] = n.String()
	}
	l, err := check.Check(s, given)
	if err != nil {
		t.Fatal(err)
	}
	p, err := grad.Prove(l, func(given map[string]string) (*layer.Layer, error) { return check.Check(s, given) })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (v *vector) env(t *testing.T, l *layer.Layer) *eval.Env {
	env := eval.NewEnv()
	for _, list := range []map[string]array{v.Inputs, v.Params, v.State} {
		for name, a := range list {
			env.Values[name] = a.values()
		}
	}
	for _, s := range l.Tensors {
		if s.Role != layer.Scalar {
			continue
		}
		if s.Type == layer.Uint64 {
			seed, err := strconv.ParseUint(v.Scalars[s.Name].String(), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			env.Seeds[s.Name] = seed
			continue
		}
		x, err := v.Scalars[s.Name].Float64()
		if err != nil {
			t.Fatal(err)
		}
		env.Values[s.Name] = []float64{x}
	}
	return env
}

// values are what a float32 package is given.
func (a array) values() []float64 {
	out := make([]float64, len(a.Data))
	for i, x := range a.Data {
		out[i] = x
		if a.DType == "float32" {
			out[i] = float64(float32(x))
		}
	}
	return out
}

// compare allows for the nine digits, and for what float64 loses where large
// terms cancel.
func compare(t *testing.T, env *eval.Env, want map[string]array) {
	t.Helper()
	for name, a := range want {
		got := env.Values[name]
		if len(got) != len(a.Data) {
			t.Errorf("%s has %d elements, want %d", name, len(got), len(a.Data))
			continue
		}
		largest := 0.0
		for _, w := range a.Data {
			largest = math.Max(largest, math.Abs(w))
		}
		for i, w := range a.Data {
			if !(math.Abs(got[i]-w) <= 1e-8*math.Abs(w)+1e-12*largest+1e-15) {
				t.Errorf("%s, element %d: %.12g, want %.12g", name, i, got[i], w)
				break
			}
		}
	}
}
