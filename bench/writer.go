package bench

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dlgen/dlgen/gen"
	"github.com/dlgen/dlgen/spec/layer"
)

// variant is one implementation of a layer: a package of the measuring program.
type variant struct {
	// Code is the row's name, Package the import, Set the instruction set.
	Code, Package, Set string
	Forward, Backward  *Func
}

// writer writes the main file of a measuring program for one layer.
type writer struct {
	layer    *layer.Proved
	variants []variant
	// generic is package generic's implementation, where it has one.
	generic *variant
	tensors map[string]*layer.Tensor
	text    strings.Builder
}

// newWriter has package generic's implementation, where there is one.
func newWriter(p *layer.Proved) (*writer, error) {
	w := &writer{layer: p, tensors: map[string]*layer.Tensor{}}
	for _, pass := range []*layer.Program{p.Forward, p.Backward} {
		if pass != nil {
			for _, t := range pass.Args {
				w.tensors[t.Name] = t
			}
		}
	}
	for _, t := range p.Tensors {
		if internal(t) {
			w.tensors[t.Name] = t
		}
	}
	api, err := genericAPI()
	if err != nil {
		return nil, err
	}
	name := genericName(p.Name)
	v := variant{Code: Generic, Package: "generic", Forward: api[name]}
	if p.Backward != nil {
		v.Backward = api[name+"Backward"]
	}
	if v.Forward != nil && w.callable(v.Forward) && w.callable(v.Backward) {
		w.generic = &v
	}
	return w, nil
}

// internal reports whether t is a layer's own: generic functions are given memory for it,
// the generated ones have a workspace.
func internal(t *layer.Tensor) bool { return t.Role == layer.Saved || t.Role == layer.Scratch }

// add takes a generated package; the portable one comes first.
func (w *writer) add(v variant, files []gen.File) error {
	api, err := ReadAPI(files)
	if err != nil {
		return err
	}
	if api["Forward"] == nil {
		panic("bench: a generated package without Forward")
	}
	v.Forward, v.Backward = api["Forward"], api["Backward"]
	w.variants = append(w.variants, v)
	return nil
}

// callable reports whether each parameter of a generic function has its
// counterpart in the layer: a layer that only shares a library layer's name has
// others.
func (w *writer) callable(f *Func) bool {
	if f == nil {
		return true
	}
	for _, p := range f.Params {
		if _, ok := w.number(p.Name); !ok && w.tensors[p.Name] == nil {
			return false
		}
	}
	return true
}

// number is the dim or attribute that a generic parameter stands for.
func (w *writer) number(name string) (float64, bool) {
	for _, n := range w.layer.Numbers {
		if n.Name == name || n.IsDim && strings.ToLower(n.Name) == name || camel(n.Name) == name {
			return n.Value, true
		}
	}
	return 0, false
}

