package gen

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// randomTensor is a tensor of a random layer: its first extent is times*N + plus, its second one,
// if any, wide.
type randomTensor struct {
	name        string
	times, plus int
	wide        int
}

func (x randomTensor) shape() string {
	first := fmt.Sprintf("%d*N+%d", x.times, x.plus)
	if x.wide > 0 {
		return fmt.Sprintf("[%q, %d]", first, x.wide)
	}
	return fmt.Sprintf("[%q]", first)
}

// read is an element at some multiple of i and a place beside it, or from the end.
func (x randomTensor) read(r *rand.Rand, member string) string {
	step := 1 + r.IntN(x.times)
	text := fmt.Sprintf("%s[%d*i+%d]", x.name, step, r.IntN(step))
	if step == 1 {
		text = fmt.Sprintf("%s[i+%d]", x.name, r.IntN(x.plus+1))
		if r.IntN(6) == 0 {
			text = fmt.Sprintf("%s[%d*N+%d-1-i]", x.name, x.times, x.plus)
		}
	}
	if x.wide > 0 {
		if member == "" {
			member = fmt.Sprint(r.IntN(x.wide))
		}
		text += "[" + member + "]"
	}
	return text
}

// randomSubscripts is a layer whose arrays are defined in pieces, by multiples of an index and beside
// each other, and read so.
func randomSubscripts(r *rand.Rand) (text, dims string) {
	known := []randomTensor{{"a", 1, 0, 0}, {"b", 2, 1, 0}, {"w", 1, 0, 4}, {"c", 4, 0, 0}}
	tensors := []string{}
	for _, x := range known {
		tensors = append(tensors, fmt.Sprintf("  %s: {role: input, shape: %s}", x.name, x.shape()))
	}
	var equations []string
	value := func(member string) string {
		x := func() string { return one(r, known...).read(r, member) }
		switch r.IntN(6) {
		case 0:
			return x()
		case 1:
			return "max(" + x() + ", " + x() + ")"
		case 2:
			return x() + "*" + one(r, known[:4]...).read(r, member)
		case 3:
			return fmt.Sprintf("sum(k < 4, where(k <= i, w[i][k]*c[4*i+k], %d))", r.IntN(2))
		}
		return x() + one(r, " + ", " - ") + x()
	}
	for k := range 3 + r.IntN(4) {
		x := randomTensor{name: fmt.Sprintf("t%d", k), times: one(r, 1, 1, 1, 2, 3, 4)}
		if x.times == 1 {
			x.plus, x.wide = one(r, 0, 1, 3, 4), one(r, 0, 0, 0, 2, 4)
		}
		role := "scratch"
		if k > 1 {
			role = one(r, "scratch", "output")
		}
		tensors = append(tensors, fmt.Sprintf("  %s: {role: %s, shape: %s}", x.name, role, x.shape()))
		members := []string{""}
		if x.wide > 0 {
			members = []string{"m" + fmt.Sprint(x.wide)}
			if r.IntN(2) == 0 {
				members = nil
				for m := range x.wide {
					members = append(members, fmt.Sprint(m))
				}
			}
		}
		before := r.IntN(x.plus + 1)
		for _, member := range members {
			at := func(first string) string {
				if member == "" {
					return x.name + "[" + first + "]"
				}
				return x.name + "[" + first + "][" + member + "]"
			}
			along := ""
			if strings.HasPrefix(member, "m") && r.IntN(2) == 0 && slices.ContainsFunc(known, func(y randomTensor) bool { return y.wide == x.wide }) {
				same := slices.DeleteFunc(slices.Clone(known), func(y randomTensor) bool { return y.wide != x.wide })
				along = " + " + one(r, same...).read(r, member)
			}
			for p := range x.times {
				equations = append(equations, fmt.Sprintf("  %s = %s%s", at(fmt.Sprintf("%d*i+%d", x.times, before+p)), value(""), along))
			}
			for p := range x.plus {
				first := fmt.Sprint(p)
				if p >= before {
					first = fmt.Sprintf("N+%d", p)
				}
				equations = append(equations, fmt.Sprintf("  %s = %d", at(first), r.IntN(3)))
			}
		}
		known = append(known, x)
	}
	// All are read, by an output.
	all := []string{}
	for _, x := range known {
		all = append(all, x.read(r, ""))
	}
	tensors = append(tensors, "  all: {role: output, shape: [N]}")
	equations = append(equations, "  all[i] = "+strings.Join(all, " + "))
	if r.IntN(2) == 0 {
		r.Shuffle(len(equations), func(i, j int) { equations[i], equations[j] = equations[j], equations[i] })
	}
	indices := "i: N"
	for _, wide := range []string{"2", "4"} {
		if strings.Contains(strings.Join(equations, ""), "[m"+wide+"]") {
			indices += ", m" + wide + ": " + wide
		}
	}
	return "layer: subscripts\ndims: {N: }\nindices: {" + indices + "}\ntensors:\n" + strings.Join(tensors, "\n") + "\nforward: |\n" + strings.Join(equations, "\n") + "\nbackward: none\n",
		fmt.Sprintf("N=%d", one(r, 3, 7, 8, 9, 16, 17, 33, 40))
}

