package lower

import "github.com/dlgen/dlgen/spec/layer"

// splitAxes replaces an index i that occurs as i/c and i%c by c*i1 + i0, so
// that both are affine, where c divides its size.
func splitAxes(eq *layer.Equation) *layer.Equation {
	factor := map[*layer.Index]int{}
	note := func(x any) bool {
		op, ok := x.(*layer.IntOp)
		if !ok || op.Op != '/' && op.Op != '%' {
			return true
		}
		v, ok := op.X.(*layer.Var)
		c, ok2 := op.Y.(layer.Lit)
		if ok && ok2 && c.V > 1 && v.I.Size%c.V == 0 && (factor[v.I] == 0 || factor[v.I] == c.V) {
			factor[v.I] = c.V
		}
		return true
	}
	eq.Walk(note)
	if len(factor) == 0 {
		return eq
	}
	sp := splitter{factor: factor, high: map[*layer.Index]*layer.Index{}, low: map[*layer.Index]*layer.Index{}}
	out := *eq
	out.Free = sp.indices(eq.Free)
	out.Subs = sp.ints(eq.Subs)
	out.Value = sp.expr(eq.Value)
	return &out
}

// splitter rewrites expressions with split indices.
type splitter struct {
	factor    map[*layer.Index]int
	high, low map[*layer.Index]*layer.Index
}

func (p *splitter) indices(in []*layer.Index) []*layer.Index {
	var out []*layer.Index
	for _, i := range in {
		c := p.factor[i]
		if c == 0 {
			out = append(out, i)
			continue
		}
		p.high[i] = &layer.Index{Name: i.Name + "1", Size: i.Size / c}
		p.low[i] = &layer.Index{Name: i.Name + "0", Size: c}
		out = append(out, p.high[i], p.low[i])
	}
	return out
}

func (p *splitter) ints(in []layer.Int) []layer.Int {
	out := make([]layer.Int, len(in))
	for d, x := range in {
		out[d] = p.int(x)
	}
	return out
}

func (p *splitter) int(x layer.Int) layer.Int {
	switch x := x.(type) {
	case *layer.Var:
		if c := p.factor[x.I]; c != 0 {
			return &layer.IntOp{Op: '+', X: &layer.IntOp{Op: '*', X: layer.Lit{V: c}, Y: &layer.Var{I: p.high[x.I]}}, Y: &layer.Var{I: p.low[x.I]}}
		}
	case *layer.Element:
		return &layer.Element{T: x.T, Subs: p.ints(x.Subs), Pos: x.Pos}
	case *layer.ArgMax:
		return &layer.ArgMax{Idx: p.indices(x.Idx), Body: p.expr(x.Body)}
	case *layer.IntOp:
		v, ok := x.X.(*layer.Var)
		lit, ok2 := x.Y.(layer.Lit)
		if ok && ok2 && p.factor[v.I] == lit.V {
			switch x.Op {
			case '/':
				return &layer.Var{I: p.high[v.I]}
			case '%':
				return &layer.Var{I: p.low[v.I]}
			}
		}
		return &layer.IntOp{Op: x.Op, X: p.int(x.X), Y: p.int(x.Y)}
	}
	return x
}

func (p *splitter) expr(e layer.Expr) layer.Expr {
	switch e := e.(type) {
	case *layer.Read:
		return &layer.Read{T: e.T, Subs: p.ints(e.Subs), Pos: e.Pos}
	case *layer.FromInt:
		return &layer.FromInt{X: p.int(e.X)}
	case *layer.Call:
		out := &layer.Call{Fn: e.Fn}
		for _, a := range e.Args {
			out.Args = append(out.Args, p.expr(a))
		}
		return out
	case *layer.Binary:
		return &layer.Binary{Op: e.Op, X: p.expr(e.X), Y: p.expr(e.Y)}
	case *layer.Where:
		return &layer.Where{Cond: p.cond(e.Cond), X: p.expr(e.X), Y: p.expr(e.Y)}
	case *layer.Reduce:
		return &layer.Reduce{Op: e.Op, Idx: p.indices(e.Idx), Body: p.expr(e.Body)}
	case *layer.Uniform:
		return &layer.Uniform{Seed: e.Seed, K: p.int(e.K)}
	}
	return e
}

func (p *splitter) cond(c layer.Cond) layer.Cond {
	switch c := c.(type) {
	case *layer.CmpInt:
		return &layer.CmpInt{Op: c.Op, X: p.int(c.X), Y: p.int(c.Y)}
	case *layer.CmpReal:
		return &layer.CmpReal{Op: c.Op, X: p.expr(c.X), Y: p.expr(c.Y)}
	case *layer.Logic:
		return &layer.Logic{Op: c.Op, X: p.cond(c.X), Y: p.cond(c.Y)}
	case *layer.Not:
		return &layer.Not{X: p.cond(c.X)}
	}
	return c
}
