package amd64

import (
	"fmt"
	"sort"
	"strings"

	"github.com/dlgen/dlgen/gen/ir"
)

// stream is a pointer that walks through a buffer: all addresses with the same
// variable terms share it and differ in a constant displacement.
type stream struct {
	// root is the buffer, or nil for the scratch area of the frame.
	root *ir.Buffer
	// terms are the loop and index variables, with their coefficients; given
	// are those of the caller's loops.
	terms, given []ir.SubTerm
	// indexed says that a term is set by LoadIndex.
	indexed bool
	// same is a stream that serves in place of this one, or nil.
	same *stream
}

// coef is the coefficient of v in elements.
func (s *stream) coef(v *ir.Var) int {
	for _, t := range s.terms {
		if t.Var == v {
			return t.Coef
		}
	}
	return 0
}

// place is the address of m.
func (k *function) place(m ir.Mem, lanes int) *Place {
	flat := m.Flat()
	root := m.Buf.Root()
	disp := 4 * flat.Const
	if root.Place == ir.Frame {
		at, ok := k.frameAt[root]
		if !ok {
			panic(fmt.Sprintf("%s: %s: frame buffer %s is not declared", k.set.Name, k.f.Name, root.Name))
		}
		root, disp = nil, disp+at
	} else if _, ok := k.buffers[root]; !ok {
		panic(fmt.Sprintf("%s: %s: buffer %s is not a parameter", k.set.Name, k.f.Name, root.Name))
	}
	return &Place{kind: inBuffer, stream: k.stream(root, flat.Terms), disp: disp, lanes: lanes}
}

// stream finds or makes the pointer for the given terms.
func (k *function) stream(root *ir.Buffer, terms []ir.SubTerm) *stream {
	s := &stream{root: root}
	for _, t := range terms {
		switch {
		case t.Coef == 0 || k.single[t.Var]:
		case k.isCounter(t.Var):
			s.given = append(s.given, t)
		default:
			s.terms = append(s.terms, t)
			s.indexed = s.indexed || k.indexed[t.Var]
			if _, ok := k.order[t.Var]; !ok {
				panic(fmt.Sprintf("%s: %s: variable %s is not in scope", k.set.Name, k.f.Name, t.Var.Name))
			}
		}
	}
	var key strings.Builder
	fmt.Fprintf(&key, "%p", root)
	for _, list := range [][]ir.SubTerm{s.given, s.terms} {
		sort.Slice(list, func(i, j int) bool { return k.order[list[i].Var] < k.order[list[j].Var] })
		for _, t := range list {
			fmt.Fprintf(&key, " %d*%d", t.Coef, k.order[t.Var])
		}
	}
	if known := k.streamKey[key.String()]; known != nil {
		return known
	}
	k.streamKey[key.String()] = s
	k.streams = append(k.streams, s)
	return s
}

// isCounter tells the caller's loops from those of the function.
func (k *function) isCounter(v *ir.Var) bool {
	_, given := k.counters[v]
	return given
}

// base is the stream with the terms of s that stand before the index is added:
// those of the loops around the load of the index. It is nil where that is the
// parameter itself.
func (k *function) base(s *stream, in *loop) *stream {
	var terms []ir.SubTerm
	for _, t := range s.terms {
		for l := in; l != nil; l = l.parent {
			if l.v == t.Var {
				terms = append(terms, t)
			}
		}
	}
	terms = append(terms, s.given...)
	if len(terms) == 0 && s.root != nil {
		return nil
	}
	return k.stream(s.root, terms)
}

// overlaps reports whether p and q may share an element.
func (p *Place) overlaps(q *Place) bool {
	if p.kind != inBuffer || q.kind != inBuffer || p.stream.root != q.stream.root {
		return false
	}
	if p.stream != q.stream {
		return true
	}
	return p.disp < q.disp+4*q.lanes && q.disp < p.disp+4*p.lanes
}
