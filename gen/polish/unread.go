package polish

import (
	"encoding/binary"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// Unread takes out what programs store in their workspace where none of them reads it, such
// as the masked half of a matrix, and the values that nothing needs any more then. What a
// function does with a buffer never goes altogether: it keeps its parameters.
func Unread(programs ...*ir.Program) {
	u := &unread{calls: map[*ir.Func][]*ir.Step{}, reads: map[string][]box{}, seen: map[string]bool{}}
	var funcs []*ir.Func
	for _, p := range programs {
		for i := range p.Steps {
			s := &p.Steps[i]
			if u.calls[s.Func] == nil {
				funcs = append(funcs, s.Func)
			}
			u.calls[s.Func] = append(u.calls[s.Func], s)
			u.read(s)
		}
	}
	for _, f := range funcs {
		u.drop(f)
	}
}

// unread is what all programs read in their workspace, by the names of buffers.
type unread struct {
	calls map[*ir.Func][]*ir.Step
	reads map[string][]box
	// seen has what is listed, to have it once.
	seen map[string]bool
}

// span is the values of a subscript, box a part of a buffer: a span for each extent.
type (
	span struct{ lo, hi int }
	box  []span
)

// meets reports whether two parts have an element in common, as those of a temporary of one
// name with another shape, in another program, are taken to have.
func (b box) meets(o box) bool {
	if len(b) != len(o) {
		return true
	}
	for d, s := range b {
		if s.hi < o[d].lo || o[d].hi < s.lo {
			return false
		}
	}
	return true
}

// given is what a call gives for a function's buffer, nil if that is not in the workspace
// or holds integers, which checks read as well.
func given(s *ir.Step, b *ir.Buffer) *ir.Buffer {
	at := slices.Index(s.Func.Buffers, b.Root())
	if at < 0 {
		return nil
	}
	if b = s.Arguments().Buffers[at]; b.Place != ir.Workspace || b.Elem != ir.F32 {
		return nil
	}
	return b
}

// ranges are the values of variables.
type ranges map[*ir.Var]span

// rangesIn are those of the counters of a call.
func rangesIn(s *ir.Step) ranges {
	at := ranges{}
	if v := s.Func.Step; v != nil {
		at[v] = span{0, s.In.Count - 1}
	}
	if v := s.Func.Block; v != nil {
		at[v] = span{s.From, s.From + s.Count - 1}
	}
	return at
}

// reach is the part of its buffer in which n elements from m on lie: all of it, where they
// go on in the next row or the buffer is seen in another shape.
func (at ranges) reach(m ir.Mem, n int) box {
	root := m.Buf.Root()
	out := make(box, len(root.Shape))
	for d, extent := range root.Shape {
		out[d] = span{0, extent - 1}
	}
	if !slices.Equal(m.Buf.Shape, root.Shape) {
		return out
	}
	whole := slices.Clone(out)
	for d, s := range m.Subs {
		r := span{s.Const, s.Const}
		for _, t := range s.Terms {
			v, known := at[t.Var]
			if !known { // an element that is looked up
				r = whole[d]
				break
			}
			r.lo += min(t.Coef*v.lo, t.Coef*v.hi)
			r.hi += max(t.Coef*v.lo, t.Coef*v.hi)
		}
		if d == len(m.Subs)-1 {
			r.hi += n - 1
		}
		if r.lo < 0 || r.hi > whole[d].hi {
			return whole
		}
		out[d] = r
	}
	return out
}

// read lists what a call reads.
func (u *unread) read(s *ir.Step) {
	at := rangesIn(s)
	note := func(m ir.Mem, n int) {
		b := given(s, m.Buf)
		if b == nil {
			return
		}
		part := at.reach(m, n)
		key := []byte(b.Name)
		for _, r := range part {
			key = binary.AppendVarint(binary.AppendVarint(key, int64(r.lo)), int64(r.hi))
		}
		if !u.seen[string(key)] {
			u.seen[string(key)] = true
			u.reads[b.Name] = append(u.reads[b.Name], part)
		}
	}
	var visit func(body []ir.Stmt)
	visit = func(body []ir.Stmt) {
		for _, st := range body {
			switch st := st.(type) {
			case *ir.Loop:
				at[st.Var] = span{0, st.Count - 1}
				visit(st.Body)
			case *ir.Load:
				note(st.Mem, st.Lanes)
			case *ir.LoadIndex:
				note(st.Mem, 1)
			case *ir.Move:
				if st.Src != nil {
					note(*st.Src, st.Count)
				}
			}
		}
	}
	visit(s.Func.Body)
}

// needed reports whether one of the calls of f stores n elements from m on, with its loops
// at the given places, where something reads them.
func (u *unread) needed(f *ir.Func, loops ranges, m ir.Mem, n int) bool {
	for _, s := range u.calls[f] {
		b := given(s, m.Buf)
		if b == nil {
			return true
		}
		at := rangesIn(s)
		for v, r := range loops {
			at[v] = r
		}
		part := at.reach(m, n)
		if slices.ContainsFunc(u.reads[b.Name], part.meets) {
			return true
		}
	}
	return false
}

// drop takes the stores out of f that no call of it needs.
func (u *unread) drop(f *ir.Func) {
	if !slices.ContainsFunc(f.Buffers, func(b *ir.Buffer) bool { return given(u.calls[f][0], b) != nil }) {
		return
	}
	idle, kept := map[ir.Stmt]*ir.Buffer{}, map[*ir.Buffer]bool{}
	loops := ranges{}
	store := func(st ir.Stmt, m ir.Mem, n int) {
		if b := m.Buf.Root(); u.needed(f, loops, m, n) {
			kept[b] = true
		} else {
			idle[st] = b
		}
	}
	var visit func(body []ir.Stmt)
	visit = func(body []ir.Stmt) {
		for _, st := range body {
			switch st := st.(type) {
			case *ir.Loop:
				loops[st.Var] = span{0, st.Count - 1}
				visit(st.Body)
			case *ir.Load:
				kept[st.Mem.Buf.Root()] = true
			case *ir.Store:
				store(st, st.Mem, st.Lanes)
			case *ir.Move:
				if st.Src != nil {
					kept[st.Src.Buf.Root()] = true
				}
				store(st, st.Dst, st.Count)
			}
		}
	}
	visit(f.Body)
	for st, b := range idle {
		if !kept[b] {
			delete(idle, st)
		}
	}
	if len(idle) > 0 {
		f.Body = trimmed(f.Body, func(st ir.Stmt) bool { return idle[st] != nil })
		dropUnused(f)
	}
}

// trimmed is the statements but some, and but loops of which nothing is left.
func trimmed(body []ir.Stmt, gone func(ir.Stmt) bool) []ir.Stmt {
	return slices.DeleteFunc(body, func(st ir.Stmt) bool {
		if l, ok := st.(*ir.Loop); ok {
			l.Body = trimmed(l.Body, gone)
			return len(l.Body) == 0
		}
		return gone(st)
	})
}

// dropUnused takes out what is computed and not used; loads stay, so that f keeps its
// parameters.
func dropUnused(f *ir.Func) {
	for more := true; more; {
		uses := newRegisters(f.Body).uses
		more = false
		f.Body = trimmed(f.Body, func(st ir.Stmt) bool {
			x, ok := st.(*ir.Assign)
			drop := ok && x.Scalar == nil && uses[x.Dst] == 0
			more = more || drop
			return drop
		})
	}
}
