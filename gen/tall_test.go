package gen

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/machine"
)

// TestTall: sums, extremes and lookups over very many rows are taken in several calls, none of
// which is much longer than it may be, and come to the same.
func TestTall(t *testing.T) {
	avx2, avx512, portable := machine.AVX2, machine.AVX512, machine.Portable
	avx2.CallCycles, avx512.CallCycles, portable.CallCycles = 3000, 3000, 3000
	for _, c := range []string{
		"batchnorm M=3000 C=8", "batchnorm M=1021 C=33", "rmsnorm M=2000 D=64",
		"groupnorm N=1 H=64 W=64 C=16 G=2", "groupnorm N=2 H=48 W=64 C=16 G=16",
		"global_avgpool2d N=1 H=64 W=31 C=16", "global_maxpool2d N=1 H=64 W=31 C=16 forward",
		"nll_loss N=3001 C=5", "cross_entropy N=2000 C=3", "mse M=20001",
		"dense N=1 I=4000 O=10", "dense N=1 I=4001 O=8", "dense N=6000 I=4 O=1", "conv2d N=1 H=60 W=60 C=3 K=8 R=3 S=3 groups=1",
	} {
		c, forward := strings.CutSuffix(c, " forward") // what backward looks for is not a reduction in parts
		layer, dims, _ := strings.Cut(c, " ")
		p := proved(t, layer, dims)
		for _, target := range []machine.Target{avx2, avx512, portable} {
			agree(t, p, target, false, rounding)
			_, programs, err := passes(p, target)
			if err != nil {
				t.Fatal(err)
			}
			if forward {
				programs = programs[:1]
			}
			for _, prog := range programs {
				for _, f := range prog.Funcs() {
					// Two sums that go over the same rows share a call; more than that is what begins and ends it.
					if target.Lanes > 1 && f.Cycles > 2.1*target.CallCycles {
						t.Errorf("%s, %s: %s takes about %.0f cycles", target.Name, c, f.Name, f.Cycles)
					}
				}
			}
		}
	}
}

// TestSideBySide: sums over groups of a few channels, which share cache lines, go through them
// together.
func TestSideBySide(t *testing.T) {
	for dims, want := range map[string][]string{
		"N=1 H=9 W=8 C=64 G=8":  {"g by 8; vectors along j", "g by 8, j by 1 vectors"},
		"N=2 H=5 W=7 C=48 G=6":  {"g by 4; vectors along j"},
		"N=1 H=9 W=8 C=128 G=2": nil,
	} {
		p := proved(t, "groupnorm", dims)
		for _, target := range targets {
			agree(t, p, target, false, rounding)
		}
		_, programs, err := passes(p, machine.AVX2)
		if err != nil {
			t.Fatal(err)
		}
		text := programs[0].String() + programs[1].String()
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no loops %s in\n%s", dims, w, text)
			}
		}
		if want == nil && strings.Contains(text, " g by ") {
			t.Errorf("%s: groups are taken together in\n%s", dims, text)
		}
	}
}
