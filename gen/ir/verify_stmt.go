package ir

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// read checks that r has been assigned and holds the kind k.
func (v *verifier) read(r *Reg, k Kind) {
	if r == nil {
		v.failf("an operand is missing")
		return
	}
	v.reg(r)
	if r.Kind != k {
		v.failf("operand %s has the wrong kind", r)
	}
	if !v.assigned[r] {
		v.failf("%s is read before it is assigned", r)
	}
}

// write checks that r can take the kind k and marks it as assigned.
func (v *verifier) write(r *Reg, k Kind) {
	if r == nil {
		v.failf("there is no destination")
		return
	}
	v.reg(r)
	if r.Kind != k {
		v.failf("%s cannot hold the result", r)
	}
	v.assigned[r] = true
}

// reg checks that the number belongs to one register.
func (v *verifier) reg(r *Reg) {
	if r.Kind > Mask {
		v.failf("register %d has kind %d", r.ID, r.Kind)
	}
	if other := v.ids[r.ID]; other != nil && other != r {
		v.failf("two registers have the number %d", r.ID)
	}
	v.ids[r.ID] = r
}

func (v *verifier) assign(a *Assign) {
	if int(a.Op) >= len(Infos) {
		v.failf("unknown operation %d", a.Op)
		return
	}
	info := Infos[a.Op]
	if info.Args >= 0 && len(a.Args) != info.Args {
		v.failf("%d operands instead of %d", len(a.Args), info.Args)
		return
	}
	dst := info.Dst
	switch {
	case a.Dst == nil:
	case a.Op == Copy:
		dst = a.Dst.Kind
		v.read(a.Args[0], dst)
	case a.Op == Select:
		if a.Dst.Kind == Word {
			dst = Word
		}
		v.read(a.Args[0], Mask)
		v.read(a.Args[1], dst)
		v.read(a.Args[2], dst)
	default:
		for _, r := range a.Args {
			v.read(r, info.Arg)
		}
	}
	v.immediate(a)
	v.write(a.Dst, dst)
}

// immediate checks the operands that are not registers.
func (v *verifier) immediate(a *Assign) {
	lanes := v.fn.Lanes
	switch a.Op {
	case Param, KeyParam:
		switch {
		case a.Scalar == nil || !v.scalars[a.Scalar]:
			v.failf("the scalar is no parameter")
		case (a.Op == KeyParam) != (a.Scalar.Key != 0):
			v.failf("%s is the wrong kind of scalar", a.Scalar.Name)
		}
	case IShl, IShr, ISar:
		if a.Word < 0 || a.Word > 31 {
			v.failf("shift by %d", a.Word)
		}
	case Pick:
		if a.Table == nil {
			v.failf("no table")
		}
	case Shuffle:
		if len(a.Order) != lanes || slices.ContainsFunc(a.Order, func(i int) bool { return i < 0 || i >= lanes }) {
			v.failf("order %v of %d lanes", a.Order, lanes)
		}
	case Align:
		if a.Word < 0 || int(a.Word) >= lanes || lanes == 1 {
			v.failf("lanes from %d on of %d", a.Word, lanes)
		}
	case Spread:
		v.failf("it has a meaning in nests only")
	case LaneMask:
		if a.Word < 0 || int(a.Word) > lanes {
			v.failf("%d of %d lanes", a.Word, lanes)
		}
	case Iota:
		_, fixed := v.split(a.Sub)
		r := v.span(fixed)
		last := a.Step * (lanes - 1)
		if min(r.lo, r.lo+last) < math.MinInt32 || max(r.hi, r.hi+last) > math.MaxInt32 {
			v.failf("values beyond int32")
		}
	case HSum, HMax, HMin, HProd:
		if n := len(a.Args); n != 1 && (n != 2 && n != 4 || lanes < 4) {
			v.failf("%d operands for %d lanes", n, lanes)
		}
	case HSums:
		if len(a.Args) < 1 || len(a.Args) > lanes {
			v.failf("%d operands for %d lanes", len(a.Args), lanes)
		}
	case Scale, InvRoot:
		if lanes != 16 {
			v.failf("%s with %d lanes", a.Op, lanes)
		}
	case Apply:
		if f, known := FunctionOf(a.Fn); !known || f.Args() != len(a.Args) {
			v.failf("no function %s of %d arguments", a.Fn, len(a.Args))
		}
		if lanes != 1 {
			v.failf("apply with %d lanes", lanes)
		}
	}
}

func elemKind(e Elem) Kind {
	if e == I32 {
		return Word
	}
	return Real
}

func (v *verifier) load(s *Load) {
	v.lanes(s.Lanes)
	if s.Broadcast && s.Lanes != 1 {
		v.failf("a broadcast of %d elements", s.Lanes)
	}
	v.mem(s.Mem, s.Lanes)
	v.write(s.Dst, elemKind(s.Mem.Buf.Elem))
}

func (v *verifier) store(s *Store) {
	v.lanes(s.Lanes)
	v.mem(s.Mem, s.Lanes)
	v.read(s.Src, elemKind(s.Mem.Buf.Elem))
	v.writes(s.Mem.Buf.Root())
}

