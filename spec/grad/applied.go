package grad

import (
	"fmt"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// instance is an applied layer: a spec and its dims.
type instance struct {
	spec any
	dims string
}

func instanceOf(a *layer.Applied) instance {
	dims := ""
	for _, n := range a.Layer.Numbers {
		dims += fmt.Sprintf("%s %v %t ", n.Name, n.Value, n.Given)
	}
	return instance{a.Spec, dims}
}

// proveApplied proves the gradients of the layers that l applies: those of
// their specs, which its own gradient is made of. It gives the equations of which there
// are untested cases.
func proveApplied(l *layer.Layer, known map[instance]bool) (untested []diag.Pos, err error) {
	for _, a := range l.Applied {
		i := instanceOf(a)
		if known[i] {
			continue
		}
		known[i] = true
		p, err := prove(a.Layer, a.Rebind, known)
		if err != nil {
			return nil, err
		}
		untested = append(untested, p.Untested...)
	}
	return untested, nil
}
