package arrange

import "github.com/dlgen/dlgen/spec/layer"

// drawn is x without the cases that depend on a random number, which is in [0, 1), being below one
// that it never or always is below: nothing is drawn to drop none.
func drawn(x layer.Expr) layer.Expr {
	var f func(node any) any
	f = func(node any) any {
		w, ok := node.(*layer.Where)
		if !ok {
			return nil
		}
		c, ok := w.Cond.(*layer.CmpReal)
		if !ok {
			return nil
		}
		holds, known := decided(c)
		switch {
		case !known:
			return nil
		case holds:
			return layer.Rewrite(w.X, f)
		}
		return layer.Rewrite(w.Y, f)
	}
	return layer.Rewrite(x, f)
}

// decided compares a random number with a constant, where that has one result.
func decided(c *layer.CmpReal) (holds, known bool) {
	op, x, y := c.Op, c.X, c.Y
	if _, random := y.(*layer.Uniform); random {
		op, x, y = layer.Mirrored[op], y, x
	}
	_, random := x.(*layer.Uniform)
	v, constant := layer.Constant(y)
	if !random || !constant {
		return false, false
	}
	switch below := op == "<" || op == "<="; {
	case !below && op != ">" && op != ">=":
		return false, false
	case v >= 1:
		return below, true
	case v < 0 || v == 0 && (op == "<" || op == ">="):
		return !below, true
	}
	return false, false
}
