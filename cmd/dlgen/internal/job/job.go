// Package job runs the compiler over the packages that were asked for.
//
// What comes in: jobs, each a spec with values for its dims, and a compiler.
// What goes out: all files of all jobs, in memory; or all complaints about
// all of them. What is promised: the order and content of the result depend
// on the jobs alone, not on how they ran.
package job

import (
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"
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
	// Pos is the job's place in a config, if it comes from one.
	Pos diag.Pos
}

// Compiler makes the files of one package; their paths are base names.
type Compiler func(Job) ([]output.File, error)

// Resolve makes the path of a spec, seen from a folder, one that the process
// can open. Names of the library stay.
func Resolve(name, dir string) string {
	if !spec.IsPath(name) || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

// Run compiles all jobs, as many at a time as there are processors.
func Run(jobs []Job, compile Compiler) ([]output.File, error) {
	files := make([][]output.File, len(jobs))
	errs := make([]error, len(jobs))
	var wg sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, j := range jobs {
		wg.Add(1)
		free <- struct{}{}
		go func() {
			defer func() { <-free; wg.Done() }()
			files[i], errs[i] = contained(j, compile)
		}()
	}
	wg.Wait()
	if err := failures(jobs, errs); err != nil {
		return nil, err
	}
	var all []output.File
	for i, j := range jobs {
		for _, f := range files[i] {
			all = append(all, output.File{Path: path.Join(j.Folder, f.Path), Data: f.Data})
		}
	}
	return all, nil
}

// contained compiles one job; a bug of the compiler becomes an error, so that
// it says which layer it is about and the folder stays as it was.
func contained(j Job, compile Compiler) (files []output.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("dlgen has a bug that %s with %v brings out; please report it\n%v\n%s", j.Spec, j.Given, p, debug.Stack())
		}
	}()
	return compile(j)
}
