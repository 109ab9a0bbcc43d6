// Package spec is the language front end on one screen: open a spec, bind its
// dims, prove its gradient.
//
// What comes in: the name of a library layer or the path of a YAML file, and
// dims as text. What goes out: a checked layer, or one with a proved backward.
// What is promised: errors are *diag.List with everything that is wrong, but
// for files that cannot be read.
package spec

import (
	"errors"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/grad"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/link"
	"github.com/dlgen/dlgen/spec/syntax"
)

// Open reads a spec: that of a library layer, or, where the argument ends in
// .yaml or .yml or has a slash, a file. With errors in the text there is a spec, too,
// unless nothing more can be said of it: Bind and Prove list these errors with theirs.
func Open(nameOrPath string) (*syntax.Spec, error) { return link.Open(nameOrPath) }

// IsPath tells the path of a spec from a name of the library.
func IsPath(s string) bool { return link.IsPath(s) }

// Bind checks a spec with the given dims and attributes, NAME to text.
func Bind(s *syntax.Spec, given map[string]string) (*layer.Layer, error) {
	return check.Check(s, given)
}

// Allows reports whether the rules of a spec allow the given dims and attributes; its equations
// may still not be right for them.
func Allows(s *syntax.Spec, given map[string]string) bool { return check.Allows(s, given) }

// Prove binds a spec and proves that its backward belongs to its forward.
func Prove(s *syntax.Spec, given map[string]string) (*layer.Proved, error) {
	l, err := Bind(s, given)
	if err == nil {
		return prove(s, l)
	}
	var list, more *diag.List
	if errors.As(err, &list) {
		if part := soundPart(s, list); part != nil {
			if l, err := Bind(part, given); err == nil {
				if _, err = prove(part, l); errors.As(err, &more) {
					list.Include(more)
				}
			}
		}
	}
	return nil, err
}

func prove(s *syntax.Spec, l *layer.Layer) (*layer.Proved, error) {
	p, err := grad.Prove(l, func(given map[string]string) (*layer.Layer, error) { return Bind(s, given) })
	var list *diag.List
	if errors.As(err, &list) {
		sources(list, s)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// NeverNumbers names elements of outputs that are not a number at any of some random points.
func NeverNumbers(l *layer.Layer) []string { return grad.NeverNumbers(l) }

// Inference leaves of a proved layer what it takes to run it forward; p is used up.
func Inference(p *layer.Proved) *layer.Proved { return grad.Inference(p) }

// sources makes the texts of a spec, and of those that it applies, known.
func sources(list *diag.List, s *syntax.Spec) {
	list.Source(s.File, s.Text)
	for _, inner := range s.Applied {
		sources(list, inner)
	}
}
