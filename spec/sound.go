package spec

import (
	"slices"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// soundPart is a spec without the backward equations that are complained about, so that the
// others can be proved; tensors whose gradients these define are not differentiated. It is nil
// where something else is wrong.
func soundPart(s *syntax.Spec, wrong *diag.List) *syntax.Spec {
	at := s.Backward.Pos
	if !wrong.Positioned() || slices.ContainsFunc(wrong.Errors(), func(e diag.Error) bool { return e.Pos.File != at.File || e.Pos.Line < at.Line }) {
		return nil
	}
	part := *s
	part.Wrong, part.Backward.Equations, part.Tensors = nil, nil, nil
	defined := map[string]bool{}
	for k, q := range s.Backward.Equations {
		next := 1 << 30
		if k+1 < len(s.Backward.Equations) {
			next = s.Backward.Equations[k+1].Pos.Line
		}
		if !slices.ContainsFunc(wrong.Errors(), func(e diag.Error) bool { return e.Pos.Line >= q.Pos.Line && e.Pos.Line < next }) {
			part.Backward.Equations = append(part.Backward.Equations, q)
			defined[q.Target.Name] = true
		}
	}
	for _, t := range s.Tensors {
		if role := t.Role.Text; (role == "input" || role == "param") && !defined[layer.GradientName(t.Name)] {
			without := *t
			without.Grad = syntax.Word{Text: "none", Pos: t.Pos}
			t = &without
		}
		part.Tensors = append(part.Tensors, t)
	}
	return &part
}
