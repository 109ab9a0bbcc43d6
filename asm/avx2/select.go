package avx2

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
)

// selection chooses instructions for a function, with registers still virtual.
type selection struct {
	*function
	regs map[*ir.Reg]*vreg
	// defs and uses count the statements that write and read a register.
	defs, uses map[*ir.Reg]int
	// consts are the registers that hold one constant throughout.
	consts map[*ir.Reg]*place
	// waiting are loads that only a later Transpose uses.
	waiting []*ir.Load
	shuffle map[*ir.Reg]bool
	in      *loop
}

// choose fills k.nodes.
func (k *function) choose() {
	s := &selection{function: k, regs: map[*ir.Reg]*vreg{}, defs: map[*ir.Reg]int{}, uses: map[*ir.Reg]int{},
		consts: map[*ir.Reg]*place{}, shuffle: map[*ir.Reg]bool{}}
	for _, v := range k.f.Counters() {
		k.order[v] = len(k.order)
	}
	s.count(k.f.Body)
	s.stmts(k.f.Body)
	s.release(nil)
}

// count counts uses and definitions, and finds the variables.
func (s *selection) count(body []ir.Stmt) {
	for _, st := range body {
		switch st := st.(type) {
		case *ir.Loop:
			s.order[st.Var] = len(s.order)
			s.single[st.Var] = st.Count == 1
			s.count(st.Body)
		case *ir.Assign:
			s.defs[st.Dst]++
			for _, a := range st.Args {
				s.uses[a]++
			}
		case *ir.Load:
			s.defs[st.Dst]++
		case *ir.Store:
			s.uses[st.Src]++
		case *ir.LoadIndex:
			if _, ok := s.order[st.Dst]; !ok {
				s.order[st.Dst] = len(s.order)
			}
			s.indexed[st.Dst] = true
		case *ir.Transpose:
			for _, r := range st.Dst {
				s.defs[r]++
			}
			for _, r := range st.Src {
				s.uses[r]++
				s.shuffle[r] = true
			}
		}
	}
}

func (s *selection) stmts(body []ir.Stmt) {
	for _, st := range body {
		switch st := st.(type) {
		case *ir.Loop:
			s.loop(st)
		case *ir.Assign:
			s.assign(st)
		case *ir.Load:
			if st.Lanes == 8 && s.shuffle[st.Dst] && s.defs[st.Dst] == 1 && s.uses[st.Dst] == 1 {
				s.waiting = append(s.waiting, st)
			} else {
				s.load(st)
			}
		case *ir.Store:
			s.release(s.place(st.Mem, st.Lanes))
			s.store(st)
		case *ir.LoadIndex:
			s.release(nil)
			s.emit(&node{kind: loadIndex, v: st.Dst, mem: s.place(st.Mem, 1), imm: none})
		case *ir.Transpose:
			s.transpose(st)
		case *ir.Prefetch:
			s.emit(&node{code: prefetcht1, imm: none, mem: s.place(st.Mem, 1)})
		default:
			panic(fmt.Sprintf("avx2: statement %T", st))
		}
	}
}

func (s *selection) loop(st *ir.Loop) {
	s.release(nil)
	if st.Count == 1 {
		s.stmts(st.Body)
		s.release(nil)
		return
	}
	l := &loop{v: st.Var, count: st.Count, parent: s.in, inner: true}
	l.weight = s.in.weighted() * int64(min(st.Count, 1000))
	l.weight = min(l.weight, 1<<30)
	if s.in != nil {
		s.in.inner = false
	}
	s.emit(&node{kind: loopBegin, loop: l, imm: none})
	s.in = l
	s.stmts(st.Body)
	s.release(nil)
	s.in = l.parent
	s.emit(&node{kind: loopEnd, loop: l, imm: none})
}

// release emits the waiting loads that a store to p could change, or all of
// them where p is nil.
func (s *selection) release(p *place) {
	kept := s.waiting[:0]
	for _, st := range s.waiting {
		if p == nil || s.place(st.Mem, st.Lanes).overlaps(p) {
			s.load(st)
		} else {
			kept = append(kept, st)
		}
	}
	s.waiting = kept
}