// writes notes that the function writes b.
func (v *verifier) writes(b *Buffer) {
	v.written[v.fn][b] = true
	v.writable(b.Tensor)
}

// writable checks that t, if any, is not what a pass only reads.
func (v *verifier) writable(t *layer.Tensor) {
	if t != nil && t.Given() {
		v.failf("%s must not be written", t.Name)
	}
}

func (v *verifier) move(s *Move) {
	if v.fn.Lanes != 1 || s.Count < 1 {
		v.failf("a move of %d elements with %d lanes", s.Count, v.fn.Lanes)
		return
	}
	v.mem(s.Dst, s.Count)
	v.writes(s.Dst.Buf.Root())
	if s.Dst.Buf.Elem != F32 {
		v.failf("a move to %s, which is not real", s.Dst.Buf.Name)
	}
	if s.Src == nil {
		return
	}
	v.mem(*s.Src, s.Count)
	if s.Src.Buf.Elem != F32 || s.Src.Buf.Root() == s.Dst.Buf.Root() {
		v.failf("a move from %s to %s", s.Src.Buf.Name, s.Dst.Buf.Name)
	}
}

func (v *verifier) lanes(n int) {
	if n < 1 || n > v.fn.Lanes {
		v.failf("%d of %d lanes", n, v.fn.Lanes)
	}
}

func (v *verifier) transpose(s *Transpose) {
	n := v.fn.Lanes
	if n < 2 || min(len(s.Dst), len(s.Src)) < 1 || max(len(s.Dst), len(s.Src)) > n {
		v.failf("%d registers from %d with %d lanes", len(s.Dst), len(s.Src), n)
		return
	}
	for _, list := range [][]*Reg{s.Src, s.Dst} {
		seen := map[*Reg]bool{}
		for _, r := range list {
			if seen[r] {
				v.failf("%s occurs twice", r)
			}
			seen[r] = true
		}
	}
	kind := s.Src[0].Kind
	if kind != Real && kind != Word {
		v.failf("registers of kind %d", kind)
	}
	for _, r := range s.Src {
		v.read(r, kind)
	}
	for _, r := range s.Dst {
		v.write(r, kind)
	}
}

// mem checks that n elements from m on lie in a buffer that the function has,
// and each subscript in its extent, for all values of the variables.
func (v *verifier) mem(m Mem, n int) {
	b := m.Buf
	if !v.memory[b.Root()] {
		v.failf("%s is neither parameter nor frame", b.Root().Name)
	}
	v.buffer(b)
	if len(m.Subs) != len(b.Shape) {
		v.failf("%d subscripts for shape %v", len(m.Subs), b.Shape)
		return
	}
	before := len(v.errs)
	stride, last := b.Size(), 0
	for d, s := range m.Subs {
		stride /= b.Shape[d]
		last += v.subscript(s, b.Shape[d]) * stride
	}
	if len(v.errs) > before {
		return
	}
	_, fixed := v.split(m.Flat())
	last += v.span(fixed).hi
	if last+n > b.Size() {
		v.failf("elements %d..%d of %d", last, last+n-1, b.Size())
	}
}

// subscript checks one subscript and returns the largest value of its loaded
// term. A loaded element counts extent/coef values; the rest of the subscript
// must stay below coef.
func (v *verifier) subscript(s Sub, extent int) int {
	loaded, fixed := v.split(s)
	r := v.span(fixed)
	unit := extent
	if len(loaded) > 0 {
		unit = loaded[0].Coef
	}
	switch {
	case len(loaded) > 1 || unit < 1 || extent%unit != 0:
		v.failf("%s cannot be proved inside [0, %d)", s, extent)
	case r.lo < 0 || r.hi >= unit:
		v.failf("%s has values %d..%d outside [0, %d)", fixed, r.lo, r.hi, unit)
	}
	return extent - unit
}

// split separates the terms with loaded variables and checks that all
// variables are in scope and distinct.
func (v *verifier) split(s Sub) (loaded []SubTerm, fixed Sub) {
	fixed.Const = s.Const
	seen := map[*Var]bool{}
	for _, t := range s.Terms {
		r, open := v.ranges[t.Var]
		switch {
		case !open:
			v.failf("%s is not in scope", t.Var.Name)
		case seen[t.Var]:
			v.failf("%s occurs twice in a subscript", t.Var.Name)
		case r.loaded:
			loaded = append(loaded, t)
		default:
			fixed.Terms = append(fixed.Terms, t)
		}
		seen[t.Var] = true
	}
	return loaded, fixed
}

// span is the exact range of s, whose variables are independent and not loaded.
func (v *verifier) span(s Sub) span {
	out := span{lo: s.Const, hi: s.Const}
	for _, t := range s.Terms {
		r := v.ranges[t.Var]
		a, b := t.Coef*r.lo, t.Coef*r.hi
		out.lo += min(a, b)
		out.hi += max(a, b)
	}
	return out
}
