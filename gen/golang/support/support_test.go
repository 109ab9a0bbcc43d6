package support

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// The definitions that package ir runs by.
func TestAgainstDefinitions(t *testing.T) {
	special := []float32{0, float32(math.Copysign(0, -1)), 0.5, -0.5, 1.5, 2.5, -2.5, 1 << 22, 1<<22 + 0.5, 1 << 23, 1<<23 - 0.5, -1<<23 + 0.5,
		1 << 31, -1 << 31, 1<<31 - 128, math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 200_000 {
		a, b := math.Float32frombits(rng.Uint32()), math.Float32frombits(rng.Uint32())
		if i%4 == 1 {
			a = (a - a) + float32(rng.IntN(1<<24)-1<<23)/4
		}
		if i < len(special)*len(special) {
			a, b = special[i%len(special)], special[i/len(special)]
		}
		real := func(what string, got, want float32) {
			if math.Float32bits(got) != math.Float32bits(want) && (got == got || want == want) {
				t.Fatalf("%s(%v, %v) = %v, want %v", what, a, b, got, want)
			}
		}
		word := func(what string, got int32, want float64) {
			if !(want >= math.MinInt32 && want <= math.MaxInt32) {
				want = math.MinInt32
			}
			if got != int32(want) {
				t.Fatalf("%s(%v) = %v, want %v", what, a, got, want)
			}
		}
		pick := func(c bool) float32 {
			if c {
				return a
			}
			return b
		}
		real("max32", max32(a, b), pick(a > b))
		real("min32", min32(a, b), pick(a < b))
		real("select32", select32(i%3 == 0, a, b), pick(i%3 == 0))
		real("abs32", abs32(a), float32(math.Abs(float64(a))))
		real("round32", round32(a), float32(math.RoundToEven(float64(a))))
		real("floor32", floor32(a), float32(math.Floor(float64(a))))
		word("nearestInt", nearestInt(a), math.RoundToEven(float64(a)))
		word("truncatedInt", truncatedInt(a), math.Trunc(float64(a)))
		if got, want := unordered(a, b), math.IsNaN(float64(a)) || math.IsNaN(float64(b)); got != want {
			t.Fatalf("unordered(%v, %v) = %v", a, b, got)
		}
	}
}

func TestSmall(t *testing.T) {
	for _, c := range []struct {
		x    float64
		n    int
		want float64
	}{{2, 10, 1024}, {2, -2, 0.25}, {0, 0, 1}, {0.9, 1, 0.9}, {-3, 3, -27}, {0.5, math.MinInt, math.Inf(1)}, {2, math.MinInt, 0}, {0, -1, math.Inf(1)}, {-1, math.MaxInt, -1}} {
		if got := powInt(c.x, c.n); got != c.want {
			t.Errorf("%v to the %d is %v, want %v", c.x, c.n, got, c.want)
		}
	}
	if selectInt(true, 1, 2) != 1 || selectInt(false, 1, 2) != 2 || choose64(true, 1, 2) != 1 || choose64(false, 1, 2) != 2 {
		t.Error("a choice is the wrong way round")
	}
	for _, seed := range []uint64{0, 1, 42, math.MaxUint64} {
		a, b := seedKeys(seed)
		if wa, wb := ir.SeedKeys(seed); a != wa || b != wb {
			t.Errorf("seedKeys(%d) = %#x, %#x, want %#x, %#x", seed, a, b, wa, wb)
		}
	}
}
