package golang

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
)

// plan says how the registers of one function become Go: which statements
// matter, where each register is declared, and which registers need no
// variable because they are spelled where they are used.
type plan struct {
	// live are the statements on which a store depends.
	live map[ir.Stmt]bool
	// fresh are the statements that declare what they assign, by :=.
	fresh map[ir.Stmt]bool
	// declare are the variables that must be declared before a statement,
	// because their first assignment is in an inner block.
	declare map[ir.Stmt][]value
	// inline is the definition of each register that has no variable.
	inline map[*ir.Reg]ir.Stmt
}

// value is a *ir.Reg or the *ir.Var of a LoadIndex.
type value any

// block is a list of statements within others.
type block struct {
	parent *block
	at     int // where in parent's list
	depth  int
	list   []ir.Stmt
}

// site is a place where a value is assigned or read.
type site struct {
	block *block
	at    int
	def   bool
}

func (s site) stmt() ir.Stmt { return s.block.list[s.at] }

// newPlan plans body. given are values that exist before it.
func newPlan(body []ir.Stmt, given ...value) *plan {
	p := &plan{live: map[ir.Stmt]bool{}, fresh: map[ir.Stmt]bool{}, declare: map[ir.Stmt][]value{}, inline: map[*ir.Reg]ir.Stmt{}}
	p.markLive(body)
	sites := map[value][]site{}
	var order []value
	p.collect(&block{list: body}, sites, &order)
	for _, g := range given {
		delete(sites, g)
	}
	p.inlineConstants(sites, order)
	p.inlineSingleUses(&block{list: body}, sites)
	for _, v := range order {
		if len(sites[v]) > 0 && !p.isInline(v) {
			p.place(v, sites[v])
		}
	}
	return p
}

func (p *plan) isInline(v value) bool {
	r, ok := v.(*ir.Reg)
	return ok && p.inline[r] != nil
}

// markLive finds the statements that matter, backwards from the stores.
func (p *plan) markLive(body []ir.Stmt) {
	defs := map[value][]ir.Stmt{}
	var todo []ir.Stmt
	var walk func([]ir.Stmt)
	walk = func(list []ir.Stmt) {
		for _, s := range list {
			switch s := s.(type) {
			case *ir.Loop:
				walk(s.Body)
			case *ir.Store, *ir.Move:
				todo = append(todo, s)
			default:
				defs[written(s)] = append(defs[written(s)], s)
			}
		}
	}
	walk(body)
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if p.live[s] {
			continue
		}
		p.live[s] = true
		for _, v := range read(s) {
			todo = append(todo, defs[v]...)
		}
	}
	p.markLoops(body)
}

// markLoops marks the loops with a live statement inside.
func (p *plan) markLoops(list []ir.Stmt) bool {
	any := false
	for _, s := range list {
		if l, ok := s.(*ir.Loop); ok && p.markLoops(l.Body) {
			p.live[l] = true
		}
		any = any || p.live[s]
	}
	return any
}

// collect lists the sites of each value in program order, and the values in
// the order of their first site.
func (p *plan) collect(b *block, sites map[value][]site, order *[]value) {
	for i, s := range b.list {
		if !p.live[s] {
			continue
		}
		if l, ok := s.(*ir.Loop); ok {
			p.collect(&block{b, i, b.depth + 1, l.Body}, sites, order)
			continue
		}
		for _, v := range read(s) {
			sites[v] = append(sites[v], site{b, i, false})
		}
		if v := written(s); v != nil {
			if len(sites[v]) == 0 {
				*order = append(*order, v)
			}
			sites[v] = append(sites[v], site{b, i, true})
		}
	}
}

// place decides where v is declared: in the innermost block that has all its
// sites, by its first assignment if that is directly there.
func (p *plan) place(v value, sites []site) {
	first := sites[0]
	if !first.def {
		panic(fmt.Sprintf("golang: register v%d is read before it is assigned", registerID(v)))
	}
	home := first.block
	for _, s := range sites[1:] {
		home = common(home, s.block)
	}
	if home == first.block {
		p.fresh[first.stmt()] = true
		return
	}
	b, at := first.block, first.at
	for b != home {
		at, b = b.at, b.parent
	}
	before := home.list[at]
	p.declare[before] = append(p.declare[before], v)
}

func registerID(v value) int {
	if r, ok := v.(*ir.Reg); ok {
		return r.ID
	}
	return -1
}

// common is the innermost block that contains a and b.
func common(a, b *block) *block {
	for a != b {
		if a.depth < b.depth {
			a, b = b, a
		}
		a = a.parent
	}
	return a
}

// written is the value that s assigns, or nil.
func written(s ir.Stmt) value {
	switch s := s.(type) {
	case *ir.Assign:
		return s.Dst
	case *ir.Load:
		return s.Dst
	case *ir.LoadIndex:
		return s.Dst
	case *ir.Store, *ir.Move, *ir.Loop:
		return nil
	}
	panic(fmt.Sprintf("golang: %T has no meaning with one lane", s))
}

// read lists the values that s reads, once for each operand. Loop counters
// and Blocks are among them; nothing assigns those.
func read(s ir.Stmt) []value {
	var out []value
	subs := func(subs ...ir.Sub) {
		for _, sub := range subs {
			for _, t := range sub.Terms {
				out = append(out, t.Var)
			}
		}
	}
	switch s := s.(type) {
	case *ir.Assign:
		for _, r := range s.Args {
			out = append(out, r)
		}
		if s.Op == ir.Iota {
			subs(s.Sub)
		}
	case *ir.Load:
		subs(s.Mem.Subs...)
	case *ir.LoadIndex:
		subs(s.Mem.Subs...)
	case *ir.Store:
		out = append(out, s.Src)
		subs(s.Mem.Subs...)
	case *ir.Move:
		subs(s.Dst.Subs...)
		if s.Src != nil {
			subs(s.Src.Subs...)
		}
	case *ir.Loop:
	default:
		panic(fmt.Sprintf("golang: %T has no meaning with one lane", s))
	}
	return out
}