// camel is a name of the layer library as Go spells it: strideH for stride_h.
func camel(name string) string {
	words := strings.Split(name, "_")
	for i, word := range words[1:] {
		if word != "" {
			words[i+1] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}

// main is the text of the main file.
func (w *writer) main() string {
	w.linef("package main\n\nimport (\n\t%q\n\t%q", module+"/aligned", module+"/measure")
	if w.generic != nil {
		w.linef("\t%q", module+"/generic")
	}
	for _, v := range w.variants {
		w.linef("\t%s %q", v.Package, module+"/"+v.Package)
	}
	w.linef(")\n\nfunc main() {")
	w.memory()
	w.linef("\tvar cases []measure.Case")
	w.cases("forward", w.layer.Forward, func(v *variant) *Func { return v.Forward })
	w.cases("backward", w.layer.Backward, func(v *variant) *Func { return v.Backward })
	w.linef("\tmeasure.Main(cases)\n}")
	return w.text.String()
}

func (w *writer) linef(format string, args ...any) { fmt.Fprintf(&w.text, format+"\n", args...) }

// memory declares and fills the tensors, which all variants share, and each
// variant's workspace.
func (w *writer) memory() {
	limit := limits(w.layer.Forward, w.layer.Backward)
	seen := map[string]bool{}
	w.internals()
	for i := range w.variants {
		v := &w.variants[i]
		for _, f := range []*Func{v.Forward, v.Backward} {
			if f == nil {
				continue
			}
			for _, p := range f.Params {
				name, typ := w.variable(v, p), strings.TrimPrefix(p.Type, "*")
				if seen[name] || typ == p.Type {
					continue
				}
				seen[name] = true
				if typ == "float32" {
					w.linef("\t%s := new(float32)", name)
					continue
				}
				w.linef("\t%s := aligned.New[%s.%s]()", name, v.Package, typ)
				t := w.tensors[p.Name]
				switch {
				case t == nil || !t.Given():
				case t.Type == layer.Int32:
					w.linef("\tmeasure.FillInt(aligned.Flat[int32](%s), %d)", name, max(limit[t.Name], 1))
				default:
					w.linef("\tmeasure.Fill(aligned.Flat[float32](%s), %d)", name, len(seen))
				}
			}
		}
	}
}

// internals declares what generic functions keep.
func (w *writer) internals() {
	if w.generic == nil {
		return
	}
	seen := map[string]bool{}
	for _, f := range []*Func{w.generic.Forward, w.generic.Backward} {
		if f == nil {
			continue
		}
		for _, p := range f.Params {
			if t := w.tensors[p.Name]; t != nil && internal(t) && strings.HasPrefix(p.Type, "[]") && !seen[p.Name] {
				seen[p.Name] = true
				w.linef("\tt_%s := make([]float32, %d)", p.Name, t.Size())
			}
		}
	}
}

// variable is the name of the Go variable behind a pointer parameter. Tensors
// get a prefix, since their names may be anything.
func (w *writer) variable(v *variant, p Param) string {
	if w.tensors[p.Name] == nil {
		return p.Name + "_" + v.Package
	}
	return "t_" + p.Name
}

// argument is what a call passes for a parameter.
func (w *writer) argument(v *variant, p Param) string {
	t := w.tensors[p.Name]
	if t != nil && internal(t) && !strings.HasPrefix(p.Type, "[]") {
		t = nil // a dim in small letters, such as h for H
	}
	switch {
	case strings.HasPrefix(p.Type, "*"):
		return w.variable(v, p)
	case t != nil && internal(t):
		return "t_" + p.Name
	case strings.HasPrefix(p.Type, "[]"):
		return fmt.Sprintf("aligned.Flat[%s](t_%s)", strings.TrimPrefix(p.Type, "[]"), p.Name)
	case t == nil:
		n, _ := w.number(p.Name)
		return strconv.FormatFloat(n, 'g', -1, 64)
	}
	value := 1.0
	if t.Role == layer.Scalar && t.Type == layer.Float32 {
		value = 0.001
	}
	return strconv.FormatFloat(t.Within(value), 'g', -1, 64)
}

// condition leaves a variant out where this machine runs an earlier one in its
// place.
func (w *writer) condition(v *variant) string {
	if v == w.generic || v == &w.variants[0] {
		return ""
	}
	return fmt.Sprintf("if %s.Implementation() != %s.Implementation() ", v.Package, w.variants[0].Package)
}

// cases writes the cases of one pass. Every variant runs once before anything
// is measured, so that a backward finds what a forward stored.
func (w *writer) cases(pass string, p *layer.Program, of func(*variant) *Func) {
	if p == nil {
		return
	}
	all := []*variant{}
	if w.generic != nil {
		all = append(all, w.generic)
	}
	for i := range w.variants {
		all = append(all, &w.variants[i])
	}
	for _, v := range all {
		f := of(v)
		if f == nil {
			continue
		}
		w.linef("\t%s{", w.condition(v))
		args := make([]string, len(f.Params))
		for i, param := range f.Params {
			args[i] = w.argument(v, param)
			if strings.HasPrefix(param.Type, "[]") {
				args[i] = fmt.Sprintf("f%d", i)
				w.linef("\t\tf%d := %s", i, w.argument(v, param))
			}
		}
		call := fmt.Sprintf("%s.%s(%s)", v.Package, f.Name, strings.Join(args, ", "))
		if f.Fails {
			w.linef("\t\tmeasure.Must(%s)", call)
		}
		w.linef("\t\tcases = append(cases, measure.Case{Pass: %q, Code: %q, Set: %q, Flops: %g, Bytes: %g, Run: func(n int) {", pass, v.Code, v.Set, Flops(p), Bytes(p))
		w.linef("\t\t\tfor range n {\n\t\t\t\t%s\n\t\t\t}\n\t\t}})\n\t}", call)
	}
}
