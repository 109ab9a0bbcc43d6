package gen

import (
	"regexp"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/machine"
)

// TestSmallCaches schedules for machines with hardly any cache, scratch or
// time in one call, so that panels, blocks, slices, parts of sums and streams
// occur with small shapes, and compares with the equations.
func TestSmallCaches(t *testing.T) {
	tiny := machine.AVX2
	tiny.First, tiny.Second, tiny.FrameBytes, tiny.CallCycles = 1<<10, 8<<10, 3<<10, 500
	small := machine.AVX2
	small.First, small.Second, small.CallCycles = 6<<10, 40<<10, 9000
	portable := machine.Portable
	portable.First, portable.Second, portable.FrameBytes = 1<<10, 8<<10, 1<<10
	seen := ""
	for _, dims := range []string{
		"N=40 I=48 O=256", "N=33 I=256 O=40", "N=20 I=100 O=61", "N=1 I=70 O=90", "N=1 I=70 O=7", "N=7 I=256 O=256", "N=64 I=37 O=17", "N=64 I=512 O=64", "N=48 I=256 O=256",
	} {
		p := proved(t, "dense", dims)
		for _, target := range []machine.Target{tiny, small, portable, machine.AVX2} {
			agree(t, p, target, true, 0)
			_, programs, err := passes(p, target)
			if err != nil {
				t.Fatal(err)
			}
			for _, prog := range programs {
				seen += prog.String()
			}
		}
	}
	long := "layer: long\ndims: {M: }\ntensors:\n  x: {role: input, shape: [M]}\n  y: {role: output, shape: []}\n" +
		"forward: |\n  y = max(m, x[m]) + min(i, x[i]) + prod(j, x[j]/3 + 1)\nbackward: none\n"
	for _, target := range []machine.Target{tiny, small, portable} {
		agree(t, proved(t, long, "M=1500"), target, false, rounding)
	}
	for layer, dims := range map[string]string{"mse": "M=3001", "bce_with_logits": "M=2048", "cross_entropy": "N=300 C=7", "l1": "M=257"} {
		for _, target := range []machine.Target{tiny, small, portable} {
			agree(t, proved(t, layer, dims), target, false, rounding)
		}
	}
	for _, dims := range []string{"M=300 C=20", "M=513 C=7", "M=260 C=70"} {
		for _, target := range []machine.Target{tiny, small, portable} {
			agree(t, proved(t, "batchnorm", dims), target, false, rounding)
		}
	}
	wide := machine.AVX512
	wide.First, wide.Second, wide.CallCycles = 1<<10, 8<<10, 3000
	for _, dims := range []string{"N=1 A=2 T=70 S=70 D=16 causal=1", "N=2 A=1 T=130 S=130 D=8 causal=1"} {
		for _, target := range []machine.Target{tiny, small, wide} {
			agree(t, proved(t, "attention", dims), target, false, rounding)
		}
	}
	for name, source := range specs {
		dims, text, _ := strings.Cut(source, "\n")
		for _, d := range strings.Split(dims, ";") {
			p := proved(t, text, d)
			for _, target := range []machine.Target{tiny, small, portable} {
				t.Run(name+" "+d+" "+target.Name, func(t *testing.T) { agree(t, p, target, false, rounding) })
			}
		}
	}
	for _, what := range []string{"panel of", "transposed", "Blocks", "workspace", "for block <", "for tile <", "prefetch", "hsums"} {
		if !strings.Contains(seen, what) {
			t.Errorf("no schedule has %q: the shapes above do not reach it any more", what)
		}
	}
}

// TestLongerRows copies an operand whose rows are whole pages apart, of reals and of words.
func TestLongerRows(t *testing.T) {
	const words = `layer: words
dims: {N: , I: , O: }
tensors:
  x: {role: input, shape: [N, I], type: int32}
  w: {role: param, shape: [I, O]}
  y: {role: output, shape: [N, O]}
forward: |
  y[n][o] = sum(i, x[n][i]*w[i][o])
backward: derive
`
	agree(t, proved(t, words, "N=27 I=1024 O=1024"), machine.AVX512, true, 0)
	small := machine.AVX2
	small.First, small.Second = 6<<10, 40<<10
	agree(t, proved(t, words, "N=33 I=256 O=256"), small, true, 0)
	p := proved(t, "dense", "N=27 I=1024 O=1024")
	agree(t, p, machine.AVX512, true, 0)
	_, programs, err := passes(p, machine.AVX512)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(programs[0].String(), "xRows[27 1040]") {
		t.Error("nothing is copied: the shape does not reach it any more")
	}
}

