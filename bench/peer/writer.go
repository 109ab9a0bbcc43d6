package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dlgen/dlgen/bench"
)

// writer collects the text of the program's main file.
type writer struct {
	jobs strings.Builder
	// used has the packages that a job calls.
	used map[string]bool
}

func newWriter() *writer { return &writer{used: map[string]bool{}} }

func (w *writer) linef(format string, args ...any) { fmt.Fprintf(&w.jobs, format+"\n", args...) }

// job writes the function that prepares one row.
func (w *writer) job(p *generated, op operation, row workload) error {
	pass := op.Passes[row.Pass]
	timed := p.api[pass.Func]
	if timed == nil {
		return fmt.Errorf("%s: %s has no %s", row.Name, op.Layer, pass.Func)
	}
	w.used[p.name] = true
	w.linef("\t%q: func() *serve.Job {", row.Name)
	runs := []*bench.Func{p.api["Forward"]}
	if timed != runs[0] {
		runs = append(runs, timed)
	}
	w.memory(p, op, row, runs)
	before := ""
	if timed != runs[0] && pass.Both {
		before = call(p, op, runs[0]) + "\n"
	} else if timed != runs[0] {
		w.linef("\t\t%s", call(p, op, runs[0]))
	}
	count := ""
	if slices.Contains(slices.Collect(maps.Values(op.Scalars)), "step") {
		w.linef("\t\tstep := 0")
		count = "step++\n"
	}
	w.linef("\t\treturn &serve.Job{\n\t\t\tRun: func(n int) {\n\t\t\t\tfor range n {")
	w.linef("%s%s%s\n}\n},", count, before, call(p, op, timed))
	w.linef("\t\t\tOutputs: []serve.Output{")
	for _, o := range pass.Outputs {
		axes := ""
		if o.Axes != nil {
			axes = fmt.Sprintf(", Shape: %#v, Axes: %#v", p.shapes[o.Tensor], o.Axes)
		}
		w.linef("\t\t\t\t{Name: %q, V: aligned.Flat[float32](t_%s)%s},", o.Name, o.Tensor, axes)
	}
	w.linef("\t\t\t},\n\t\t}\n\t},")
	return nil
}

// memory allocates and fills what the functions take.
func (w *writer) memory(p *generated, op operation, row workload, runs []*bench.Func) {
	seen := map[string]bool{}
	for _, f := range runs {
		for _, param := range f.Params {
			typ, pointer := strings.CutPrefix(param.Type, "*")
			if !pointer || seen[param.Name] {
				continue
			}
			seen[param.Name] = true
			name := "t_" + param.Name
			w.linef("\t\t%s := aligned.New[%s.%s]()", name, p.name, typ)
			if d, ok := op.Fill[param.Name]; ok {
				w.linef("\t\tserve.FillAs(aligned.Flat[float32](%s), %#v, %#v, serve.%s, %s)", name, p.shapes[param.Name], d.Axes, d.Seed, d.Scale)
			}
			if param.Name == op.ID {
				w.linef("\t\tserve.FillID(aligned.Flat[int32](%s), %d)", name, row.Dims[op.Rows])
			}
		}
	}
}

// call is the text of a call.
func call(p *generated, op operation, f *bench.Func) string {
	args := make([]string, len(f.Params))
	for i, param := range f.Params {
		args[i] = "t_" + param.Name
		if !strings.HasPrefix(param.Type, "*") {
			args[i] = op.Scalars[param.Name]
		}
	}
	text := fmt.Sprintf("%s.%s(%s)", p.name, f.Name, strings.Join(args, ", "))
	if f.Fails {
		text = fmt.Sprintf("if err := %s; err != nil {\npanic(err)\n}", text)
	}
	return text
}

// main is the text of the main file.
func (w *writer) main() string {
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n\t\"measuring/serve\"\n")
	if len(w.used) > 0 {
		b.WriteString("\t\"measuring/aligned\"\n")
	}
	for _, name := range slices.Sorted(maps.Keys(w.used)) {
		fmt.Fprintf(&b, "\t\"measuring/%s\"\n", name)
	}
	b.WriteString(")\n\nvar jobs = map[string]func() *serve.Job{\n")
	b.WriteString(w.jobs.String())
	b.WriteString("}\n\nfunc main() { serve.Main(jobs) }\n")
	return b.String()
}
