package amd64

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
)

// Selection chooses instructions for a function, with registers still virtual.
type Selection struct {
	*function
	regs map[*ir.Reg]*VReg
	// defs and uses count the statements that write and read a register.
	defs, uses map[*ir.Reg]int
	// consts are the registers that hold one constant throughout.
	consts map[*ir.Reg]*Place
	// waiting are loads that only a later Transpose uses.
	waiting []*ir.Load
	// shuffle has the lanes that a Transpose needs of a register.
	shuffle map[*ir.Reg]int
	// repeated are registers that repeat a few elements of memory in all lanes:
	// everything that reads them chooses among these.
	repeated map[*ir.Reg]bool
	in       *loop
}

// choose fills k.nodes.
func (k *function) choose() {
	s := &Selection{function: k, regs: map[*ir.Reg]*VReg{}, defs: map[*ir.Reg]int{}, uses: map[*ir.Reg]int{},
		consts: map[*ir.Reg]*Place{}, shuffle: map[*ir.Reg]int{}, repeated: map[*ir.Reg]bool{}}
	for _, v := range k.f.Counters() {
		k.order[v] = len(k.order)
	}
	s.count(k.f.Body)
	s.repeat(k.f.Body)
	s.stmts(k.f.Body)
	s.release(nil)
}

// count counts uses and definitions, and finds the variables.
func (s *Selection) count(body []ir.Stmt) {
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
				s.shuffle[r] = (len(st.Dst) + 3) &^ 3
			}
		}
	}
}

func (s *Selection) stmts(body []ir.Stmt) {
	for _, st := range body {
		switch st := st.(type) {
		case *ir.Loop:
			s.loop(st)
		case *ir.Assign:
			s.assign(st)
		case *ir.Load:
			if n := s.shuffle[st.Dst]; n > 0 && st.Lanes >= n && s.defs[st.Dst] == 1 && s.uses[st.Dst] == 1 {
				s.waiting = append(s.waiting, st)
			} else {
				s.load(st)
			}
		case *ir.Store:
			s.release(s.place(st.Mem, st.Lanes))
			s.set.Store(s, s.Reg(st.Src).V, s.place(st.Mem, st.Lanes), st.Lanes)
		case *ir.LoadIndex:
			s.release(nil)
			s.emit(&Node{kind: loadIndex, v: st.Dst, mem: s.place(st.Mem, 1), imm: None})
		case *ir.Transpose:
			s.set.Transpose(s, st)
		case *ir.Prefetch:
			c := s.set.Prefetch
			if st.Soon {
				c = s.set.PrefetchSoon
			}
			s.emit(&Node{code: c, imm: None, mem: s.place(st.Mem, 1)})
		default:
			panic(fmt.Sprintf("%s: statement %T", s.set.Name, st))
		}
	}
}

func (s *Selection) loop(st *ir.Loop) {
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
	s.emit(&Node{kind: loopBegin, loop: l, imm: None})
	s.in = l
	s.stmts(st.Body)
	s.release(nil)
	s.in = l.parent
	s.emit(&Node{kind: loopEnd, loop: l, imm: None})
}

// release emits the waiting loads that a store to p could change, or all of
// them where p is nil.
func (s *Selection) release(p *Place) {
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

// Take removes the waiting load of r and returns its place, or nil.
func (s *Selection) Take(r *ir.Reg) *Place {
	for i, st := range s.waiting {
		if st.Dst == r {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			return s.place(st.Mem, st.Lanes)
		}
	}
	return nil
}

// Of is the virtual register of r.
func (s *Selection) Of(r *ir.Reg) *VReg {
	v := s.regs[r]
	if v == nil {
		v = s.vreg(s.set.class(r.Kind))
		s.regs[r] = v
	}
	return v
}

// Temp is a new vector register.
func (s *Selection) Temp() *VReg { return s.vreg(s.set.Vectors) }

// TempMask is a new register for a mask.
func (s *Selection) TempMask() *VReg { return s.vreg(s.set.class(ir.Mask)) }

// Use is r as an operand: a constant is its place in the table.
func (s *Selection) Use(r *ir.Reg) Ref {
	if p := s.consts[r]; p != nil {
		return Ref{Mem: p}
	}
	return s.Of(r).Ref()
}

// Reg is r as an operand that must be a register.
func (s *Selection) Reg(r *ir.Reg) Ref { return s.Register(s.Use(r)) }

// Register puts a constant into a register.
func (s *Selection) Register(o Ref) Ref {
	if o.Mem == nil {
		return o
	}
	t := s.vreg(o.Mem.class)
	s.emit(&Node{code: t.class.Load, dst: t, src: []Ref{{Mem: o.Mem}}, imm: None, constant: true})
	return Ref{V: t, View: o.View}
}

func (s *Selection) emit(n *Node) *Node {
	s.nodes = append(s.nodes, n)
	return n
}

// Do emits dst = c(src...), after putting constants that it cannot read from
// memory into registers.
func (s *Selection) Do(c *Code, dst *VReg, imm int, src ...Ref) *Node {
	if c.Fold >= 0 && c.Commutes && src[0].Mem != nil && src[1].Mem == nil {
		src[0], src[1] = src[1], src[0]
	}
	memory := false
	for i := len(src) - 1; i >= 0; i-- {
		if src[i].Mem == nil {
			continue
		}
		if memory || c.Fold != AnySource && c.Fold != i || !c.reads(src[i].Mem) {
			src[i] = s.Register(src[i])
		}
		memory = true
	}
	return s.emit(&Node{code: c, dst: dst, imm: imm, src: src})
}

// Put emits a store of src to p.
func (s *Selection) Put(c *Code, imm int, p *Place, src ...Ref) {
	s.emit(&Node{code: c, imm: imm, src: src, mem: p})
}

// Row is r in a register, loaded from p where its load was waiting.
func (s *Selection) Row(r *ir.Reg, p *Place) *VReg {
	if p == nil {
		return s.Reg(r).V
	}
	v := s.Of(r)
	s.set.Load(s, v, p, p.lanes)
	return v
}

// load emits a load.
func (s *Selection) load(st *ir.Load) {
	dst, from := s.Of(st.Dst), s.place(st.Mem, st.Lanes)
	switch {
	case s.repeated[st.Dst]:
		s.Do(s.set.Repeat[st.Lanes], dst, None, Ref{Mem: from})
	case !st.Broadcast:
		s.set.Load(s, dst, from, st.Lanes)
	case s.set.Each:
		from.each = true
		s.Do(s.set.Vectors.Load, dst, None, Ref{Mem: from})
	default:
		s.Do(s.set.Broadcast, dst, None, Ref{Mem: from})
	}
}
