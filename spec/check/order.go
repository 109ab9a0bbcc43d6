package check

import (
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// sort puts equations in an order in which each reads only what is defined;
// otherwise the spec's order stays. An equation may read the old value of the
// state that it updates; every other equation sees the new one.
func (c *checker) sort(list []*layer.Equation) []*layer.Equation {
	by := map[*layer.Tensor][]*layer.Equation{}
	for _, e := range list {
		by[e.T] = append(by[e.T], e)
	}
	needs := map[*layer.Equation][]*layer.Equation{}
	for _, e := range list {
		for _, t := range e.Tensors() {
			for _, d := range by[t] {
				if t != e.T || t.Role != layer.State {
					needs[e] = append(needs[e], d)
				}
			}
		}
	}
	var out []*layer.Equation
	done := map[*layer.Equation]bool{}
	for len(out) < len(list) {
		var ready *layer.Equation
		for _, e := range list {
			if !done[e] && allDone(needs[e], done) {
				ready = e
				break
			}
		}
		if ready == nil {
			c.cycle(list, needs, done)
			return list
		}
		done[ready] = true
		out = append(out, ready)
	}
	return out
}

func allDone(list []*layer.Equation, done map[*layer.Equation]bool) bool {
	for _, e := range list {
		if !done[e] {
			return false
		}
	}
	return true
}

// cycle names the tensors of a cycle. Following unmet needs must come back to
// an equation, as every equation that is left has one.
func (c *checker) cycle(list []*layer.Equation, needs map[*layer.Equation][]*layer.Equation, done map[*layer.Equation]bool) {
	var e *layer.Equation
	for _, x := range list {
		if !done[x] {
			e = x
			break
		}
	}
	at := map[*layer.Equation]int{}
	var path []*layer.Equation
	for {
		if k, again := at[e]; again {
			path = path[k:]
			break
		}
		at[e] = len(path)
		path = append(path, e)
		for _, n := range needs[e] {
			if !done[n] {
				e = n
				break
			}
		}
	}
	first := 0
	for k, x := range path {
		if before(x.Pos, path[first].Pos) {
			first = k
		}
	}
	path = append(path[first:], path[:first]...)
	var names []string
	for _, x := range append(path, path[0]) {
		names = append(names, x.T.Name)
	}
	c.errs.AddHelp(path[0].Pos, "equations that refer to earlier steps of themselves are not supported yet",
		"%s depends on itself: %s", path[0].T.Name, strings.Join(names, " needs "))
}

func before(a, b diag.Pos) bool {
	return a.Line < b.Line || a.Line == b.Line && a.Col < b.Col
}
