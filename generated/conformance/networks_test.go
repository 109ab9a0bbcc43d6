//go:build !purego

package conformance

import (
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/generated/conformance/harness"
)

// whole are dims of the networks in examples/networks.
var whole = map[string][]string{
	"mlp":           {"N=5 I=17 H=9 C=7", "N=16 I=32 H=24 C=10"},
	"transformer":   {"N=2 T=7 E=6 A=2 F=9", "N=1 T=16 E=32 A=4 F=40"},
	"autoencoder":   {"N=7 I=19 H=5"},
	"generator":     {"N=4 Z=8 H=16 D=9"},
	"discriminator": {"N=5 D=7 H=16"},
	"cnn":           {"N=2 H=12 W=8 K1=3 K2=4 F=9 C=5", "N=3 H=16 W=16 K1=8 K2=16 F=17 C=10"},
	"sequence":      {"T=5 N=3 V=9 E=7 H=5", "T=4 N=4 V=12 E=16 H=16"},
	"gan":           {"N=4 Z=3 D=17 G=9 H=8"},
}

// networks adds cases of networks, whose expected values are those of the
// interpreter.
func networks(t *testing.T, p *program) {
	for _, name := range slices.Sorted(maps.Keys(whole)) {
		for _, dims := range whole[name] {
			given := map[string]string{}
			for _, d := range strings.Fields(dims) {
				dim, value, _ := strings.Cut(d, "=")
				given[dim] = value
			}
			title := "network " + name + " " + dims
			if !regexp.MustCompile(*only).MatchString(title) {
				continue
			}
			file := filepath.Join("..", "..", "examples", "networks", name+".yaml")
			in := p.instance(file, given, false)
			if err := in.prove(); err != nil {
				t.Fatalf("%s: %v", title, err)
			}
			v, err := evaluated(in.proved, title, func(r *rand.Rand) float64 { return float64(float32(0.5 * r.NormFloat64())) })
			if err != nil {
				t.Fatalf("%s: %v", title, err)
			}
			tolerate(&v)
			p.cases = append(p.cases, harness.Case{Package: in.name, Vector: v})
			p.inference(file, given, v)
		}
	}
}

// tolerate allows for the roundings of a few layers behind one another: 1e-4 of
// a result and of the size of its tensor, or of that of all gradients where
// one cancels to nothing.
func tolerate(v *harness.Vector) {
	v.Tol = map[string][2]float64{}
	for _, group := range []map[string]harness.Tensor{v.Outputs, v.Grads} {
		largest := 0.0
		for name, t := range group {
			sum := 0.0
			for _, x := range t.Data {
				sum += x * x
			}
			size := math.Sqrt(sum / float64(len(t.Data)))
			largest = max(largest, size)
			v.Tol[name] = [2]float64{1e-4 * size, 1e-4}
		}
		for name := range group {
			if v.Tol[name][0] < 1e-12*largest {
				v.Tol[name] = [2]float64{1e-5 * largest, 1e-4}
			}
		}
	}
}
