package layer

// ForwardArgs gives the arguments of Forward: outputs, then state, inputs,
// params, then scalars, each in the spec's order.
func ForwardArgs(l *Layer) []*Tensor {
	var out []*Tensor
	for _, role := range []Role{Output, State, Input, Param, Scalar} {
		for _, t := range l.Tensors {
			if t.Role == role {
				out = append(out, t)
			}
		}
	}
	return out
}

// BackwardArgs gives the arguments of a backward pass made of the equations:
// the gradients, then the upstream gradients (read or not), then what the
// equations read, scalars last, each in the spec's order.
func BackwardArgs(l *Layer, eqs []*Equation) []*Tensor {
	out := append(append([]*Tensor(nil), l.Gradients...), l.Upstreams...)
	read := map[*Tensor]bool{}
	for _, e := range eqs {
		for _, t := range e.Tensors() {
			read[t] = true
		}
	}
	for _, scalars := range []bool{false, true} {
		for _, t := range l.Tensors {
			switch t.Role {
			case Input, Param, State, Output, Scalar:
				if read[t] && (t.Role == Scalar) == scalars {
					out = append(out, t)
				}
			}
		}
	}
	return out
}

// GradientName is the name of the gradient of a tensor.
func GradientName(of string) string { return "d" + of }

// GradientOf makes the tensor that holds the gradient of t: given by the
// caller for an output, written for the caller for an input or a param, and
// scratch otherwise.
func GradientOf(t *Tensor) *Tensor {
	g := &Tensor{Name: GradientName(t.Name), Type: Float32, Shape: t.Shape, Extents: t.Extents, Of: t, Pos: t.Pos}
	switch t.Role {
	case Output:
		g.Role = Upstream
		g.HasOutside, g.Outside = t.HasOutside, t.Outside
		g.Doc = "upstream gradient of " + t.Name
	case Input, Param:
		g.Role = Gradient
		g.Doc = "gradient of " + t.Name
	default:
		g.Role = Scratch
	}
	return g
}
