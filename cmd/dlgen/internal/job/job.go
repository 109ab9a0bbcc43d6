// Package job runs the compiler over the packages that were asked for.
//
// What comes in: jobs, each a spec with values for its dims, and a compiler.
// What goes out: all files of all jobs, in memory; or all complaints about
// all of them. What is promised: the order and content of the result depend
// on the jobs alone, not on how they ran.
package job

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/dlgen/dlgen/cmd/dlgen/internal/output"
	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/diag"
)

// Job is one package to generate.
type Job struct {
	// Folder is where the files go, below the output folder, with slashes.
	Folder string
	// Package is the package's name.
	Package string
	// Spec is a library name, or the path of a spec as the process sees it.
	Spec string
	// Given are dims and attributes, as written.
	Given map[string]string
	// Inference asks for Forward alone.
	Inference bool
	// Pos is the job's place in a config, if it comes from one, whose text is Config; At has
	// the places of what is given.
	Pos    diag.Pos
	Config []byte
	At     map[string]diag.Pos
}

// Package is what a job gives: files, and notes for who asked for it.
type Package struct {
	Files []output.File
	Notes []string
}

// Compiler makes one package; the paths of its files are base names.
type Compiler func(Job) (Package, error)

// Resolve makes the path of a spec, seen from a folder, one that the process
// can open. Names of the library stay.
func Resolve(name, dir string) string {
	if !spec.IsPath(name) || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

// Run compiles all jobs, as many at a time as there are processors, and gives what they
// give together, each note once.
func Run(jobs []Job, compile Compiler) (Package, error) {
	packages := make([]Package, len(jobs))
	errs := make([]error, len(jobs))
	var wg sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, j := range jobs {
		wg.Add(1)
		free <- struct{}{}
		go func() {
			defer func() { <-free; wg.Done() }()
			packages[i], errs[i] = contained(j, compile)
		}()
	}
	wg.Wait()
	if err := failures(jobs, errs); err != nil {
		return Package{}, err
	}
	var all Package
	for i, j := range jobs {
		for _, f := range packages[i].Files {
			all.Files = append(all.Files, output.File{Path: path.Join(j.Folder, f.Path), Data: f.Data})
		}
		for _, n := range packages[i].Notes {
			if !slices.Contains(all.Notes, n) {
				all.Notes = append(all.Notes, n)
			}
		}
	}
	return all, nil
}

// contained compiles one job; a bug of the compiler becomes an error, so that
// it says which layer it is about and the folder stays as it was.
func contained(j Job, compile Compiler) (p Package, err error) {
	defer func() {
		if bug := recover(); bug != nil {
			err = Bug(fmt.Sprintf("%s with %v", j.Spec, j.Given), bug)
		}
	}()
	p, err = compile(j)
	var list *diag.List
	if j.Pos.IsValid() && errors.As(err, &list) {
		list.Source(j.Pos.File, j.Config)
		list.Place(func(given string) diag.Pos {
			if at, ok := j.At[given]; ok {
				return at
			}
			return j.Pos
		})
	}
	return p, err
}

// Bug is the error for what a recover found: a bug of ours, and what brings it out.
func Bug(by string, bug any) error {
	return fmt.Errorf("dlgen has a bug that %s brings out; please report it\n%v\n%s", by, bug, debug.Stack())
}
