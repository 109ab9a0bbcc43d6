package grad

import (
	"github.com/dlgen/dlgen/spec/layer"
)

// tells notes what l shows, and reports whether some of it is new.
func (s *search) tells(l *layer.Layer, told map[fact]bool) bool {
	n := len(told)
	for _, f := range s.facts(l) {
		told[f] = true
	}
	return len(told) > n
}

// fact is something that small dims show about their number, or pair of numbers,
// or index of the equations.
type fact struct {
	kind  factKind
	i, j  int
	value float64
}

type factKind uint8

const (
	differ  factKind = iota // numbers i and j are not the same
	is                      // number i has this value
	ranges                  // index i takes several values
	another                 // optional numbers i and j are not what they are in the layer
	along                   // optional number i is not, and index j takes several values
	passes                  // dim i is larger than j, a constant of the spec
)

// weight says what a fact counts beside others.
func (f fact) weight() int {
	return [...]int{differ: 1, is: 4, ranges: 20, another: 20, along: 4, passes: 20}[f.kind]
}

func (s *search) facts(l *layer.Layer) []fact {
	var out []fact
	var changed []int // by themselves, not because they follow others
	for i, m := range l.Numbers {
		if m.Optional && m.Value != s.l.Numbers[i].Value {
			out = append(out, fact{kind: another, i: i, j: i})
			if m.Given {
				for _, j := range changed {
					out = append(out, fact{kind: another, i: i, j: j})
				}
				changed = append(changed, i)
			}
		}
		out = append(out, fact{kind: is, i: i, value: min(m.Value, 3)})
		for _, c := range s.larger {
			if m.IsDim && int(m.Value) > c {
				out = append(out, fact{kind: passes, i: i, j: c})
			}
		}
		for j := range i {
			if m.Value != l.Numbers[j].Value {
				out = append(out, fact{kind: differ, i: i, j: j})
			}
		}
	}
	k := 0
	several := func(idx []*layer.Index) {
		for _, i := range idx {
			if k++; i.Size > 1 {
				out = append(out, fact{kind: ranges, i: k})
				for _, c := range changed {
					out = append(out, fact{kind: along, i: c, j: k})
				}
			}
		}
	}
	for _, e := range l.Forward.Equations {
		several(e.Free)
		e.Walk(func(n any) bool {
			switch r := n.(type) {
			case *layer.Reduce:
				several(r.Idx)
			case *layer.ArgMax:
				several(r.Idx)
			}
			return true
		})
	}
	return out
}