// randomSteps is a layer of recurrences over rows in one of several orders of axes, forwards or
// backwards, that may read each other's elements of the same step and of the step before, and of what
// is made of them.
func randomSteps(r *rand.Rand) (text, dims string) {
	down := r.IntN(3) == 0
	first, before := "0", "l-1"
	if down {
		first, before = "L-1", "l+1"
	}
	orders := []string{"nlc", "lnc", "ncl", "nl", "ln", "lc"}
	given := map[string]string{"a": one(r, orders...), "b": one(r, orders...), "x": "l"}
	at := func(name, order, l string) string {
		for _, axis := range order {
			i := string(axis)
			if i == "l" {
				i = l
			}
			name += "[" + i + "]"
		}
		return name
	}
	// some is an element of one of the tensors that has no other indices than those.
	some := func(among map[string]string, order string, places ...string) string {
		names := []string{}
		for name, o := range among {
			if !strings.ContainsFunc(o, func(axis rune) bool { return !strings.ContainsRune(order, axis) }) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		if len(names) == 0 {
			return "x[l]"
		}
		name := one(r, names...)
		return at(name, among[name], one(r, places...))
	}
	made := map[string]string{}
	var tensors, equations []string
	axes := one(r, orders...)
	for k := range 1 + r.IntN(3) {
		name := fmt.Sprintf("h%d", k)
		made[name] = axes
	}
	names := []string{}
	for name := range made {
		names = append(names, name)
	}
	slices.Sort(names)
	for k, name := range names {
		role := one(r, "scratch", "output", "output")
		tensors = append(tensors, fmt.Sprintf("  %s: {role: %s, shape: [%s]}", name, role, strings.ToUpper(strings.Join(strings.Split(axes, ""), ", "))))
		own := map[string]string{name: axes, one(r, names...): axes}
		step := some(own, axes, before)
		if strings.Contains(axes, "c") && r.IntN(3) == 0 {
			step = fmt.Sprintf("sum(k < C, w[k][c]*%s)", strings.Replace(at(name, axes, before), "[c]", "[k]", 1))
		}
		value := fmt.Sprintf("where(l == %s, %s, %s) + %s", first, some(given, axes, "l", "L-1-l"), step, some(given, axes, "l"))
		if k > 0 && r.IntN(2) == 0 {
			value += " - " + at(names[k-1], axes, "l")
		}
		if r.IntN(4) == 0 {
			value = fmt.Sprintf("where(l%%2 == 0, %s, %s)", value, some(given, axes, "l"))
		}
		equations = append(equations, fmt.Sprintf("  %s = max(min(%s, 3), -2)", at(name, axes, "l"), value))
	}
	for k := range 1 + r.IntN(2) {
		order := one(r, "nlc", "lnc", "cln", "ncl")
		tensors = append(tensors, fmt.Sprintf("  y%d: {role: output, shape: [%s]}", k, strings.ToUpper(strings.Join(strings.Split(order, ""), ", "))))
		equations = append(equations, fmt.Sprintf("  %s = %s*%s + %s", at(fmt.Sprintf("y%d", k), order, "l"),
			some(made, order, "l", "L-1-l", first), some(given, order, "l"), some(made, order, "l")))
	}
	// Every tensor is read.
	equations = append(equations, "  all[n][l][c] = "+at("a", given["a"], "l")+" + "+at("b", given["b"], "l")+" + x[l] + w[0][c]")
	for _, name := range names {
		equations[len(equations)-1] += " + " + at(name, axes, "l")
	}
	if r.IntN(2) == 0 {
		r.Shuffle(len(equations), func(i, j int) { equations[i], equations[j] = equations[j], equations[i] })
	}
	inputs := ""
	for _, name := range []string{"a", "b", "x"} {
		inputs += fmt.Sprintf("  %s: {role: input, shape: [%s]}\n", name, strings.ToUpper(strings.Join(strings.Split(given[name], ""), ", ")))
	}
	return "layer: steps\ndims: {N: , L: , C: }\ntensors:\n" + inputs + "  w: {role: param, shape: [C, C]}\n  all: {role: output, shape: [N, L, C]}\n" +
			strings.Join(tensors, "\n") + "\nforward: |\n" + strings.Join(equations, "\n") + "\nbackward: none\n",
		fmt.Sprintf("N=%d L=%d C=%d", one(r, 1, 2, 8, 9, 17, 20), one(r, 2, 3, 4, 7, 9, 16, 20), one(r, 1, 2, 3, 4, 8, 9))
}
