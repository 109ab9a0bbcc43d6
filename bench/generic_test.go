package bench

import (
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/bench/generic"
	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

// implementations are the functions of package generic, Forward and Backward
// by layer; an optimiser has no backward.
var implementations = map[string][2]any{
	"dense":            {generic.Dense, generic.DenseBackward},
	"conv2d":           {generic.Conv2d, generic.Conv2dBackward},
	"conv1d":           {generic.Conv1d, generic.Conv1dBackward},
	"conv_transpose2d": {generic.ConvTranspose2d, generic.ConvTranspose2dBackward},
	"maxpool2d":        {generic.Maxpool2d, generic.Maxpool2dBackward},
	"avgpool2d":        {generic.Avgpool2d, generic.Avgpool2dBackward},
	"global_avgpool2d": {generic.GlobalAvgpool2d, generic.GlobalAvgpool2dBackward},
	"upsample2d":       {generic.Upsample2d, generic.Upsample2dBackward},
	"flatten":          {generic.Flatten, generic.FlattenBackward},
	"relu":             {generic.Relu, generic.ReluBackward},
	"leaky_relu":       {generic.LeakyRelu, generic.LeakyReluBackward},
	"elu":              {generic.Elu, generic.EluBackward},
	"selu":             {generic.Selu, generic.SeluBackward},
	"gelu":             {generic.Gelu, generic.GeluBackward},
	"gelu_tanh":        {generic.GeluTanh, generic.GeluTanhBackward},
	"silu":             {generic.Silu, generic.SiluBackward},
	"sigmoid":          {generic.Sigmoid, generic.SigmoidBackward},
	"tanh":             {generic.Tanh, generic.TanhBackward},
	"softplus":         {generic.Softplus, generic.SoftplusBackward},
	"hardswish":        {generic.Hardswish, generic.HardswishBackward},
	"softmax":          {generic.Softmax, generic.SoftmaxBackward},
	"log_softmax":      {generic.LogSoftmax, generic.LogSoftmaxBackward},
	"layernorm":        {generic.Layernorm, generic.LayernormBackward},
	"rmsnorm":          {generic.Rmsnorm, generic.RmsnormBackward},
	"batchnorm":        {generic.Batchnorm, generic.BatchnormBackward},
	"attention":        {generic.Attention, generic.AttentionBackward},
	"add":              {generic.Add, generic.AddBackward},
	"mul":              {generic.Mul, generic.MulBackward},
	"concat":           {generic.Concat, generic.ConcatBackward},
	"embedding":        {generic.Embedding, generic.EmbeddingBackward},
	"dropout":          {generic.Dropout, generic.DropoutBackward},
	"mse":              {generic.Mse, generic.MseBackward},
	"l1":               {generic.L1, generic.L1Backward},
	"bce_with_logits":  {generic.BceWithLogits, generic.BceWithLogitsBackward},
	"cross_entropy":    {generic.CrossEntropy, generic.CrossEntropyBackward},
	"rnn":              {generic.Rnn, generic.RnnBackward},
	"lstm":             {generic.Lstm, generic.LstmBackward},
	"gru":              {generic.Gru, generic.GruBackward},
	"sgd":              {generic.Sgd, nil},
	"momentum":         {generic.Momentum, nil},
	"rmsprop":          {generic.Rmsprop, nil},
	"adam":             {generic.Adam, nil},
	"adamw":            {generic.Adamw, nil},
}

// sizes are small and odd, and different from each other.
var sizes = map[string]string{
	"N": "5", "M": "7", "I": "9", "O": "4", "C": "6", "D": "11", "V": "8", "A": "3", "B": "2", "T": "4",
	"H": "8", "W": "10", "L": "9", "K": "4", "R": "3", "S": "2", "scale": "3",
	"stride": "2", "stride_w": "3", "dilation": "2", "dilation_w": "3", "groups": "2", "pad": "1", "pad_top": "2", "output_pad": "1", "count_pad": "0",
}

// Each function computes what the layer's equations say.
func TestGeneric(t *testing.T) {
	api, err := genericAPI()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(implementations)) {
		known[genericName(name)], known[genericName(name)+"Backward"] = true, true
		t.Run(name, func(t *testing.T) {
			p := proved(t, name)
			env := values(p)
			start := env.Clone()
			check(t, p, p.Forward, api[genericName(name)], implementations[name][0], start, env)
			if f := implementations[name][1]; f != nil {
				check(t, p, p.Backward, api[genericName(name)+"Backward"], f, env.Clone(), env)
			} else if p.Backward != nil {
				t.Error("no generic backward")
			}
		})
	}
	for name := range api {
		if !known[name] {
			t.Errorf("generic.%s is not tested", name)
		}
	}
}

