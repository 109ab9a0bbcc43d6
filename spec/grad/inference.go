package grad

import "github.com/dlgen/dlgen/spec/layer"

// Inference is what remains of a proved layer where nobody asks for gradients: what
// forward saves for backward becomes scratch, of which each element lasts as long as
// forward reads it, and what neither an output nor a state needs is gone. p is used up.
func Inference(p *layer.Proved) *layer.Proved {
	for _, t := range p.Tensors {
		if t.Role == layer.Saved || t.Role == layer.Scratch {
			t.Role, t.Implied = layer.Scratch, true
		}
	}
	return finished(p.Layer, nil, p.Untested)
}
