// Package link opens specs together with those of the layers that they apply.
//
// What comes in: the name of a library layer or the path of a file. What goes
// out: its Spec, in which Applied has the specs of the layers that its
// equations may apply, and these in turn theirs. What is promised: no layer
// applies itself, not even through others; errors are *diag.List, but for a
// first file that cannot be read, and stand in Wrong of the spec; the value of
// an equation that applies a layer with errors is Bad.
package link

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/library"
	"github.com/dlgen/dlgen/spec/syntax"
)

// Open reads a spec: that of a library layer, or, where the argument ends in
// .yaml or .yml or has a slash, a file. With an error there is a spec, too, unless
// nothing more can be said of it.
func Open(nameOrPath string) (*syntax.Spec, error) {
	s, err := parse(nameOrPath)
	if s == nil {
		return nil, err
	}
	return s, link(s, keyOf(nameOrPath))
}

// Layers links a spec that was parsed from a text.
func Layers(s *syntax.Spec) error { return link(s, keyOf(s.File)) }

func link(s *syntax.Spec, key string) error {
	l := &linker{specs: map[string]*syntax.Spec{}, errs: s.Wrong}
	l.link(s, key)
	return s.Wrong.Err()
}

// keyOf tells specs apart: a name of the library, or the whole path of a file.
func keyOf(nameOrPath string) string {
	if !IsPath(nameOrPath) {
		return nameOrPath
	}
	if abs, err := filepath.Abs(nameOrPath); err == nil {
		return abs
	}
	return filepath.Clean(nameOrPath)
}

// IsPath tells the path of a spec from a name of the library.
func IsPath(s string) bool {
	ext := filepath.Ext(s)
	return ext == ".yaml" || ext == ".yml" || strings.ContainsAny(s, `/\`)
}

func parse(nameOrPath string) (*syntax.Spec, error) {
	if !IsPath(nameOrPath) {
		text, ok := library.Text(nameOrPath)
		if !ok {
			errs := &diag.List{}
			errs.AddHelp(diag.Pos{}, known(nameOrPath)+"\na layer of your own is given by its path, such as ./"+nameOrPath+".yaml",
				"the library has no layer %s", nameOrPath)
			return nil, errs
		}
		return syntax.Parse(nameOrPath+".yaml", text)
	}
	text, err := read(nameOrPath)
	if layer := strings.TrimSuffix(nameOrPath, filepath.Ext(nameOrPath)); errors.Is(err, fs.ErrNotExist) {
		if _, ok := library.Text(layer); ok {
			err = fmt.Errorf("%w; the layer of the library is called %s", err, layer)
		}
	}
	if err != nil {
		return nil, err
	}
	return syntax.Parse(nameOrPath, text)
}

// read is a file, or as much of it as shows that it is too large for a spec.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, syntax.MaxSize+1))
}

// known helps with a name that is not in the library.
func known(name string) string {
	if help := diag.DidYouMean(name, library.Names()); help != "" {
		return help
	}
	return "the library has " + strings.Join(library.Names(), ", ")
}

// linker opens each spec once.
type linker struct {
	specs map[string]*syntax.Spec
	// path are the specs that are being linked, each applied by the one before.
	path []step
	errs *diag.List
}

type step struct {
	key  string
	spec *syntax.Spec
}

// link finds the layers that a parsed spec applies, and reports whether all of them are right.
func (l *linker) link(s *syntax.Spec, key string) bool {
	l.errs.Source(s.File, s.Text)
	s.Applied = map[string]*syntax.Spec{}
	l.path = append(l.path, step{key, s})
	files := map[string]*syntax.Import{}
	for _, f := range s.Layers {
		files[f.Name] = f
	}
	right := true
	used := map[string]bool{}
	for _, q := range s.Forward {
		for _, a := range candidates(q) {
			used[a.name] = true
			inner, ok := l.open(s, a, files[a.name])
			if inner != nil {
				s.Applied[a.name] = inner
			}
			if !ok {
				right = false
				q.Value = &syntax.Bad{Pos: q.Value.Position()}
			}
		}
		if _, bad := q.Value.(*syntax.Bad); bad {
			for _, name := range syntax.Identifier.FindAllString(q.Text, -1) {
				used[name] = true
			}
		}
	}
	for _, f := range s.Layers {
		if !used[f.Name] {
			right = false
			l.errs.Addf(f.Pos, "no equation applies the layer %s", f.Name)
		}
	}
	l.path = l.path[:len(l.path)-1]
	return right
}

// candidate is a name that may be that of a layer; it is sure where settings
// follow it.
type candidate struct {
	name string
	sure bool
	pos  diag.Pos
}

// candidates are the names of an equation that may be layers: those with
// settings, and, where a whole tensor is defined, those that are called.
func candidates(q *syntax.Equation) []candidate {
	var out []candidate
	syntax.Walk(q.Value, func(x syntax.Expr) {
		switch x := x.(type) {
		case *syntax.Apply:
			out = append(out, candidate{x.Layer, true, x.Pos})
		case *syntax.Call:
			if len(q.Target.Subs) == 0 {
				out = append(out, candidate{x.Fn, false, x.Pos})
			}
		}
	})
	return out
}

// open gives the linked spec of a candidate, or nil where it is no layer. It reports whether
// there is nothing wrong with it.
func (l *linker) open(s *syntax.Spec, a candidate, file *syntax.Import) (*syntax.Spec, bool) {
	name := a.name
	if file != nil {
		name = file.Path.Text
		if IsPath(name) && !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(s.File), name)
			if !IsPath(name) {
				name = "." + string(filepath.Separator) + name
			}
		}
	} else if _, ok := library.Text(a.name); !ok {
		if a.sure {
			l.errs.AddHelp(a.pos, known(a.name)+"\na layer of your own is given a name by its path, as in layers: {"+a.name+": ./"+a.name+".yaml}",
				"there is no layer %s", a.name)
		}
		return nil, !a.sure
	}
	key := keyOf(name)
	if inner, done := l.specs[key]; done {
		return inner, inner != nil
	}
	if l.cycle(key, a) {
		return nil, false
	}
	inner, err := parse(name)
	if err != nil {
		l.report(err, a, file)
	}
	if inner != nil && (!l.link(inner, key) || err != nil) {
		inner = nil
	}
	l.specs[key] = inner
	return inner, inner != nil
}

// report shows the errors of a spec that is applied, or that it cannot be read.
func (l *linker) report(err error, a candidate, file *syntax.Import) {
	var list *diag.List
	if errors.As(err, &list) {
		if list.Positioned() {
			l.errs.Include(list)
			return
		}
	}
	pos := a.pos
	if file != nil {
		pos = file.Path.Pos
	}
	l.errs.Addf(pos, "%s: %v", a.name, err)
}

// cycle complains where the layer to be opened is being linked already.
func (l *linker) cycle(key string, a candidate) bool {
	for k, s := range l.path {
		if s.key != key {
			continue
		}
		names := ""
		for _, t := range l.path[k:] {
			names += t.spec.Name.Text + " applies "
		}
		l.errs.Addf(a.pos, "a layer cannot apply itself: %s%s", names, s.spec.Name.Text)
		return true
	}
	return false
}
