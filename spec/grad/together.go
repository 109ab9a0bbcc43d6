package grad

import "github.com/dlgen/dlgen/spec/layer"

// together puts the equations of each applied layer side by side, behind all that they
// read: states may have put others among them. Else the order stays.
func together(list []*layer.Equation, applied map[*layer.Equation]*layer.Applied) []*layer.Equation {
	var groups []*group
	of := map[*layer.Applied]*group{}
	defined := map[*layer.Tensor][]*group{}
	for _, e := range list {
		a := applied[e]
		g := of[a]
		if a == nil || g == nil {
			g = &group{}
			of[a] = g
			groups = append(groups, g)
		}
		g.equations = append(g.equations, e)
		for _, t := range e.Tensors() {
			g.needs = append(g.needs, defined[t]...)
		}
		if e.T.Role != layer.State { // states count as constants
			defined[e.T] = append(defined[e.T], g)
		}
	}
	var out []*layer.Equation
	for _, g := range groups {
		out = g.put(out)
	}
	return out
}

// group is an equation by itself, or those of an applied layer.
type group struct {
	equations []*layer.Equation
	// needs are the groups that define what this one reads.
	needs []*group
	done  bool
}

// put adds the group to a list, behind those that it needs.
func (g *group) put(list []*layer.Equation) []*layer.Equation {
	if g.done {
		return list
	}
	g.done = true
	for _, n := range g.needs {
		list = n.put(list)
	}
	return append(list, g.equations...)
}
