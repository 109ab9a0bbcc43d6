package ir

import (
	"errors"
	"fmt"
)

// VerifyLoops checks what passes over loops rely on: the variables of a nest have names of their
// own, since what a nest reads is compared by its text; subscripts are of these variables, one
// for each dimension; and a value has the type of the array that it is stored in.
func VerifyLoops(l *Loops) error {
	var errs []error
	for _, n := range l.Nests {
		v := nestVerifier{nest: n, names: map[string]*Var{}}
		v.run()
		errs = append(errs, v.errs...)
	}
	return errors.Join(errs...)
}

type nestVerifier struct {
	nest  *Nest
	names map[string]*Var
	errs  []error
}

func (v *nestVerifier) failf(format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf("ir: %s: %s", v.nest.Text, fmt.Sprintf(format, args...)))
}

func (v *nestVerifier) run() {
	n := v.nest
	if n.Steps != nil {
		v.open(n.Steps.Var)
	}
	for _, axes := range [][]Axis{n.Axes, n.Reduce} {
		for _, a := range axes {
			v.open(a.Var)
			if a.Size < 1 {
				v.failf("%s has %d values", a.Var.Name, a.Size)
			}
		}
	}
	for _, g := range n.Gathers {
		v.mem(&g.Mem)
		v.open(g.Dst)
	}
	for _, ranges := range [][]Range{n.Within, n.Only} {
		for _, r := range ranges {
			v.sub(r.Sub)
		}
	}
	v.mem(&n.Store)
	n.Value.Walk(func(e *Expr) {
		if e.Load != nil {
			v.mem(e.Load)
			return
		}
		v.sub(e.Sub)
	})
	if kind := (LoadExpr(n.Store)).Kind; n.Value.Kind != kind && !(len(n.Reduce) > 0 && n.Op == ReduceArgMax) {
		v.failf("%s holds other values than %s", n.Store.Buf.Name, n.Value)
	}
}

// open adds a variable of the nest.
func (v *nestVerifier) open(x *Var) {
	if v.names[x.Name] != nil {
		v.failf("two variables are called %s", x.Name)
	}
	v.names[x.Name] = x
}

func (v *nestVerifier) mem(m *Mem) {
	if len(m.Subs) != len(m.Buf.Shape) {
		v.failf("%s has %d dimensions", m, len(m.Buf.Shape))
	}
	for _, s := range m.Subs {
		v.sub(s)
	}
}

func (v *nestVerifier) sub(s Sub) {
	for _, t := range s.Terms {
		if v.names[t.Var.Name] != t.Var {
			v.failf("%s is no variable of the nest", t.Var.Name)
		}
	}
}
