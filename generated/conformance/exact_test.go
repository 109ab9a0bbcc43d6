//go:build !purego

package conformance

import (
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/generated/conformance/harness"
	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

// sizes are dims of specs whose results are exact for small integers: sums,
// products and choices of them stay below 2^24. Each size around a lane or
// tile edge (1 7 8 9 15 16 17 31 33) occurs in each dim of the contractions.
var sizes = map[string][]string{
	"dense": {"N=1 I=1 O=9", "N=7 I=8 O=1", "N=8 I=9 O=7", "N=9 I=7 O=8", "N=15 I=16 O=17", "N=16 I=17 O=15",
		"N=17 I=15 O=16", "N=31 I=33 O=33", "N=33 I=31 O=31", "N=1 I=64 O=40", "N=4 I=128 O=10",
		"N=40 I=520 O=136", "N=20 I=64 O=1024", "N=1 I=1030 O=520",
		"N=1 I=128 O=10", "N=1 I=61 O=3", "N=1 I=50 O=20", "N=1 I=45 O=7", "N=1 I=64 O=256"},
	"transposed":    {"N=1 I=7 O=8", "N=9 I=16 O=15", "N=17 I=33 O=31", "N=8 I=1 O=1", "N=24 I=512 O=72"},
	"columns":       {"N=8 I=9 O=7", "N=17 I=15 O=33", "N=1 I=16 O=31"},
	"batched":       {"B=3 N=7 I=9 O=17", "B=2 N=8 I=16 O=1", "B=1 N=1 I=1 O=33"},
	"bilinear":      {"N=8 I=16 J=16 O=4", "N=3 I=7 J=9 O=17", "N=1 I=1 J=8 O=31"},
	"double":        {"N=7 I=3 J=5 O=16", "N=9 I=4 J=8 O=33", "N=17 I=1 J=31 O=9"},
	"rowmax":        {"M=1 D=1", "M=3 D=7", "M=9 D=16", "M=8 D=33"},
	"colsum":        {"M=1 D=9", "M=7 D=8", "M=33 D=17", "M=16 D=1"},
	"outer":         {"I=1 J=7", "I=9 J=8", "I=16 J=33", "I=70 J=10", "I=33 J=3"},
	"argmax":        {"M=7 D=1", "M=9 D=8", "M=3 D=33"},
	"product":       {"M=9 D=1", "M=8 D=7", "M=3 D=9"},
	"gather":        {"N=1 V=1 D=1", "N=9 V=4 D=7", "N=16 V=33 D=17"},
	"scatter":       {"N=1 V=1 D=1", "N=9 V=4 D=8", "N=16 V=5 D=33"},
	"transpose":     {"M=1 D=9", "M=8 D=8", "M=17 D=33"},
	"steps":         {"M=1", "M=9", "M=31", "M=64"},
	"window":        {"N=2 L=9 C=3 K=8 R=3", "N=1 L=17 C=8 K=9 R=4", "N=3 L=5 C=1 K=1 R=5"},
	"padded":        {"M=1 D=1", "M=7 D=9", "M=8 D=33"},
	"planemax":      {"N=3 I=5 J=7", "N=1 I=8 J=16", "N=9 I=1 J=33"},
	"chain":         {"N=7 I=9 H=8 O=17", "N=16 I=8 H=33 O=1"},
	"relu":          {"M=7", "M=64"},
	"prelu":         {"M=1 C=1", "M=7 C=9", "M=16 C=33"},
	"embedding_bag": {"N=1 L=1 V=1 D=1 mean=0", "N=9 L=3 V=4 D=7 mean=0", "N=5 L=8 V=17 D=33 mean=0", "N=3 L=4 V=5 D=16"},
	"add":           {"M=17"},
	"mul":           {"M=65"},
	"concat":        {"M=9 A=1 B=8", "M=1 A=33 B=7"},
	"dropout":       {"M=1", "M=15", "M=1000"},

	"cumulative_sum": {"T=1 N=9", "T=2 N=8", "T=33 N=17"},
	"swept":          {"T=3 J=7 K=9", "T=9 J=210 K=650"},
	"along_rows":     {"M=9 T=1", "M=8 T=7", "M=17 T=33"},
	"fibonacci":      {"T=1 N=1", "T=2 N=7", "T=3 N=9", "T=15 N=33"},
	"by_id":          {"T=1 V=3", "T=5 V=9"},
	"conv1d": {"N=2 L=9 C=3 K=8 S=3 dilation=2 pad_left=4", "N=1 L=17 C=8 K=9 S=4 stride=2 pad=1", "N=3 L=10 C=6 K=4 S=3 groups=2 stride=3 pad=2", "N=1 L=33 C=1 K=1 S=7 pad=3", "N=2 L=5 C=3 K=4 S=2 dilation=2 pad=3",
		"N=1 L=203 C=2 K=8 S=70 stride=50 pad=3", "N=2 L=103 C=1 K=9 S=14 stride=40 pad=5"},
	"conv2d": {"N=2 H=5 W=6 C=3 K=9 R=3 S=3 pad=1", "N=2 H=5 W=6 C=3 K=20 R=1 S=1 pad=1", "N=1 H=5 W=4 C=2 K=3 R=3 S=2 pad=2 pad_top=3 stride=2", "N=1 H=7 W=7 C=8 K=16 R=5 S=5 pad=2", "N=1 H=9 W=8 C=4 K=8 R=3 S=3 pad=1 stride=2", "N=1 H=11 W=7 C=1 K=8 R=2 S=3 stride=3",
		"N=1 H=9 W=17 C=2 K=3 R=3 S=3 dilation=2 pad=3", "N=1 H=6 W=6 C=17 K=1 R=1 S=1", "N=1 H=12 W=9 C=9 K=17 R=3 S=3 stride=2 dilation=3 pad=2", "N=2 H=4 W=4 C=5 K=24 R=3 S=4 stride=4 pad=1", "N=1 H=21 W=19 C=3 K=8 R=8 S=6 stride=4 pad=2",
		"N=1 H=8 W=9 C=8 K=8 R=3 S=3 pad=1 groups=8", "N=1 H=9 W=7 C=17 K=17 R=3 S=3 pad=1 groups=17 stride=2", "N=2 H=5 W=5 C=3 K=6 R=3 S=3 pad=1 groups=3", "N=1 H=7 W=8 C=16 K=32 R=3 S=3 pad=1 groups=2",
		"N=1 H=8 W=7 C=3 K=33 R=4 S=2 stride_h=1 stride_w=3 pad_top=3 pad_right=1", "N=1 H=31 W=15 C=1 K=7 R=5 S=5 pad=2", "N=33 H=1 W=1 C=31 K=15 R=1 S=1", "N=1 H=3 W=3 C=1 K=1 R=3 S=3",
		"N=1 H=16 W=16 C=32 K=24 R=3 S=3 pad=1", "N=1 H=14 W=15 C=40 K=40 R=1 S=1", "N=2 H=14 W=14 C=32 K=32 R=3 S=3 pad=1 groups=32", "N=1 H=15 W=15 C=3 K=16 R=7 S=7 stride=2 pad=3", "N=1 H=9 W=35 C=1 K=1 R=3 S=3 stride=2"},
	"conv_transpose2d": {"N=2 H=3 W=2 C=3 K=9 R=3 S=2", "N=1 H=4 W=5 C=8 K=7 R=3 S=3 stride=2 pad=1 output_pad=1", "N=1 H=3 W=3 C=17 K=8 R=2 S=2 stride=2", "N=1 H=2 W=9 C=1 K=3 R=4 S=5 stride=3 pad=1 output_pad=2"},
	"maxpool2d": {"N=2 H=6 W=8 C=8 R=2 S=2", "N=1 H=7 W=9 C=17 R=3 S=3 stride=2 pad=1", "N=1 H=5 W=6 C=1 R=3 S=2 stride=1", "N=1 H=7 W=5 C=9 R=2 S=3 stride=3 pad_left=1",
		"N=3 H=4 W=4 C=33 R=4 S=4", "N=1 H=8 W=7 C=7 R=2 S=2 stride_h=1 stride_w=2 pad_top=1", "N=1 H=8 W=34 C=1 R=2 S=2"},
	"avgpool2d":        {"N=2 H=6 W=8 C=8 R=2 S=2", "N=1 H=9 W=10 C=17 R=4 S=2 stride=2 pad=1", "N=1 H=5 W=9 C=1 R=2 S=4 stride=1"},
	"global_avgpool2d": {"N=2 H=2 W=4 C=9", "N=1 H=8 W=8 C=17", "N=3 H=1 W=1 C=8"},
	"upsample2d":       {"N=2 H=3 W=5 C=7 scale=2", "N=1 H=2 W=3 C=16 scale=3", "N=1 H=4 W=4 C=1 scale=4", "N=2 H=3 W=3 C=9 scale=1"},
	"flatten":          {"N=2 H=3 W=5 C=9", "N=1 H=1 W=1 C=1", "N=3 H=7 W=7 C=16"},
	"maxpool1d":        {"N=2 L=9 C=8 S=3", "N=1 L=17 C=9 S=4 stride=2 pad=1"},
	"avgpool1d":        {"N=2 L=9 C=8 S=2", "N=2 L=64 C=1 S=2", "N=1 L=17 C=9 S=4 stride=3 pad_left=2"},
	"global_maxpool2d": {"N=2 H=3 W=5 C=9", "N=1 H=7 W=8 C=16"},
	"zero_pad2d":       {"N=2 H=3 W=5 C=9 pad=1", "N=1 H=4 W=4 C=1 pad_top=2 pad_right=3"},
	"pixel_shuffle":    {"N=2 H=3 W=5 C=4 scale=2", "N=1 H=2 W=2 C=9 scale=3"},
	"conv3d":           {"D=4 H=5 W=6 C=3 K=9 T=3 R=3 S=3 pad=1", "D=5 H=4 W=7 C=1 K=8 T=2 R=2 S=3 stride=2", "D=3 H=9 W=5 C=8 K=1 T=3 R=1 S=2 stride=3 pad=0"},
	"channels_first": {"N=2 C=3 H=5 W=9 K=4 R=3 pad=1", "N=1 C=1 H=8 W=17 K=9 R=5 pad=2", "N=1 C=16 H=7 W=7 K=8 R=3 pad=1", "N=1 C=2 H=9 W=9 K=3 R=3 stride=2", "N=2 C=3 H=8 W=34 K=5 R=2 stride=2", "N=1 C=5 H=3 W=11 K=7 R=1 stride=2",
		"N=1 C=2 H=11 W=67 K=2 R=5 stride=2 pad=2", "N=1 C=3 H=10 W=10 K=4 R=4 stride=3", "N=1 C=1 H=4 W=4 K=1 R=3 pad=1"},
	"untied":  {"H=5 W=6 C=3 K=9 R=3", "H=7 W=7 C=8 K=5 R=3 stride=2", "H=4 W=4 C=1 K=17 R=2"},
	"guarded": {"N=3 L=9 S=4", "N=1 L=33 S=5", "N=8 L=16 S=3"},
	"grouped": {"L=9 C=4 K=6 G=2 S=3", "L=17 C=8 K=8 G=8 S=3", "L=8 C=16 K=32 G=2 S=2"},
	"l2pool":  {"H=6 W=8 C=9 R=2", "H=9 W=7 C=8 R=3", "H=10 W=11 C=1 R=3 stride=3", "H=6 W=5 C=17 R=2 stride=1"},
}

// exact adds cases whose expected values are those of the interpreter, to be
// met without any tolerance.
func exact(t *testing.T, p *program) {
	added := &program{packages: p.packages}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(sizes)) { // an order, so that Go's cache knows the packages
		path := name // a layer of the library, unless there is a file
		for _, dir := range []string{filepath.Join("testdata", "specs"), filepath.Join("..", "specs")} {
			if file := filepath.Join(dir, name+".yaml"); exists(file) {
				path = file
			}
		}
		for _, dims := range slices.Concat(sizes[name], chance(name)) {
			given := map[string]string{}
			for _, d := range strings.Fields(dims) {
				dim, value, _ := strings.Cut(d, "=")
				given[dim] = value
			}
			title := "exact " + name + " " + dims
			if regexp.MustCompile(*only).MatchString(title) {
				added.cases = append(added.cases, harness.Case{Package: added.instance(path, given, false).name})
				names = append(names, title)
			}
		}
	}
	added.each(t, (*instance).prove)
	for i, c := range added.cases {
		for _, in := range added.packages {
			if in.name == c.Package {
				v, err := evaluated(in.proved, names[i], func(r *rand.Rand) float64 { return float64(r.IntN(9) - 4) })
				if err != nil {
					t.Fatalf("%s: %v", names[i], err)
				}
				p.cases = append(p.cases, harness.Case{Package: in.name, Vector: v})
			}
		}
	}
	p.packages = added.packages
}

