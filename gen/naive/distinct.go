package naive

import "github.com/dlgen/dlgen/gen/ir"

// Distinct is the nests, in which no two variables have the same name: passes that divide and join
// axes call what they make after these, and what a nest reads is compared by its text.
func Distinct(nests []*ir.Nest) []*ir.Nest {
	out := make([]*ir.Nest, len(nests))
	for k, n := range nests {
		out[k] = n
		if to := renamings(n); len(to) > 0 {
			out[k] = Renamed(n, to)
		}
	}
	return out
}

// renamings has another variable for each whose name one before it has.
func renamings(n *ir.Nest) map[*ir.Var]*ir.Var {
	taken, to := map[string]bool{}, map[*ir.Var]*ir.Var{}
	if n.Steps != nil {
		taken[n.Steps.Var.Name] = true
	}
	add := func(v *ir.Var) {
		name := v.Name
		for taken[name] {
			name += "_"
		}
		if taken[name] = true; name != v.Name {
			to[v] = &ir.Var{Name: name}
		}
	}
	for _, a := range Join(n.Axes, n.Reduce) {
		add(a.Var)
	}
	for _, g := range n.Gathers {
		add(g.Dst)
	}
	return to
}
