package spec

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"testing"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/library"
)

// vectorDir has the cases that the generated code is tested with, too.
const vectorDir = "../generated/testdata/vectors"

// vector is one reference case, computed by PyTorch in float64.
type vector struct {
	Layer      string
	Dims       map[string]int
	Attrs      map[string]float64
	Scalars    map[string]json.Number
	Inputs     map[string]array
	Params     map[string]array
	State      map[string]array
	Upstream   map[string]array
	Outputs    map[string]array
	StateAfter map[string]array `json:"state_after"`
	Grads      map[string]array
	Optional   []string `json:"optional_grads"`
	Error      bool
}

type array struct {
	Shape []int
	Dtype string
	Data  []float64
}

// TestVectors runs the library's equations in float64 on the reference cases.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(vectorDir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no reference vectors in %s (%v)", vectorDir, err)
	}
	ran := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v vector
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if _, ok := library.Text(v.Layer); !ok {
			continue
		}
		ran[v.Layer] = true
		t.Run(filepath.Base(file), func(t *testing.T) { runVector(t, &v) })
	}
	if len(ran) < 28 {
		t.Errorf("only %d layers have reference vectors: %v", len(ran), ran)
	}
}

func runVector(t *testing.T, v *vector) {
	s, err := Open(v.Layer)
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]string{}
	for k, d := range v.Dims {
		given[k] = strconv.Itoa(d)
	}
	for k, a := range v.Attrs {
		given[k] = strconv.FormatFloat(a, 'g', -1, 64)
	}
	p, err := Prove(s, given)
	if err != nil {
		t.Fatal(err)
	}
	env := eval.NewEnv()
	for _, m := range []map[string]array{v.Inputs, v.Params, v.State, v.Upstream} {
		for name, a := range m {
			env.Values[name] = rounded(a)
		}
	}
	for name, x := range v.Scalars {
		f, _ := x.Float64()
		env.Values[name] = []float64{f}
		env.Seeds[name], _ = strconv.ParseUint(x.String(), 10, 64)
	}
	err = eval.Run(p.Forward, env)
	if v.Error {
		if err == nil {
			t.Error("forward accepts an invalid id")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	compare(t, env, v.Outputs)
	compare(t, env, v.StateAfter)
	if len(v.Grads) == 0 {
		return
	}
	if err := eval.Run(p.Backward, env); err != nil {
		t.Fatal(err)
	}
	for _, name := range v.Optional {
		delete(v.Grads, name)
	}
	compare(t, env, v.Grads)
}

// rounded gives the float32 values that generated code would get.
func rounded(a array) []float64 {
	out := append([]float64(nil), a.Data...)
	if a.Dtype == "float32" {
		for i, x := range out {
			out[i] = float64(float32(x))
		}
	}
	return out
}

func compare(t *testing.T, env *eval.Env, want map[string]array) {
	t.Helper()
	var names []string
	for name := range want {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		got, w := env.Values[name], want[name].Data
		if len(got) != len(w) {
			t.Errorf("%s has %d elements, want %d", name, len(got), len(w))
			continue
		}
		for i := range w {
			// The references have 9 digits; constants differ in the last ones.
			if d := math.Abs(got[i] - w[i]); !(d <= 2e-8*(1e-3+math.Abs(w[i]))) {
				t.Errorf("%s[%d] = %.10g, want %.10g", name, i, got[i], w[i])
				break
			}
		}
	}
}
