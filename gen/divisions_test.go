package gen

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// TestDivisions divides integers of all sizes, multiples of the divisor and their neighbours
// above all: the floor and the rest are exact.
func TestDivisions(t *testing.T) {
	const n = 2000
	rng := rand.New(rand.NewPCG(5, 6))
	for _, c := range []int64{1, 2, 3, 7, 64, 1000, 4194303, 1 << 30, 1500000001, math.MaxInt32} {
		p := proved(t, fmt.Sprintf(`layer: halves
dims: {N: numbers}
tensors:
  id: {role: input, type: int32, shape: [N]}
  q: {role: output, type: int32, shape: [N]}
  r: {role: output, type: int32, shape: [N]}
forward: |
  q[n] = id[n]/%d
  r[n] = id[n]%%%d
`, c, c), fmt.Sprintf("N=%d", n))
		ids := []int32{math.MinInt32, math.MinInt32 + 1, -1, 0, 1, math.MaxInt32 - 1, math.MaxInt32}
		for len(ids) < n {
			x := rng.Int64N(1<<32) - 1<<31
			if rng.IntN(4) > 0 {
				x = x/c*c + rng.Int64N(3) - 1
			}
			ids = append(ids, int32(max(math.MinInt32, min(x, math.MaxInt32))))
		}
		for _, target := range targets {
			_, programs, err := passes(p, target)
			if err != nil {
				t.Fatal(err)
			}
			mem := ir.NewMemory()
			mem.I32 = map[string][]int32{"id": ids, "q": make([]int32, n), "r": make([]int32, n)}
			if err := ir.Run(programs[0], mem); err != nil {
				t.Fatal(err)
			}
			for i, x := range ids {
				q, r := int64(x)/c, int64(x)%c
				if r < 0 {
					q, r = q-1, r+c
				}
				if int64(mem.I32["q"][i]) != q || int64(mem.I32["r"][i]) != r {
					t.Fatalf("%s: %d by %d is %d, rest %d; want %d, %d", target.Name, x, c, mem.I32["q"][i], mem.I32["r"][i], q, r)
				}
			}
		}
	}
}

// TestWordsOfScalars: an int keeps all its bits in integer expressions.
func TestWordsOfScalars(t *testing.T) {
	p := proved(t, `layer: salted
dims: {N: numbers}
tensors:
  id: {role: input, type: int32, shape: [N]}
  salt: {role: scalar, type: int, shape: []}
  h: {role: output, type: int32, shape: [N]}
forward: |
  h[n] = (id[n]*7919 + salt)%1000
`, "N=40")
	for _, target := range targets {
		_, programs, err := passes(p, target)
		if err != nil {
			t.Fatal(err)
		}
		for _, salt := range []int{0, 1<<24 + 1, 123456789, -7, math.MaxInt32, math.MinInt32} {
			mem := ir.NewMemory()
			mem.I32 = map[string][]int32{"id": make([]int32, 40), "h": make([]int32, 40)}
			mem.Seeds["salt"] = uint64(salt)
			for i := range mem.I32["id"] {
				mem.I32["id"][i] = int32(i * 99991)
			}
			if err := ir.Run(programs[0], mem); err != nil {
				t.Fatal(err)
			}
			for i, x := range mem.I32["id"] {
				want := (x*7919 + int32(salt)) % 1000
				if want < 0 {
					want += 1000
				}
				if got := mem.I32["h"][i]; got != want {
					t.Fatalf("%s: salt %d: h[%d] is %d, want %d", target.Name, salt, i, got, want)
				}
			}
		}
	}
}
