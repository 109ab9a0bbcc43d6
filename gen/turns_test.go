package gen

import (
	"regexp"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
)

// inTurns are layers whose passes go through the same arrays several times: some
// steps are independent, some read what others make, near by or all of it.
var inTurns = map[string]string{
	"maxpool2d": "N=2 H=33 W=15 C=16 R=3 S=3 stride=2",
	"avgpool2d": "N=1 H=41 W=15 C=16 R=3 S=3 stride=2",
	"conv2d":    "N=1 H=40 W=17 C=16 K=16 R=5 S=5 pad=2 groups=16",
	"batchnorm": "M=300 C=20",
	"layernorm": "M=120 D=40",
	`layer: chained
dims: {A: , B: }
tensors:
  x: {role: input, shape: [A, B]}
  u: {role: output, shape: [A, B]}
  v: {role: output, shape: [A, B]}
  m: {role: output, shape: [B]}
  z: {role: output, shape: [A, B]}
forward: |
  u[a][b] = x[a][b]*2
  v[a][b] = where(a >= 1, u[a-1][b], 0) + where(a < A-1, u[a+1][b], 0)
  m[b] = sum(a, v[a][b])
  z[a][b] = x[a][b]*m[b] + where(a < A-2, v[a+2][b], 0)
backward: derive
`: "A=200 B=16",
}

// TestInTurns: calls that share arrays are made in turns, and what they compute
// does not change.
func TestInTurns(t *testing.T) {
	tiny, small := machine.AVX2, machine.AVX2
	tiny.First, tiny.Second, tiny.FrameBytes, tiny.CallCycles = 1<<10, 4<<10, 3<<10, 2000
	small.First, small.Second, small.CallCycles = 6<<10, 16<<10, 30000
	seen := map[string]bool{}
	for source, dims := range inTurns {
		p := proved(t, source, dims)
		for _, target := range []machine.Target{tiny, small} {
			agree(t, p, target, false, 2*rounding)
			_, programs, err := passes(p, target)
			if err != nil {
				t.Fatal(err)
			}
			for _, prog := range programs {
				seen[p.Name] = seen[p.Name] || returns(prog)
			}
		}
	}
	for _, name := range []string{"maxpool2d", "conv2d", "chained"} {
		if !seen[name] {
			t.Errorf("no pass of %s comes back to a function", name)
		}
	}
	_, programs, err := passes(proved(t, "maxpool2d", "N=1 H=113 W=113 C=64 R=3 S=3 stride=2"), machine.AVX2)
	if err != nil {
		t.Fatal(err)
	}
	if text := programs[1].String(); !regexp.MustCompile(`for 1 <= block < \d+\n.*call`).MatchString(text) {
		t.Error("the gradient of a large maximum does not follow what it reads")
	}
}

// returns reports whether a program goes on with a function after others.
func returns(p *ir.Program) bool {
	seen := map[*ir.Func]bool{}
	for _, s := range p.Steps {
		if seen[s.Func] {
			return true
		}
		seen[s.Func] = true
	}
	return false
}
