package gen

import (
	"testing"

	"github.com/dlgen/dlgen/gen/golang"
	"github.com/dlgen/dlgen/gen/machine"
)

// TestHalves: full vectors of sixteen lanes are worth their code on every machine,
// those of which a quarter counts on none, and those in between on the machines that
// compute them whole.
func TestHalves(t *testing.T) {
	for _, c := range []struct {
		layer, dims   string
		whole, halves bool
	}{
		{"dense", "N=32 I=784 O=128", true, true},
		{"gelu", "M=4096", true, true},
		{"dense", "N=5 I=1000 O=1000", true, true}, // both wait for the weights
		{"lstm", "T=8 N=16 I=64 H=64", true, true},
		{"conv2d", "N=1 H=20 W=20 C=16 K=24 R=3 S=3 pad=1", true, false},
		{"dense", "N=16 I=100 O=50", true, false},
		{"log_softmax", "M=64 D=10", true, false},
		{"conv2d", "N=1 H=20 W=20 C=3 K=4 R=3 S=3 pad=1", false, false},
	} {
		p := proved(t, c.layer, c.dims)
		vectors := make([]golang.Vector, 2)
		for i, target := range []machine.Target{machine.AVX2, machine.AVX512} {
			var err error
			if _, vectors[i].Programs, err = passes(p, target); err != nil {
				t.Fatal(err)
			}
		}
		if got := worthwhile(vectors[1], vectors[0]); got != c.whole {
			t.Errorf("%s %s is worthwhile: %v, want %v", c.layer, c.dims, got, c.whole)
		}
		if got := worthwhileInHalves(vectors[1], vectors[0]); got != c.halves {
			t.Errorf("%s %s is worthwhile in halves: %v, want %v", c.layer, c.dims, got, c.halves)
		}
	}
}
