package layer

// CheckedIDs calls f for each use of an id that the generated functions check, and for what
// it is to be below. They do so over both passes: an id that one pass cannot use is invalid
// in the other too. Such an element is the whole of a subscript; a tensor with an outside
// value, and its gradient, take any. Ids that forward computes are checked where backward is
// given them.
func (p *Proved) CheckedIDs(f func(e *Element, below int)) {
	for _, pass := range []*Program{p.Forward, p.Backward} {
		subscripts := func(t *Tensor, subs []Int) {
			for d, s := range subs {
				if e, ok := s.(*Element); ok && (e.T.Role == Input || e.T.Role == Output && pass == p.Backward) {
					f(e, t.Shape[d])
				}
			}
		}
		if pass == nil {
			continue
		}
		for _, eq := range pass.Equations {
			if !eq.T.Open() {
				subscripts(eq.T, eq.Subs)
			}
			eq.Walk(func(node any) bool {
				switch x := node.(type) {
				case *Read:
					if !x.T.HasOutside {
						subscripts(x.T, x.Subs)
					}
				case *Element:
					if !x.T.HasOutside {
						subscripts(x.T, x.Subs)
					}
				}
				return true
			})
		}
	}
}
