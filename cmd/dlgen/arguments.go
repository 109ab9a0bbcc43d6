package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dlgen/dlgen/asm"
	"github.com/dlgen/dlgen/cmd/dlgen/internal/config"
	"github.com/dlgen/dlgen/cmd/dlgen/internal/job"
	"github.com/dlgen/dlgen/cmd/dlgen/internal/output"
	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/layer"
)

// needs is a command's check for its first argument, after which there may be more.
func needs(what string, more bool) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return usagef("%s is missing, as in\n  dlgen %s", what, c.Use)
		case len(args) > 1 && !more:
			return usagef("%s takes one %s, here there are %d", c.CommandPath(), what, len(args))
		}
		return nil
	}
}

// nothing is the check of a command without arguments.
func nothing(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, here there is %s", c.CommandPath(), args[0])
	}
	return nil
}

// given reads arguments of the form DIM=VALUE.
func given(args []string) (map[string]string, error) {
	values := map[string]string{}
	for _, a := range args {
		name, value, ok := strings.Cut(a, "=")
		if !ok || name == "" || value == "" {
			return nil, usagef("%q is not of the form DIM=VALUE, such as N=32", a)
		}
		if _, twice := values[name]; twice {
			return nil, usagef("%s is given twice", name)
		}
		values[name] = value
	}
	return values, nil
}

// prove opens a layer, binds its dims and proves its gradient, which inference does without.
func prove(layerName string, values map[string]string, inference bool) (*layer.Proved, error) {
	s, err := spec.Open(layerName)
	if s == nil {
		return nil, err
	}
	p, err := spec.Prove(s, values)
	if err == nil && inference {
		p = spec.Inference(p)
	}
	return p, err
}

// inferenceFlag lets a command leave out the gradient.
func inferenceFlag(c *cobra.Command, inference *bool) {
	c.Flags().BoolVar(inference, "inference", false, "Forward alone: no Backward, and nothing is kept for one")
}

// request is what generate and diff are asked for: one layer, or a config.
type request struct {
	config, out, pkg string
	targets          []string
	inference        bool
}

func (r *request) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVarP(&r.config, "config", "c", "", "the `file` that lists the layers (default "+config.Name+")")
	f.StringVarP(&r.out, "out", "o", "", "the `folder` for the package of one layer")
	f.StringVar(&r.pkg, "package", "", "the `name` of that package (default: the folder's)")
	targetsFlag(c, &r.targets, "to generate code for")
	inferenceFlag(c, &r.inference)
	c.ValidArgsFunction = completeLayer
	_ = c.MarkFlagDirname("out")
	_ = c.MarkFlagFilename("config", "yaml", "yml")
}

// targetsFlag lets a command choose among the targets, for a purpose.
func targetsFlag(c *cobra.Command, list *[]string, purpose string) {
	c.Flags().StringSliceVar(list, "targets", nil, "the `targets` "+purpose+" of "+strings.Join(asm.Names(), ", ")+" (default "+strings.Join(asm.Default, ",")+")")
	_ = c.RegisterFlagCompletionFunc("targets", cobra.FixedCompletions(asm.Names(), cobra.ShellCompDirectiveNoFileComp))
}

// work is a request in terms of the packages behind it.
type work struct {
	// dir is the output folder, origin what its manifest names.
	dir, origin string
	jobs        []job.Job
	targets     targets
	// wrong is what is wrong with the config beside its layers.
	wrong error
}

// work reads the arguments, and the config where they name no layer.
func (r *request) work(args []string) (*work, error) {
	if len(args) > 0 {
		return r.layer(args)
	}
	if r.out != "" || r.pkg != "" || r.targets != nil || r.inference {
		return nil, usagef("-o, --package, --targets and --inference go with a layer; for a config, they stand in the file")
	}
	file := r.config
	if file == "" {
		file = config.Name
	}
	c, err := readConfig(file)
	if c == nil {
		return nil, err
	}
	w := &work{dir: filepath.Join(filepath.Dir(file), filepath.FromSlash(c.Out)), origin: filepath.Base(file), wrong: err}
	if filepath.IsAbs(c.Out) {
		w.dir = c.Out
	}
	if w.targets, err = selectTargets(c.Targets); err != nil {
		w.wrong = c.Complain(c.TargetsPos, err)
	}
	for _, l := range c.Layers {
		w.jobs = append(w.jobs, job.Job{Folder: l.Name, Package: l.Name,
			Spec: job.Resolve(l.Spec, filepath.Dir(file)), Given: l.Given, Inference: l.Inference, Pos: l.Pos, Config: c.Text, At: l.At})
	}
	return w, nil
}

// layer is the work for one layer on the command line.
func (r *request) layer(args []string) (*work, error) {
	switch {
	case r.config != "":
		return nil, usagef("-c goes without a layer: the config lists the layers")
	case strings.Contains(args[0], "="):
		return nil, usagef("the layer comes first, as in: dense %s", strings.Join(args, " "))
	case r.out == "":
		return nil, usagef("-o DIR is missing: where to write the package")
	}
	values, err := given(args[1:])
	if err != nil {
		return nil, err
	}
	w := &work{dir: filepath.Clean(r.out), origin: output.CommandLine}
	if w.targets, err = selectTargets(r.targets); err != nil {
		return nil, usageError{err}
	}
	if err := job.CheckFolder(r.out); err != nil {
		return nil, usageError{err}
	}
	pkg := r.pkg
	if pkg == "" {
		pkg, err = job.PackageFor(r.out)
	} else {
		err = job.CheckPackage(pkg)
	}
	if err != nil {
		return nil, usageError{err}
	}
	w.jobs = []job.Job{{Folder: ".", Package: pkg, Spec: args[0], Given: values, Inference: r.inference}}
	return w, nil
}

// completeLayer completes a layer's name, then the names of its dims.
func completeLayer(_ *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		if spec.IsPath(toComplete) {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return libraryNames(), cobra.ShellCompDirectiveDefault
	}
	var names []string
	for _, name := range dimNames(args[0]) {
		name += "="
		if !slices.ContainsFunc(args[1:], func(a string) bool { return strings.HasPrefix(a, name) }) {
			names = append(names, name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// withDashes gives the name of every long flag two dashes: people who know Go's
// own flags write one.
func withDashes(root *cobra.Command, args []string) []string {
	cmd, _, err := root.Find(args)
	if err != nil {
		return args
	}
	out := slices.Clone(args)
	for k, arg := range out {
		if arg == "--" {
			break
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if len(name) > 1 && strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && (cmd.Flags().Lookup(name) != nil || name == "help") {
			out[k] = "-" + arg
		}
	}
	return out
}
