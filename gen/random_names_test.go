package gen

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// named makes random layers whose indices have the names that the compiler gives the parts of
// those which it splits, with conditions of scalars, of two sides and on remainders.
type named struct{ *rand.Rand }

// sub is a subscript of one or two indices; what it reads is 0 outside.
func (r named) sub(idx []string) string {
	i, j := one(r.Rand, idx...), one(r.Rand, idx...)
	return one(r.Rand, i, i, i+"/2", i+"%2", i+"/3", i+"+"+j, i+"-"+j, fmt.Sprint(i, "-", r.IntN(12)), fmt.Sprint(r.IntN(12), "-", i))
}

func (r named) condition(idx []string) string {
	i, j, from := one(r.Rand, idx...), one(r.Rand, idx...), r.IntN(20)-10
	return one(r.Rand,
		fmt.Sprintf("%s-%s >= %d && %s-%s < %d", i, j, from, i, j, from+1+r.IntN(5)),
		fmt.Sprintf("%s+%s >= %d && %s+%s <= %d", i, j, from+10, i, j, from+10+r.IntN(5)),
		fmt.Sprintf("(%s+%s)%%3 == %d", i, j, r.IntN(3)), fmt.Sprintf("2*%s-%s > %d", i, j, from), i+" <= "+j,
		"a > 0 && b > 0", "a > 0 || b > 0", "!(a > 0)", "a > b", "a >= b")
}

func (r named) term(idx []string, depth int) string {
	leaf := one(r.Rand, "a", "2", "v["+r.sub(idx)+"]", "v["+r.sub(idx)+"]", "x["+r.sub(idx)+"]["+r.sub(idx)+"]",
		"w[id["+one(r.Rand, "i", "i1", "i/2", "i1/2")+"]]")
	if depth == 0 {
		return leaf
	}
	a, b := r.term(idx, depth-1), r.term(idx, depth-1)
	switch r.IntN(6) {
	case 0:
		return a + "*" + b
	case 1:
		return "(" + a + one(r.Rand, " + ", " - ") + b + ")"
	case 2:
		return "where(" + r.condition(idx) + ", " + a + ", " + one(r.Rand, "0", "1", b) + ")"
	case 3:
		if k := one(r.Rand, "k", "k1", "r", "i0", "one"); !slices.Contains(idx, k) {
			inner := slices.Concat(idx, []string{k, k})
			return fmt.Sprintf("sum(%s < %d, %s)", k, 2+r.IntN(5), r.term(inner, depth-1)+one(r.Rand, "", "*v["+k+"/2]*v["+k+"%2]"))
		}
	}
	return leaf
}

// randomNames is such a layer.
func randomNames(rng *rand.Rand) (text, dims string) {
	r, idx := named{rng}, []string{"i", "i1"}
	return "layer: names\ndims: {A: , B: , V: }\nindices: {i: A, i1: B}\ntensors:\n  x: {role: input, shape: [A, B], outside: 0}\n" +
			"  v: {role: input, shape: [B], outside: 0}\n  w: {role: input, shape: [V]}\n  id: {role: input, type: int32, shape: [B], outside: 0}\n" +
			"  a: {role: scalar}\n  b: {role: scalar}\n  y: {role: output, shape: [A, B]}\n  z: {role: output, shape: [A, B]}\n  all: {role: output, shape: [V]}\nforward: |\n" +
			"  y[i][i1] = " + r.term(idx, 3) + "\n  z[i][i1] = " + r.term(idx, 3) + " + x[i][i1]*v[i1]*a*b\n  all[k] = w[k] + sum(j, id[j]*0)\nbackward: none\n",
		fmt.Sprintf("A=%d B=%d V=7", one(rng, 5, 8, 12, 20), one(rng, 20, 24, 33, 40))
}