// evaluated makes a vector of random numbers and what the interpreter makes of
// them.
func evaluated(p *layer.Proved, name string, draw func(*rand.Rand) float64) (harness.Vector, error) {
	h := fnv.New64a()
	h.Write([]byte(name))
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	v := harness.Vector{Name: name, Layer: p.Name, Scalars: map[string]json.Number{},
		Inputs: map[string]harness.Tensor{}, Outputs: map[string]harness.Tensor{},
		Upstream: map[string]harness.Tensor{}, Grads: map[string]harness.Tensor{}}
	env := eval.NewEnv()
	fill := func(group map[string]harness.Tensor, t *layer.Tensor) {
		data := make([]float64, t.Size())
		for i := range data {
			data[i] = draw(r)
			if t.Type == layer.Int32 {
				data[i] = float64(r.IntN(classes(p)))
			}
		}
		env.Values[t.Name] = data
		group[t.Name] = tensor(t, data)
	}
	for _, t := range p.Forward.Args {
		switch t.Role {
		case layer.Input, layer.Param:
			fill(v.Inputs, t)
		case layer.Output:
		case layer.Scalar:
			if t.Type != layer.Uint64 {
				return v, fmt.Errorf("%s is a scalar that these tests do not fill", t.Name)
			}
			env.Seeds[t.Name] = r.Uint64()
			v.Scalars[t.Name] = json.Number(strconv.FormatUint(env.Seeds[t.Name], 10))
		default:
			return v, fmt.Errorf("%s has a role that these tests do not fill", t.Name)
		}
	}
	if err := eval.Run(p.Forward, env); err != nil {
		return v, err
	}
	collect(v.Outputs, p.Forward.Args, layer.Output, env)
	if p.Backward == nil {
		return v, nil
	}
	for _, t := range p.Backward.Args {
		if t.Role == layer.Upstream {
			fill(v.Upstream, t)
		}
	}
	if err := eval.Run(p.Backward, env); err != nil {
		return v, err
	}
	collect(v.Grads, p.Backward.Args, layer.Gradient, env)
	return v, nil
}