func proved(t *testing.T, name string) *layer.Proved {
	t.Helper()
	s, err := spec.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]string{}
	for _, d := range append(s.Dims, s.Attrs...) {
		if size, ok := sizes[d.Name]; ok && d.Value == nil {
			given[d.Name] = size
		}
	}
	p, err := spec.Prove(s, given)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// values has float32 numbers for everything that the passes read.
func values(p *layer.Proved) *eval.Env {
	rng := rand.New(rand.NewPCG(1, 2))
	env := eval.NewEnv()
	limit := limits(p.Forward, p.Backward)
	programs := []*layer.Program{p.Forward}
	if p.Backward != nil {
		programs = append(programs, p.Backward)
	}
	for _, pass := range programs {
		for _, a := range pass.Args {
			if a.Type == layer.Uint64 {
				env.Seeds[a.Name] = 3
				continue
			}
			v := make([]float64, a.Size())
			for i := range v {
				switch {
				case a.Type == layer.Int32:
					v[i] = float64(rng.IntN(limit[a.Name]))
				case a.Type != layer.Float32:
					v[i] = 3
				case a.Role == layer.State:
					v[i] = float64(rng.Float32())
				default:
					v[i] = float64(float32(4*rng.Float64() - 2))
				}
			}
			if _, ok := env.Values[a.Name]; !ok {
				env.Values[a.Name] = v
			}
		}
	}
	return env
}

// check runs a pass's equations on env and its function on start, which has the
// same values, and compares what they write.
func check(t *testing.T, p *layer.Proved, pass *layer.Program, f *Func, fn any, start, env *eval.Env) {
	t.Helper()
	if err := eval.Run(pass, env); err != nil {
		t.Fatal(err)
	}
	w := &writer{layer: p}
	floats := map[string][]float32{}
	args := make([]reflect.Value, len(f.Params))
	for i, param := range f.Params {
		typ := reflect.TypeOf(fn).In(i)
		args[i] = reflect.New(typ).Elem()
		v, ok := start.Values[param.Name]
		if n, isDim := w.number(param.Name); isDim && param.Type == "int" { // a tensor of forward's own may share its name
			v, ok = []float64{n}, true
		}
		switch {
		case param.Type == "[]float32":
			x := make([]float32, max(len(v), saved(p, param.Name)))
			for k := range v {
				x[k] = float32(v[k])
			}
			floats[param.Name] = x
			args[i].Set(reflect.ValueOf(x))
		case param.Type == "[]int32":
			for _, k := range v {
				args[i].Set(reflect.Append(args[i], reflect.ValueOf(int32(k))))
			}
		case ok:
			args[i].Set(reflect.ValueOf(v[0]).Convert(typ))
		case param.Type == "uint64":
			args[i].SetUint(start.Seeds[param.Name])
		default:
			n, found := w.number(param.Name)
			if !found {
				t.Fatalf("%s is neither a tensor nor a dim", param.Name)
			}
			args[i].Set(reflect.ValueOf(n).Convert(typ))
		}
	}
	for _, r := range reflect.ValueOf(fn).Call(args) {
		floats["loss"] = []float32{float32(r.Float())}
	}
	for _, a := range pass.Args {
		if a.Role != layer.Output && a.Role != layer.State && a.Role != layer.Gradient || strings.HasPrefix(a.Name, "dtarget") {
			continue
		}
		compare(t, a.Name, floats[a.Name], env.Values[a.Name])
	}
}

// saved is the size of a tensor that forward hands to backward, 0 for others.
func saved(p *layer.Proved, name string) int {
	for _, t := range p.Tensors {
		if t.Name == name && t.Role == layer.Saved {
			return t.Size()
		}
	}
	return 0
}

// compare allows for the rounding of sums of a few terms of this size.
func compare(t *testing.T, name string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d elements, want %d", name, len(got), len(want))
		return
	}
	size := 0.0
	for _, v := range want {
		size = max(size, math.Abs(v))
	}
	for i, v := range want {
		if d := math.Abs(float64(got[i]) - v); !(d <= 2e-6*(math.Abs(v)+size)) {
			t.Errorf("%s[%d] = %v, want %v", name, i, got[i], v)
		}
	}
}