// TestSweeps goes there and back through weights that the second cache does not hold,
// with even and odd numbers of steps.
func TestSweeps(t *testing.T) {
	small := machine.AVX2
	small.First, small.Second = 2<<10, 12<<10
	short := machine.AVX512
	short.First, short.Second = 2<<10, 12<<10
	seen := ""
	for layer, all := range map[string][]string{
		"rnn":  {"T=9 N=1 I=5 H=77", "T=10 N=1 I=5 H=330"},
		"lstm": {"T=10 N=1 I=7 H=48", "T=9 N=1 I=3 H=90"},
		"gru":  {"T=11 N=1 I=3 H=56", "T=10 N=1 I=9 H=225"},
	} {
		for _, dims := range all {
			p := proved(t, layer, dims)
			for _, target := range []machine.Target{small, short} {
				agree(t, p, target, false, rounding)
				_, programs, err := passes(p, target)
				if err != nil {
					t.Fatal(err)
				}
				for _, prog := range programs {
					if strings.Contains(prog.String(), "for odd t") {
						seen += layer + target.Name + prog.Name + " "
					}
				}
			}
		}
	}
	for _, what := range []string{"rnnAVX2forward", "lstmAVX2forward", "gruAVX512forward", "lstmAVX512backward", "gruAVX2backward"} {
		if !strings.Contains(seen, what) {
			t.Errorf("%s does not sweep: %s", what, seen)
		}
	}
}

// TestPackedSteps packs weights that the second cache does not hold before a serial loop
// of many steps, and leaves them where they are before one of few.
func TestPackedSteps(t *testing.T) {
	text := "layer: packed\ndims: {T: , J: , K: }\ntensors:\n  x: {role: input, shape: [T, K]}\n  w: {role: param, shape: [J, K]}\n" +
		"  y: {role: output, shape: [T, K]}\n" +
		"forward: |\n  y[t][k] = max(min(x[t][k] + where(t == 0, 0, sum(j < J, y[t-1][j]*w[j][k])), 3), -3)\nbackward: derive\n"
	small, short := machine.AVX2, machine.AVX512
	small.First, small.Second = 2<<10, 12<<10
	short.First, short.Second = 2<<10, 12<<10
	for dims, packs := range map[string]bool{"T=26 J=28 K=352": true, "T=12 J=28 K=352": false, "T=25 J=14 K=704": true, "T=10 J=14 K=704": false} {
		p := proved(t, text, dims)
		seen := ""
		for _, target := range []machine.Target{small, short} {
			agree(t, p, target, true, 0)
			_, programs, err := passes(p, target)
			if err != nil {
				t.Fatal(err)
			}
			seen += programs[0].String()
		}
		if got := strings.Contains(seen, "wBlocks"); got != packs {
			t.Errorf("%s: weights are packed: %v, want %v", dims, got, packs)
		}
	}
}

// TestPartsForTwoResults cuts a sum that two results have into parts, which must
// not be added up where the first of them lies.
func TestPartsForTwoResults(t *testing.T) {
	const text = `layer: t
dims: {A: , B: }
tensors:
  u: {role: input, shape: [B]}
  v: {role: input, shape: [B, B]}
  w: {role: param, shape: [B, B, A]}
  y: {role: output, shape: [A, A]}
forward: |
  y[a][c] = sum(i < B, j < B, u[i]*v[i][0]*w[i][j][c])
backward: derive
`
	small := machine.AVX2
	small.First, small.Second = 300, 1500
	for _, dims := range []string{"A=2 B=17", "A=2 B=33", "A=3 B=24"} {
		agree(t, proved(t, text, dims), small, false, rounding)
	}
}

// TestTurningBack: what waits for sums over large arrays goes through these from the end,
// and computes the same.
func TestTurningBack(t *testing.T) {
	for _, c := range []struct {
		dims string
		back bool
	}{{"M=6272 C=64", true}, {"M=6273 C=40", true}, {"M=500 C=64", false}} {
		p := proved(t, "batchnorm", c.dims)
		for _, target := range targets {
			agree(t, p, target, false, rounding)
			_, programs, err := passes(p, target)
			if err != nil {
				t.Fatal(err)
			}
			text := programs[1].String()
			if got := strings.Contains(text, "load x[-"); got != (c.back && target.Lanes > 1) {
				t.Errorf("%s %s: from the end: %v", target.Name, c.dims, got)
			}
		}
	}
}

// TestTurningBackInParts: rows that are gone through from the end are, each, from the end, too,
// and so it is where the sums over them are taken in parts.
func TestTurningBackInParts(t *testing.T) {
	short := machine.AVX2
	short.Second, short.CallCycles = 64<<10, 12000
	p := proved(t, "batchnorm", "M=701 C=160")
	agree(t, p, short, false, rounding)
	_, programs, err := passes(p, short)
	if err != nil {
		t.Fatal(err)
	}
	text := programs[1].String()
	if !strings.Contains(text, "workspace sumSquared") {
		t.Errorf("the sums are not in parts:\n%s", text)
	}
	if !regexp.MustCompile(`load x\[-[^]]*\]\[-`).MatchString(text) {
		t.Errorf("rows are not gone through from the end:\n%s", text)
	}
}

// TestStepsInCalls: where one call may not take all steps of a recurrence, several do.
func TestStepsInCalls(t *testing.T) {
	for _, dims := range []string{"T=20 N=3", "T=21 N=9", "T=3 N=17"} {
		p := proved(t, `layer: filter
dims: {T: steps, N: columns}
tensors:
  x: {role: input, shape: [T, N]}
  y: {role: output, shape: [T, N], outside: 0}
forward: |
  y[t][n] = x[t][n] + 0.5*y[t-1][n] - 0.25*y[t-2][n]
backward: derive
`, dims)
		for _, target := range targets {
			for _, calls := range []float64{1, 20, 45} {
				target.CallCycles = calls
				agree(t, p, target, false, rounding)
			}
		}
	}
}