// take removes the waiting load of r and returns its place, or nil.
func (s *selection) take(r *ir.Reg) *place {
	for i, st := range s.waiting {
		if st.Dst == r {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			return s.place(st.Mem, st.Lanes)
		}
	}
	return nil
}

// of is the virtual register of r.
func (s *selection) of(r *ir.Reg) *vreg {
	v := s.regs[r]
	if v == nil {
		v = s.vreg()
		s.regs[r] = v
	}
	return v
}

// use is r as an operand: a constant is its place in the table.
func (s *selection) use(r *ir.Reg) ref {
	if p := s.consts[r]; p != nil {
		return ref{mem: p}
	}
	return s.of(r).ref()
}

// reg is r as an operand that must be a register.
func (s *selection) reg(r *ir.Reg) ref { return s.register(s.use(r)) }

// register puts a constant into a register.
func (s *selection) register(o ref) ref {
	if o.mem == nil {
		return o
	}
	t := s.vreg()
	s.emit(&node{code: vmovups, dst: t, src: []ref{{mem: o.mem}}, imm: none, constant: true})
	return ref{v: t, low: o.low}
}

func (s *selection) emit(n *node) *node {
	s.nodes = append(s.nodes, n)
	return n
}

// do emits dst = c(src...), after putting constants that it cannot read from
// memory into registers.
func (s *selection) do(c *code, dst *vreg, imm int, src ...ref) *node {
	if c.fold >= 0 && c.commutes && src[0].mem != nil && src[1].mem == nil {
		src[0], src[1] = src[1], src[0]
	}
	memory := false
	for i := len(src) - 1; i >= 0; i-- {
		if src[i].mem == nil {
			continue
		}
		if memory || c.fold != anySource && c.fold != i {
			src[i] = s.register(src[i])
		}
		memory = true
	}
	return s.emit(&node{code: c, dst: dst, imm: imm, src: src})
}

// load emits a load. Lanes beyond the last are not touched: a page may end there.
func (s *selection) load(st *ir.Load) {
	dst, from := s.of(st.Dst), ref{mem: s.place(st.Mem, st.Lanes)}
	switch {
	case st.Broadcast:
		s.do(vbroadcastss, dst, none, from)
	case st.Lanes == 8:
		s.do(vmovups, dst, none, from)
	case st.Lanes == 4:
		s.do(vmovups, dst, none, from).low = true
	case st.Lanes == 2:
		s.do(vmovsd, dst, none, from).low = true
	case st.Lanes == 1:
		s.do(vmovss, dst, none, from).low = true
	default:
		mask := s.register(ref{mem: s.vectors.lanes(st.Lanes)})
		s.do(vmaskmovps, dst, none, mask, from)
	}
}

// store emits a store: in pieces of 4, 2 and 1 lanes where it is not full,
// since a masked store takes 12 cycles on Zen.
func (s *selection) store(st *ir.Store) {
	src, to := s.reg(st.Src).v, s.place(st.Mem, st.Lanes)
	if st.Lanes == 8 {
		s.put(vmovups, none, src.ref(), to, 0)
		return
	}
	at, rest := 0, st.Lanes
	if rest >= 4 {
		s.put(vmovups, none, src.half(), to, 0)
		at, rest = 4, rest-4
		if rest > 0 {
			t := s.vreg()
			s.do(vextractf128, t, 1, src.ref()).low = true
			src = t
		}
	}
	if rest >= 2 {
		s.put(vmovlps, none, src.half(), to, at)
		if rest == 3 {
			s.put(vextractps, 2, src.half(), to, at+2)
		}
	} else if rest == 1 {
		s.put(vmovss, none, src.half(), to, at)
	}
}

// put emits a store of src to the element at of to.
func (s *selection) put(c *code, imm int, src ref, to *place, at int) {
	p := *to
	p.disp += 4 * at
	s.emit(&node{code: c, imm: imm, src: []ref{src}, mem: &p})
}
