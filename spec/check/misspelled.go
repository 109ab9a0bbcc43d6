package check

import (
	"slices"

	"github.com/dlgen/dlgen/spec/library"
	"github.com/dlgen/dlgen/spec/syntax"
)

// misspelled complains about what is called as a layer and is none.
func (c *checker) misspelled() {
	for _, src := range c.spec.Forward {
		q := &equation{c: c, src: src, pass: forward}
		if len(src.Target.Subs) == 0 && !c.open.equations[src] {
			q.misspelled(src.Value)
		}
		if q.failed {
			c.leaveOpen(src)
		}
	}
}

func (q *equation) misspelled(x syntax.Expr) {
	a := asApply(x)
	if a == nil {
		return
	}
	names := !slices.ContainsFunc(a.Args, func(x syntax.Expr) bool { _, name := x.(*syntax.Name); return !name && asApply(x) == nil })
	switch _, function := functions[a.Layer]; {
	case q.c.spec.Applied[a.Layer] != nil:
		for _, arg := range a.Args {
			q.misspelled(arg)
		}
	case !function && names:
		q.unknownFunction(&syntax.Call{Fn: a.Layer, Args: a.Args, Pos: a.Pos})
	}
}

// layers are the names of those that an equation can apply.
func (c *checker) layers() []string {
	names := library.Names()
	for _, f := range c.spec.Layers {
		names = append(names, f.Name)
	}
	return names
}
