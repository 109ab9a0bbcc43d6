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
	u := &unread{calls: map[*ir.Func][]call{}, reads: map[string][]box{}, seen: map[string]bool{}}
	var funcs []*ir.Func
	for _, p := range programs {
		for _, s := range p.Steps {
			if u.calls[s.Func] == nil {
				funcs = append(funcs, s.Func)
			}
			c := newCall(s)
			u.calls[s.Func] = append(u.calls[s.Func], c)
			u.read(c)
		}
	}
	for _, f := range funcs {
		u.drop(f)
	}
}

// unread is what all programs read in their workspace, by the names of buffers.
type unread struct {
	calls map[*ir.Func][]call
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

// call is a step with the values of its variables: of its counters, and of the loops that
// one goes through.
type call struct {
	ir.Step
	at map[*ir.Var]span
}

func newCall(s ir.Step) call {
	c := call{s, map[*ir.Var]span{}}
	if v := s.Func.Step; v != nil {
		c.at[v] = span{0, s.In.Count - 1}
	}
	if v := s.Func.Block; v != nil {
		c.at[v] = span{s.From, s.From + s.Count - 1}
	}
	return c
}

// given is what a call gives for a function's buffer, nil if that is not in the workspace
// or holds integers, which checks read as well.
func (c call) given(b *ir.Buffer) *ir.Buffer {
	i := slices.Index(c.Func.Buffers, b.Root())
	if i < 0 {
		return nil
	}
	if b = c.Arguments().Buffers[i]; b.Place != ir.Workspace || b.Elem != ir.F32 {
		return nil
	}
	return b
}

// reach is the part of its buffer in which n elements from m on lie: all of it, where they
// go on in the next row or the buffer is seen in another shape.
func (c call) reach(m ir.Mem, n int) box {
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
			v, known := c.at[t.Var]
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
func (u *unread) read(c call) {
	note := func(m ir.Mem, n int) {
		b := c.given(m.Buf)
		if b == nil {
			return
		}
		part := c.reach(m, n)
		key := append([]byte(b.Name), 0) // so that a name does not run into the numbers
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
			if l, ok := st.(*ir.Loop); ok {
				c.at[l.Var] = span{0, l.Count - 1}
				visit(l.Body)
			} else if m, n := ir.Read(st); m != nil {
				note(*m, n)
			}
		}
	}
	visit(c.Func.Body)
}

// needed reports whether one of the calls stores n elements from m on where something
// reads them.
func (u *unread) needed(calls []call, m ir.Mem, n int) bool {
	return slices.ContainsFunc(calls, func(c call) bool {
		b := c.given(m.Buf)
		return b == nil || slices.ContainsFunc(u.reads[b.Name], c.reach(m, n).meets)
	})
}

// drop takes the stores out of f that no call of it needs.
func (u *unread) drop(f *ir.Func) {
	calls := u.calls[f]
	if !slices.ContainsFunc(f.Buffers, func(b *ir.Buffer) bool { return calls[0].given(b) != nil }) {
		return
	}
	idle, kept := map[ir.Stmt]*ir.Buffer{}, map[*ir.Buffer]bool{}
	var visit func(body []ir.Stmt)
	visit = func(body []ir.Stmt) {
		for _, st := range body {
			if l, ok := st.(*ir.Loop); ok {
				for _, c := range calls {
					c.at[l.Var] = span{0, l.Count - 1}
				}
				visit(l.Body)
				continue
			}
			if m, _ := ir.Read(st); m != nil {
				kept[m.Buf.Root()] = true
			}
			if m, n := ir.Written(st); m == nil {
				continue
			} else if u.needed(calls, *m, n) {
				kept[m.Buf.Root()] = true
			} else {
				idle[st] = m.Buf.Root()
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
