package golang

import "github.com/dlgen/dlgen/gen/ir"

// expressionSize bounds the operations and loads that one statement spells.
const expressionSize = 6

// inlineConstants spells constants and scalar parameters where they are used.
// An operation all of whose operands are literals would be a constant
// expression, which Go evaluates with other rules: it keeps its variables.
func (p *plan) inlineConstants(sites map[value][]site, order []value) {
	for _, v := range order {
		r, ok := v.(*ir.Reg)
		if !ok || definitions(sites[v]) != 1 || !sites[v][0].def {
			continue
		}
		if a, ok := sites[v][0].stmt().(*ir.Assign); ok && isConstant(a.Op) {
			p.inline[r] = a
		}
	}
	for _, v := range order {
		for _, s := range sites[v] {
			if a, ok := s.stmt().(*ir.Assign); ok && p.allLiteral(a) {
				delete(p.inline, a.Args[0])
			}
		}
	}
}

func isConstant(op ir.Op) bool {
	return op == ir.Const || op == ir.ConstWord || op == ir.Param || op == ir.KeyParam
}

// isCopy reports whether op, with one lane, gives its operand back.
func isCopy(op ir.Op) bool {
	switch op {
	case ir.Copy, ir.HSum, ir.HMax, ir.HMin, ir.HProd, ir.HSums, ir.Shuffle:
		return true
	}
	return false
}

// allLiteral reports whether a computes with literals alone.
func (p *plan) allLiteral(a *ir.Assign) bool {
	for _, r := range a.Args {
		if !p.literal(r) {
			return false
		}
	}
	return len(a.Args) > 0 && !isCopy(a.Op)
}

// literal reports whether r is spelled as an untyped constant.
func (p *plan) literal(r *ir.Reg) bool {
	d, ok := p.inline[r].(*ir.Assign)
	return ok && (d.Op == ir.Const || d.Op == ir.ConstWord)
}

func definitions(sites []site) int {
	n := 0
	for _, s := range sites {
		if s.def {
			n++
		}
	}
	return n
}

// inlineSingleUses spells a value that is used once, in the block that makes
// it, where it is used, if nothing it depends on changes in between.
func (p *plan) inlineSingleUses(b *block, sites map[value][]site) {
	root := make([]int, len(b.list)) // the statement in which each one ends up
	size := make([]int, len(b.list))
	for i := len(b.list) - 1; i >= 0; i-- {
		root[i], size[i] = i, 1
		s := b.list[i]
		if !p.live[s] {
			continue
		}
		if l, ok := s.(*ir.Loop); ok {
			p.inlineSingleUses(&block{list: l.Body}, sites)
			continue
		}
		use, ok := p.singleUse(s, sites)
		if !ok || use.at <= i || use.at >= len(b.list) || b.list[use.at] != use.stmt() {
			continue
		}
		to := root[use.at]
		if size[to] < expressionSize && p.movable(s, b.list[i+1:to+1], sites) {
			p.inline[written(s).(*ir.Reg)] = s
			root[i] = to
			size[to]++
		}
	}
}

// singleUse is the only use of what s makes, if it makes it alone.
func (p *plan) singleUse(s ir.Stmt, sites map[value][]site) (site, bool) {
	r, ok := written(s).(*ir.Reg)
	if !ok || len(sites[r]) != 2 || !sites[r][0].def || p.inline[r] != nil {
		return site{}, false
	}
	if a, ok := s.(*ir.Assign); ok && (isConstant(a.Op) || isCopy(a.Op) && p.literal(a.Args[0])) {
		return site{}, false
	}
	use := sites[r][1]
	return use, !use.def && !equalities(s, use.stmt())
}

// equalities reports whether s tests for an equality that use joins to another condition:
// go vet takes two of the same number, of which tiles may have any, for a mistake.
func equalities(s, use ir.Stmt) bool {
	a, ok := s.(*ir.Assign)
	b, ok2 := use.(*ir.Assign)
	return ok && ok2 && (a.Op == ir.IEQ || a.Op == ir.EQ || a.Op == ir.NE) && (b.Op == ir.And || b.Op == ir.Or)
}

// movable reports whether s means the same after the statements between; the
// last of them is the one into which it moves.
func (p *plan) movable(s ir.Stmt, between []ir.Stmt, sites map[value][]site) bool {
	load, isLoad := s.(*ir.Load)
	for i, t := range between {
		if !p.live[t] {
			continue
		}
		if _, ok := t.(*ir.Loop); ok {
			return false
		}
		if i == len(between)-1 {
			return true // reads its operands before it writes
		}
		if st, ok := t.(*ir.Store); ok && isLoad && (st.Mem.Buf == nil || st.Mem.Buf.Root() == load.Mem.Buf.Root()) {
			return false
		}
		if m, ok := t.(*ir.Move); ok && isLoad && m.Dst.Buf.Root() == load.Mem.Buf.Root() {
			return false
		}
		w := written(t)
		for _, v := range read(s) {
			if v == w && w != nil && definitions(sites[w]) > 1 {
				return false
			}
		}
	}
	return true
}
