package polish

import (
	"sort"

	"github.com/dlgen/dlgen/gen/ir"
)

// places are where in memory the statements of a list read and write.
type places struct {
	// of has what each statement accesses, that of a loop with all in it.
	of [][]stretchAt
	// users are the statements that access an array, in their order.
	users map[*ir.Buffer][]int
}

// stretchAt is n elements of an array, or any of it where n is 0.
type stretchAt struct {
	root *ir.Buffer
	at   ir.Sub
	n    int
}

func placesOf(body []ir.Stmt) *places {
	p := &places{of: make([][]stretchAt, len(body)), users: map[*ir.Buffer][]int{}}
	for i, st := range body {
		p.of[i] = accessed(st)
		for _, s := range p.of[i] {
			if u := p.users[s.root]; len(u) == 0 || u[len(u)-1] != i {
				p.users[s.root] = append(u, i)
			}
		}
	}
	return p
}

// accessed is what a statement accesses.
func accessed(st ir.Stmt) []stretchAt {
	switch st := st.(type) {
	case *ir.Load:
		return []stretchAt{{st.Mem.Buf.Root(), st.Mem.Flat(), st.Lanes}}
	case *ir.Store:
		return []stretchAt{{st.Mem.Buf.Root(), st.Mem.Flat(), st.Lanes}}
	case *ir.LoadIndex:
		return []stretchAt{{root: st.Mem.Buf.Root()}}
	case *ir.Move:
		out := []stretchAt{{root: st.Dst.Buf.Root()}}
		if st.Src != nil {
			out = append(out, stretchAt{root: st.Src.Buf.Root()})
		}
		return out
	case *ir.Loop:
		var out []stretchAt
		for _, st := range st.Body {
			out = append(out, accessed(st)...)
		}
		return out
	}
	return nil
}

// same reports whether two statements, a load or a store each, access the same elements.
func (p *places) same(i, j int) bool {
	a, b := p.of[i][0], p.of[j][0]
	return a.root == b.root && a.n == b.n && a.n > 0 && isZero(b.at.Add(a.at, -1))
}

func isZero(s ir.Sub) bool { return s.Const == 0 && len(s.Terms) == 0 }

// meets reports whether a statement from one place up to another may access an element that
// the load or store at k does, which is not among them.
func (p *places) meets(from, to, k int) bool {
	s := p.of[k][0]
	users := p.users[s.root]
	for _, i := range users[sort.SearchInts(users, from):] {
		if i >= to {
			break
		}
		for _, o := range p.of[i] {
			if o.root == s.root && mayMeet(o, s) {
				return true
			}
		}
	}
	return false
}

func mayMeet(a, b stretchAt) bool {
	d := b.at.Add(a.at, -1)
	return a.n == 0 || b.n == 0 || len(d.Terms) > 0 || d.Const < a.n && -d.Const < b.n
}
