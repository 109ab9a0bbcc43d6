// Package support has the small functions of which a generated package gets
// copies, those that it calls. They are compiled here so that they are tested
// by themselves; nothing imports them.
//
// Choices go through integer registers, where the compiler uses a conditional
// move. For floats it would branch, and no branch that depends on data is
// predicted.
package support

import "math"

// max32 is a where a > b, otherwise b.
func max32(a, b float32) float32 {
	x, y := math.Float32bits(a), math.Float32bits(b)
	if a > b {
		y = x
	}
	return math.Float32frombits(y)
}

// min32 is a where a < b, otherwise b.
func min32(a, b float32) float32 {
	x, y := math.Float32bits(a), math.Float32bits(b)
	if a < b {
		y = x
	}
	return math.Float32frombits(y)
}

// select32 is a where c holds, otherwise b.
func select32(c bool, a, b float32) float32 {
	x, y := math.Float32bits(a), math.Float32bits(b)
	if c {
		y = x
	}
	return math.Float32frombits(y)
}

// selectInt is a where c holds, otherwise b.
func selectInt(c bool, a, b int32) int32 {
	if c {
		b = a
	}
	return b
}

// abs32 is x without its sign.
func abs32(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// round32 is the integer nearest to x, the even one of two. Adding 2^23 leaves
// no bits for a fraction; beyond that there is none.
func round32(x float32) float32 {
	sign := math.Float32bits(x) & (1 << 31)
	y := math.Float32frombits(math.Float32bits(x) &^ (1 << 31))
	if !(y < 1<<23) {
		return x
	}
	y = float32(y+1<<23) - 1<<23
	return math.Float32frombits(math.Float32bits(y) | sign)
}

// floor32 is the largest integer that is not above x.
func floor32(x float32) float32 { return float32(math.Floor(float64(x))) }

// nearestInt is x rounded like round32, or the least int32 where that has no
// room for it.
func nearestInt(x float32) int32 { return truncatedInt(round32(x)) }

// truncatedInt is x without its fraction, or the least int32 where that has no
// room for it.
func truncatedInt(x float32) int32 {
	if x >= -1<<31 && x < 1<<31 {
		return int32(x)
	}
	return -1 << 31
}

// unordered reports whether a or b is not a number.
func unordered(a, b float32) bool { return a != a || b != b }

// powInt is x to the n-th power, by squaring. What is chosen from an array needs no
// branch, which a counter of steps would make hard to predict.
func powInt(x float64, n int) float64 {
	k := uint(n)
	if n < 0 {
		k, x = -k, 1/x
	}
	y := 1.0
	for ; k > 0; k >>= 1 {
		factors := [2]float64{1, x}
		y *= factors[k&1]
		if x *= x; x == 0 && k > 1 {
			return 0
		}
	}
	return y
}

// choose64 is a where c holds, otherwise b.
func choose64(c bool, a, b float64) float64 {
	if c {
		return a
	}
	return b
}

// seedKeys spreads a seed over two keys (the finaliser of Steele, Lea and
// Flood, Fast splittable pseudorandom number generators, 2014).
func seedKeys(seed uint64) (uint32, uint32) {
	z := seed + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return uint32(z), uint32(z >> 32)
}
