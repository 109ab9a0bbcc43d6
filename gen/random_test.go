package gen

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/machine"
)

// TestRandom compares schedules of random layers with their equations, exactly:
// they only add, multiply and choose, and their data are small integers. With
// DLGEN_RANDOM=N it tries N layers of each kind instead of a few.
func TestRandom(t *testing.T) {
	count := 18
	if n, err := strconv.Atoi(os.Getenv("DLGEN_RANDOM")); err == nil {
		count = n
	}
	tiny := machine.AVX2
	tiny.Name, tiny.First, tiny.Second, tiny.FrameBytes, tiny.CallCycles = "tiny", 1<<10, 4<<10, 3<<10, 2000
	for name, layer := range map[string]func(*rand.Rand) (text, dims string){
		"rows": randomRows, "columns": randomColumns, "window": randomWindow, "product": randomProduct, "subscripts": randomSubscripts, "steps": randomSteps, "names": randomNames, "integers": randomIntegers,
	} {
		for seed := range uint64(count) {
			text, dims := layer(rand.New(rand.NewPCG(seed, 11)))
			t.Run(fmt.Sprintf("%s %d", name, seed), func(t *testing.T) {
				defer func() {
					if r := recover(); r != nil {
						t.Errorf("panic: %v", r)
					}
					if t.Failed() {
						t.Logf("%s\n%s", dims, text)
					}
				}()
				p := proved(t, text, dims)
				for _, target := range append(slices.Clone(targets), tiny) {
					agree(t, p, target, true, 0)
				}
			})
		}
	}
}