var more = flag.Int("more", 0, "add this `number` of random sizes to each spec's")

// chance makes sizes like those of a spec, at random but the same in each run.
func chance(name string) []string {
	h := fnv.New64a()
	h.Write([]byte(name))
	r := rand.New(rand.NewPCG(h.Sum64(), 2))
	var list []string
	for range *more {
		var dims []string
		for _, d := range strings.Fields(sizes[name][0]) {
			dim, _, _ := strings.Cut(d, "=")
			n := 1 + r.IntN([]int{4, 20, 70}[r.IntN(3)])
			switch {
			case len(dim) > 1 && strings.HasPrefix(dim, "pad"):
				n = 0
			case len(dim) > 1 || strings.Contains("RSG", dim) || name == "conv3d" && dim == "T": // a window is no longer than what it slides over
				n = 1
			case name == "product" && dim == "D": // stay exact
				n = 1 + n%9
			}
			dims = append(dims, fmt.Sprintf("%s=%d", dim, n))
		}
		list = append(list, strings.Join(dims, " "))
	}
	return list
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// collect takes the tensors of a role out of the environment.
func collect(group map[string]harness.Tensor, args []*layer.Tensor, role layer.Role, env *eval.Env) {
	for _, t := range args {
		if t.Role == role {
			group[t.Name] = tensor(t, env.Values[t.Name])
		}
	}
}

func tensor(t *layer.Tensor, data []float64) harness.Tensor {
	out := harness.Tensor{Shape: append([]int{}, t.Shape...), DType: "float32", Data: data}
	if t.Type == layer.Int32 {
		out.DType = "int32"
	}
	return out
}

// classes is what ids and labels are below: the dim V or C.
func classes(p *layer.Proved) int {
	for _, n := range p.Numbers {
		if n.Name == "V" || n.Name == "C" {
			return int(n.Value)
		}
	}
	panic("conformance: " + p.Name + " has neither V nor C")
}
