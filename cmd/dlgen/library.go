package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/library"
	"github.com/dlgen/dlgen/spec/syntax"
)

func listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the layers of the library",
		Long: `List shows the layers of the library, each with the dims that it must be given and
what it is. Where there are dots, there are options, too: dlgen show has them.`,
		Example: "  dlgen list",
		Args:    nothing,
		RunE: func(c *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, name := range libraryNames() {
				s, err := spec.Open(name)
				if err != nil {
					return err
				}
				fmt.Fprintf(w, "%s\t%s\t%s\n", name, strings.Join(signature(s), " "), gist(s.Doc))
			}
			return w.Flush()
		},
	}
}

// gist is the first sentence of a doc, without the reference at its end.
func gist(doc string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(doc), "\n")
	first = strings.TrimSuffix(first, ".")
	if i := strings.LastIndex(first, " ("); i > 0 && strings.HasSuffix(first, ")") {
		first = first[:i]
	}
	return strings.Join(strings.Fields(first), " ")
}

// signature names the dims and attributes that must be given, and dots if there are more.
func signature(s *syntax.Spec) []string {
	var names, more []string
	for _, n := range append(append([]*syntax.Number{}, s.Dims...), s.Attrs...) {
		switch {
		case n.Value != nil:
		case n.Default != nil:
			more = []string{"..."}
		default:
			names = append(names, n.Name)
		}
	}
	return append(names, more...)
}

func showCommand() *cobra.Command {
	raw := false
	c := &cobra.Command{
		Use:   "show LAYER",
		Short: "Show a layer's dims, tensors and equations",
		Long: `Show explains a layer: its dims and attributes with their defaults, its tensors
with their shapes and roles, and its equations. LAYER is a name from the library
or the path of a spec.`,
		Example: `  dlgen show dropout
  dlgen show --yaml dense > mydense.yaml`,
		Args:              needs("LAYER", false),
		ValidArgsFunction: completeLayer,
		RunE: func(c *cobra.Command, args []string) error {
			s, err := spec.Open(args[0])
			if err != nil {
				return err
			}
			text := describe(s)
			if raw {
				text = string(s.Text)
			}
			_, err = c.OutOrStdout().Write([]byte(text))
			return err
		},
	}
	c.Flags().BoolVar(&raw, "yaml", false, "print the spec itself, to start one of your own from")
	return c
}

// describe explains a spec in plain text.
func describe(s *syntax.Spec) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", s.Name.Text, strings.TrimSpace(s.Doc))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	describeNumbers(w, "Dims", s.Dims)
	describeNumbers(w, "Attributes", s.Attrs)
	if len(s.Require) > 0 {
		fmt.Fprintf(w, "\nRequired\n")
	}
	for _, r := range s.Require {
		fmt.Fprintf(w, "  %s\t%s\n", syntax.PrintExpr(r.That), r.Why)
	}
	if len(s.Layers) > 0 {
		fmt.Fprintf(w, "\nLayers\n")
	}
	for _, l := range s.Layers {
		fmt.Fprintf(w, "  %s\t%s\n", l.Name, l.Path.Text)
	}
	if len(s.Tensors) > 0 {
		fmt.Fprintf(w, "\nTensors\n")
	}
	for _, t := range s.Tensors {
		fmt.Fprintf(w, "  %s%s\t%s\t%s\n", t.Name, shapeText(t), strings.Join(traits(t), ", "), strings.TrimSpace(t.Doc))
	}
	describeImplied(w, s)
	_ = w.Flush() // into memory
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	b.Reset()
	b.WriteString(strings.Join(lines, "\n"))
	describeEquations(&b, "Forward", s.Forward)
	switch s.Backward.Mode {
	case syntax.Equations:
		describeEquations(&b, "Backward", s.Backward.Equations)
	case syntax.Derive:
		b.WriteString("\nBackward\n  derived from forward (dlgen explain shows it for given dims)\n")
	}
	return b.String()
}

func describeNumbers(w *tabwriter.Writer, title string, numbers []*syntax.Number) {
	if len(numbers) > 0 {
		fmt.Fprintf(w, "\n%s\n", title)
	}
	for _, n := range numbers {
		value := "to be given"
		if n.Default != nil {
			value = "default " + syntax.PrintExpr(n.Default)
		} else if n.Value != nil {
			value = "= " + syntax.PrintExpr(n.Value)
		}
		if allowed := n.Limits.Allowed(); allowed != "" {
			value += ", " + allowed
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", n.Name, value, strings.TrimSpace(n.Doc))
	}
}

func describeEquations(b *strings.Builder, title string, eqs []*syntax.Equation) {
	fmt.Fprintf(b, "\n%s\n", title)
	for _, q := range eqs {
		fmt.Fprintf(b, "  %s\n", strings.Join(layer.Wrap(q.Text), "\n  "))
	}
}

// describeImplied lists the params, states and numbers that come with the layers that a
// spec applies, for small dims, since their shapes follow from those.
func describeImplied(w *tabwriter.Writer, s *syntax.Spec) {
	if len(s.Applied) == 0 {
		return
	}
	dims := chooseDims(s, nil)
	l, err := spec.Bind(s, dims.all)
	if err != nil {
		return // check says what is wrong with it
	}
	title := fmt.Sprintf("\nTensors of the layers that it applies, for %s\n", strings.Join(dims.chosen, " "))
	if len(dims.chosen) == 0 {
		title = "\nTensors of the layers that it applies\n"
	}
	for _, t := range l.Tensors {
		role := map[layer.Role]string{layer.Param: "param", layer.State: "state", layer.Scalar: "scalar"}[t.Role]
		if !t.Implied || role == "" {
			continue
		}
		fmt.Fprint(w, title)
		title = ""
		what := fmt.Sprintf("%s, %s", role, t.Type)
		if t.Init != "" {
			what += ", initialised by " + t.Init
		}
		shape := ""
		for _, n := range t.Shape {
			shape += fmt.Sprintf("[%d]", n)
		}
		fmt.Fprintf(w, "  %s%s\t%s\t%s\n", t.Name, shape, what, t.Doc)
	}
}

// shapeText writes a shape as Go writes an array's.
func shapeText(t *syntax.Tensor) string {
	var b strings.Builder
	for _, e := range t.Shape {
		fmt.Fprintf(&b, "[%s]", syntax.PrintExpr(e))
	}
	return b.String()
}

// traits are what a tensor's declaration says beside its shape.
func traits(t *syntax.Tensor) []string {
	kind := t.Type.Text
	if kind == "" {
		kind = "float32"
	}
	all := []string{t.Role.Text, kind}
	if t.Init.Text != "" {
		all = append(all, "initialised by "+t.Init.Text)
	}
	if t.Outside.Text != "" {
		all = append(all, t.Outside.Text+" outside")
	}
	if allowed := t.Limits.Allowed(); allowed != "" {
		all = append(all, allowed)
	}
	if t.Grad.Text == "none" {
		all = append(all, "no gradient")
	}
	return all
}

// libraryNames and dimNames are what a command line can name.
func libraryNames() []string { return library.Names() }

func dimNames(name string) []string {
	s, err := spec.Open(name)
	if err != nil {
		return nil
	}
	var names []string
	for _, n := range append(append([]*syntax.Number{}, s.Dims...), s.Attrs...) {
		if n.Value == nil {
			names = append(names, n.Name)
		}
	}
	return names
}
