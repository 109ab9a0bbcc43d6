package gen

import (
	"fmt"
	"math/rand/v2"
)

// randomIntegers is a layer of integers that choose, by positions, by ids and by real numbers, and
// of what looks up rows by them.
func randomIntegers(r *rand.Rand) (text, dims string) {
	var value func(depth int) string
	value = func(depth int) string {
		leaf := one(r, "id[n]", "k[n][d]", "0+n", "0+d", "2*n-d", fmt.Sprint(r.IntN(9)-4), "id[n]%5", "argmax(j, x[n][j])")
		if depth == 0 {
			return leaf
		}
		a, b := value(depth-1), value(depth-1)
		switch r.IntN(7) {
		case 0:
			return "min(" + a + ", " + b + ")"
		case 1:
			return "max(" + a + ", " + b + ")"
		case 2:
			return "abs(" + a + ")"
		case 3:
			return "(" + a + one(r, " + ", " - ") + b + ")"
		case 4:
			return "where(" + one(r, "x[n][d] > 1", "max(x[n][d], 0) < p[n]", "id[n] <= d", "n == d || k[n][d] > 2", "!(id[n] > 3)") + ", " + a + ", " + b + ")"
		}
		return leaf
	}
	return "layer: integers\ndims: {N: , D: , V: }\ntensors:\n  id: {role: input, type: int32, shape: [N]}\n  k: {role: input, type: int32, shape: [N, D]}\n" +
			"  x: {role: input, shape: [N, D]}\n  p: {role: input, shape: [N]}\n  e: {role: param, shape: [V, D]}\n  row: {role: scratch, type: int32, shape: [N, D]}\n" +
			"  a: {role: output, type: int32, shape: [N, D]}\n  y: {role: output, shape: [N, D]}\nforward: |\n" +
			"  a[n][d] = " + value(2) + one(r, "", " + k[n][d]*id[n]", " - 3*id[n]") + "\n  row[n][d] = min(max(" + value(1) + ", 0), V-1)\n" +
			"  y[n][d] = e[row[n][d]][d]*x[n][d] + p[n] + k[n][d] + id[n]\nbackward: derive\n",
		fmt.Sprintf("N=%d D=%d V=%d", 1+r.IntN(20), 1+r.IntN(one(r, 9, 20, 70)), 1+r.IntN(9))
}