// one is an element of a list.
func one[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// rowTerm is a product of one or two reads at row m and, where along is set,
// column d. At most one is of what the layer makes, so that sums stay exact.
func rowTerm(r *rand.Rand, made []string, along bool) string {
	given := []string{"p[m]", "2", "q[m]"}
	if along {
		given = append(given, "x[m][d]", "x[m][d+1]", "x[m][d-1]", "z[m][d]", "z[m][d]", "g[d]", "where(d > 1, z[m][d], p[m])", "max(x[m][d], g[d])")
	}
	var usable []string
	for _, s := range made {
		if along || !strings.Contains(s, "[d]") {
			usable = append(usable, s)
		}
	}
	first := one(r, given...)
	if len(usable) > 0 && r.IntN(2) == 0 {
		first = one(r, usable...)
	}
	if r.IntN(3) == 0 {
		return first
	}
	return first + "*" + one(r, given...)
}

// randomRows is a layer of sums and maps over the same rows and columns, some of
// which use what others make.
func randomRows(r *rand.Rand) (text, dims string) {
	var tensors, equations, made []string
	for k := range 2 + r.IntN(4) {
		name := fmt.Sprintf("t%d", k)
		along := true
		var shape, left, right string
		switch r.IntN(5) {
		case 0:
			shape, left, right = "M, D", "[m][d]", "%s"
		case 1:
			shape, left, right, along = "M", "[m]", "%s", false
		case 2:
			shape, left, right = "D", "[d]", "sum(m < M, %s)"
		default:
			shape, left, right = "M", "[m]", "sum(d < D, %s)"
		}
		value := rowTerm(r, made, along)
		if r.IntN(2) == 0 {
			value += one(r, " + ", " - ") + rowTerm(r, made, along)
		}
		if value == "2" || value == "2*2" || !along && !strings.Contains(value, "[m]") || shape == "D" && !strings.Contains(value, "[") {
			value += " + p[m]"
		}
		tensors = append(tensors, fmt.Sprintf("  %s: {role: output, shape: [%s]}", name, shape))
		equations = append(equations, "  "+name+left+" = "+fmt.Sprintf(right, value))
		if k < 2 {
			made = append(made, name+left)
		}
	}
	// Every input is read, every index stands bare somewhere.
	equations = append(equations, "  all[m][d] = x[m][d] + z[m][d] + g[d] + p[m] + q[m]")
	return "layer: rows\ndims: {M: , D: }\ntensors:\n  x: {role: input, shape: [M, D], outside: 0}\n  z: {role: input, shape: [M, D]}\n" +
			"  g: {role: param, shape: [D]}\n  p: {role: input, shape: [M]}\n  q: {role: input, shape: [M]}\n" +
			strings.Join(tensors, "\n") + "\n  all: {role: output, shape: [M, D]}\nforward: |\n" + strings.Join(equations, "\n") + "\nbackward: none\n",
		fmt.Sprintf("M=%d D=%d", 1+r.IntN(9), 1+r.IntN(one(r, 9, 20, 70)))
}

// randomColumns is a layer of sums over the rows of a matrix, some beside sums over
// its columns, of products of rows and columns, and of a state that steps go on with.
func randomColumns(r *rand.Rand) (text, dims string) {
	own := []string{"x[m][d]", "z[m][d]", "p[m]", "q[m]", "g[d]", "x[m][d]*p[m]", "z[m][d]*g[d]", "(x[m][d] - p[m])*q[m]", "p[m]*g[d]", "x[m][d]*z[m][d]"}
	term := func() string {
		if r.IntN(3) == 0 {
			return one(r, own...) + one(r, " + ", " - ") + one(r, own...)
		}
		return one(r, own...)
	}
	var tensors, equations []string
	add := func(name, shape, left, right string) {
		tensors = append(tensors, fmt.Sprintf("  %s: {role: output, shape: [%s]}", name, shape))
		equations = append(equations, "  "+name+left+" = "+right)
	}
	if r.IntN(2) == 0 {
		add("s", "M", "[m]", "sum(d < D, "+term()+")")
		own = append(own, "s[m]", "x[m][d]*s[m]")
	}
	for k := range 1 + r.IntN(4) {
		name := fmt.Sprintf("t%d", k)
		switch r.IntN(4) {
		case 0:
			add(name, "M, D", "[m][d]", term()+" + g[d]*p[m]")
		default:
			add(name, "D", "[d]", "sum(m < M, "+term()+" + 0*x[m][d])")
		}
	}
	if r.IntN(3) == 0 {
		add("y", "T, D", "[t][d]", "max(min(v[t][d] + where(t == 0, 0, sum(j, y[t-1][j]*w[j][d])), 3), -2)")
	}
	equations = append(equations, "  all[m][d] = x[m][d] + z[m][d] + g[d] + p[m] + q[m]", "  unused[t][d] = v[t][d] + sum(j, w[j][d])")
	return "layer: columns\ndims: {M: , D: , T: }\ntensors:\n  x: {role: input, shape: [M, D]}\n  z: {role: input, shape: [M, D]}\n" +
			"  g: {role: param, shape: [D]}\n  p: {role: input, shape: [M]}\n  q: {role: input, shape: [M]}\n  v: {role: input, shape: [T, D]}\n  w: {role: param, shape: [D, D]}\n" +
			strings.Join(tensors, "\n") + "\n  all: {role: output, shape: [M, D]}\n  unused: {role: output, shape: [T, D]}\nforward: |\n" + strings.Join(equations, "\n") + "\nbackward: none\n",
		fmt.Sprintf("M=%d D=%d T=%d", 1+r.IntN(one(r, 9, 40, 90)), 1+r.IntN(one(r, 12, 25, 80)), 1+r.IntN(12))
}

// randomWindow is a convolution with or without sums over channels, and its
// gradients.
func randomWindow(r *rand.Rand) (text, dims string) {
	x, w, y := "[C]", "[C]", "[C]"
	value, index, extra := "x[p*stride+a*step-pad][q*stride+b*step-pad][c]*k[a][b][c]", "a, b", ""
	if r.IntN(2) == 0 {
		w, y = "[C, K]", "[K]"
		value, index, extra = "x[p*stride+a*step-pad][q*stride+b*step-pad][c]*k[a][b][c][o]", "a, b, c", "  K: out\n"
	}
	result := "y[p][q][c]"
	if y == "[K]" {
		result = "y[p][q][o]"
	}
	trim := func(s string) string { return strings.Trim(s, "[]") }
	text = "layer: window\ndims:\n  H: height\n  W: width\n  C: channels\n" + extra + `  A: taps down
  B: taps across
  P: {value: (H + 2*pad - step*(A-1) - 1)/stride + 1}
  Q: {value: (W + 2*pad - step*(B-1) - 1)/stride + 1}
attrs: {stride: {default: 1}, step: {default: 1}, pad: {default: 0}}
tensors:
` + fmt.Sprintf("  x: {role: input, shape: [H, W, %s], outside: 0}\n  k: {role: param, shape: [A, B, %s]}\n  y: {role: output, shape: [P, Q, %s]}\n", trim(x), trim(w), trim(y)) +
		"forward: |\n  " + result + " = sum(" + index + ", " + value + ")\nbackward: derive\n"
	a, b, step := 1+r.IntN(4), 1+r.IntN(4), one(r, 1, 1, 2)
	h, v := step*(a-1)+1+r.IntN(9), step*(b-1)+1+r.IntN(9)
	dims = fmt.Sprintf("H=%d W=%d C=%d A=%d B=%d stride=%d step=%d pad=%d", h, v, 1+r.IntN(one(r, 4, 20, 40)), a, b, one(r, 1, 1, 2, 3), step, r.IntN(min(a, b)))
	if extra != "" {
		dims += fmt.Sprintf(" K=%d", 1+r.IntN(one(r, 4, 20, 40)))
	}
	return text, dims
}

// randomProduct is a sum of products of two or three arrays with some of four
// axes each, in any order, and its gradients.
func randomProduct(r *rand.Rand) (text, dims string) {
	axes := []string{"i", "j", "k", "l"}
	result := slices.Clone(axes[:1+r.IntN(2)])
	var tensors, factors []string
	used := map[string]bool{}
	for f := range 2 + r.IntN(2) {
		var own []string
		for _, n := range r.Perm(len(axes)) {
			if len(own) < 3 && (len(own) == 0 || r.IntN(2) == 0) {
				own = append(own, axes[n])
				used[axes[n]] = true
			}
		}
		if f == 0 { // so that the result's axes have a size
			for _, a := range result {
				if !slices.Contains(own, a) {
					own = append(own, a)
				}
			}
		}
		tensors = append(tensors, fmt.Sprintf("  u%d: {role: input, shape: [%s]}", f, strings.ToUpper(strings.Join(own, ", "))))
		factors = append(factors, fmt.Sprintf("u%d[%s]", f, strings.Join(own, "][")))
	}
	var summed []string
	for _, a := range axes {
		if used[a] && !slices.Contains(result, a) {
			summed = append(summed, a)
		}
	}
	value := strings.Join(factors, "*")
	if len(summed) > 0 {
		value = "sum(" + strings.Join(summed, ", ") + ", " + value + ")"
	}
	r.Shuffle(len(result), func(i, j int) { result[i], result[j] = result[j], result[i] })
	declared := map[string]bool{}
	for _, a := range slices.Concat(summed, result) {
		declared[a] = true
	}
	var names, sizes []string
	for _, a := range axes {
		if declared[a] {
			names = append(names, strings.ToUpper(a)+": ")
			sizes = append(sizes, fmt.Sprintf("%s=%d", strings.ToUpper(a), 1+r.IntN(one(r, 3, 12, 40))))
		}
	}
	return "layer: product\ndims: {" + strings.Join(names, ", ") + "}\ntensors:\n" + strings.Join(tensors, "\n") +
		fmt.Sprintf("\n  y: {role: output, shape: [%s]}\nforward: |\n  y[%s] = %s\nbackward: derive\n", strings.ToUpper(strings.Join(result, ", ")), strings.Join(result, "]["), value), strings.Join(sizes, " ")
}
