package lower

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// mostKnown is the number of values of a function up to which they are put into an
// array: more would have to come from memory each time.
const mostKnown = 1 << 16

// known is a function of indices alone, such as the angles of an encoding of positions,
// as an element of an array that has its values, each computed once in front of all
// loops; nil where it is something else.
func (s *scope) known(e *layer.Call) *ir.Expr {
	if !ofIndices(e) {
		return nil
	}
	used, values := indicesOf(e), 1
	var free []*layer.Index
	order := s.order
	if s.bound != nil {
		order = append([]*layer.Index{s.bound}, order...)
	}
	var outer []ir.Sub
	for _, i := range order {
		if used[i] && i.Size > 1 {
			free, outer = append(free, i), append(outer, s.vars[i])
			values *= i.Size
		}
	}
	if len(free) == 0 || values > mostKnown {
		return nil
	}
	var buf *ir.Buffer
	s.l.ahead(func() { buf = s.l.valuesOf(e, free, s) })
	return ir.LoadExpr(ir.Mem{Buf: buf, Subs: outer})
}

// valuesOf is the array with the values of e, over the indices of which there are some.
func (l *lowerer) valuesOf(e *layer.Call, free []*layer.Index, of *scope) *ir.Buffer {
	in := l.newScope(of.nest.Text)
	for _, i := range append(of.order[:len(of.order):len(of.order)], of.bound) {
		if i != nil && i.Size == 1 {
			in.vars[i] = ir.Sub{}
		}
	}
	in.bind(free, &in.nest.Axes)
	in.nest.Value = in.apply(e)
	several := severalOf(free)
	buf, _ := in.stored(e.Fn, ir.F32, several, several)
	return buf
}

// ofIndices reports whether an expression is one of indices and numbers alone.
func ofIndices(e layer.Expr) bool {
	ok := true
	layer.Walk(e, func(x any) bool {
		switch x.(type) {
		case *layer.Read, *layer.Element, *layer.Reduce, *layer.ArgMax, *layer.Uniform:
			ok = false
		}
		return ok
	})
	return ok
}
