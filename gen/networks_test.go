package gen

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/spec"
)

// networks are the specs of examples/networks with dims for tests.
var networks = map[string][]string{
	"mlp":           {"N=3 I=7 H=9 C=4", "N=16 I=33 H=17 C=10"},
	"transformer":   {"N=2 T=5 E=6 A=2 F=7", "N=1 T=9 E=16 A=4 F=33 causal=0"},
	"autoencoder":   {"N=3 I=9 H=4", "N=8 I=31 H=16"},
	"generator":     {"N=2 Z=3 H=5 D=7"},
	"discriminator": {"N=5 D=7 H=16"},
	"cnn":           {"N=2 H=8 W=8 K1=3 K2=4 F=9 C=5", "N=3 H=12 W=8 K1=8 K2=16 F=17 C=10"},
	"sequence":      {"T=4 N=3 V=7 E=9 H=5", "T=5 N=2 V=9 E=16 H=16"},
	"gan":           {"N=4 Z=3 D=17 G=9 H=8"},
}

// TestNetworks compares schedules of whole networks with their equations.
func TestNetworks(t *testing.T) {
	files, err := filepath.Glob("../examples/networks/*.yaml")
	if err != nil || len(files) != len(networks) {
		t.Fatalf("%d networks have dims, there are %v, %v", len(networks), files, err)
	}
	for name, sets := range networks {
		for _, dims := range sets {
			t.Run(name+" "+dims, func(t *testing.T) {
				p := proved(t, "../examples/networks/"+name+".yaml", dims)
				for _, target := range targets {
					agree(t, p, target, false, 4*rounding) // up to five layers
				}
				p = spec.Inference(p)
				for _, target := range targets {
					agree(t, p, target, false, 4*rounding)
				}
			})
		}
	}
}

// TestNormsAgree compares schedules of norms and attention with their equations.
func TestNormsAgree(t *testing.T) {
	for _, c := range []struct{ layer, dims string }{
		{"layernorm", "M=3 D=40"}, {"layernorm", "M=9 D=7"}, {"rmsnorm", "M=5 D=33"}, {"batchnorm", "M=17 C=9"}, {"batchnorm", "M=6 C=40"},
		{"groupnorm", "N=2 H=3 W=5 C=8 G=2"}, {"groupnorm", "N=1 H=4 W=4 C=32 G=2"},
		{"attention", "N=2 A=3 T=9 S=17 D=8"}, {"attention", "N=1 A=2 T=16 S=16 D=16 causal=1"}, {"attention", "N=1 A=1 T=33 S=20 D=9 causal=1"},
		{"attention", "N=1 A=1 T=20 S=33 D=9 causal=1"}, {"multihead_attention", "N=2 T=5 A=2 D=3"}, {"multihead_attention", "N=1 T=16 A=2 D=8 causal=1"},
	} {
		t.Run(c.layer+" "+c.dims, func(t *testing.T) {
			p := proved(t, c.layer, c.dims)
			for _, target := range targets {
				agree(t, p, target, false, 2*rounding)
			}
		})
	}
}

// BenchmarkTransformer: a network is compiled in the time that a user waits.
func BenchmarkTransformer(b *testing.B) {
	for b.Loop() {
		start := time.Now()
		p := proved(b, "../examples/networks/transformer.yaml", "N=4 T=64 E=128 A=4 F=512")
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms/proof")
		if _, _, err := passes(p, machine.AVX2); err != nil {
			b.Fatal(err)
		}
	}
}
