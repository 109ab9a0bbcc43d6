package output

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"time"
)

// Apply carries out the plan, except that unlisted files stay. It asks check
// before each step (a context's Err); where that or the step itself fails, the
// folder is put back as it was.
func (p *Plan) Apply(check func() error) error {
	if p.UpToDate() || p.Count(Unlisted) == len(p.Changes) {
		return nil
	}
	t := &transaction{check: check}
	err := t.run(p)
	if err == nil {
		t.finish(p)
		return nil
	}
	if undone := t.rollBack(); undone != nil {
		return fmt.Errorf("%w\nand %s could not be put back as it was: %w", err, p.Dir, undone)
	}
	return fmt.Errorf("%w; %s is as it was", err, p.Dir)
}

// stagingName is the pattern of staging folders; Go passes over such names.
const stagingName = ".dlgen-*"

// transaction remembers how to take back the steps done so far.
type transaction struct {
	check func() error
	undo  []func() error
	// staging is a folder inside the output folder, so on its file system: new
	// files are written there first, old ones wait there until all is done.
	staging string
}

// step does something unless check objects, and remembers how to undo it.
func (t *transaction) step(do, undo func() error) error {
	if err := t.check(); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	t.undo = append(t.undo, undo)
	return nil
}

// run writes all new files into the staging folder, then moves them into
// place; what can fail for want of space comes before the first move.
func (t *transaction) run(p *Plan) error {
	if err := t.mkdir(p.Dir); err != nil {
		return err
	}
	err := t.step(func() (err error) {
		t.staging, err = os.MkdirTemp(p.Dir, stagingName)
		return err
	}, func() error { return os.RemoveAll(t.staging) })
	if err != nil {
		return err
	}
	for i, c := range p.Changes {
		if c.New == nil {
			continue
		}
		if err := t.step(func() error { return os.WriteFile(t.temp("new", i), c.New, 0o666) }, nothing); err != nil {
			return err
		}
		if err := t.mkdir(filepath.Join(p.Dir, filepath.FromSlash(path.Dir(c.Path)))); err != nil {
			return err
		}
	}
	for i, c := range p.Changes {
		name := filepath.Join(p.Dir, filepath.FromSlash(c.Path))
		if c.Old != nil && c.Kind != Unlisted {
			if err := t.move(name, t.temp("old", i)); err != nil {
				return err
			}
		}
		if c.New != nil {
			if err := t.move(t.temp("new", i), name); err != nil {
				return err
			}
		}
	}
	return nil
}

func nothing() error { return nil }

func (t *transaction) temp(kind string, i int) string {
	return filepath.Join(t.staging, fmt.Sprintf("%s%d", kind, i))
}

func (t *transaction) move(from, to string) error {
	return t.step(func() error { return os.Rename(from, to) }, func() error { return os.Rename(to, from) })
}

// mkdir makes a folder and those above it, each a step of its own.
func (t *transaction) mkdir(dir string) error {
	if info, err := os.Stat(dir); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is a file, not a folder", dir)
		}
		return nil
	} else if !os.IsNotExist(err) {
		return err
	}
	if err := t.mkdir(filepath.Dir(dir)); err != nil {
		return err
	}
	return t.step(func() error { return os.Mkdir(dir, 0o777) }, func() error { return os.Remove(dir) })
}

// rollBack undoes all steps, the last one first. The staging folder stays if
// something could not be put back: the old files are in there.
func (t *transaction) rollBack() error {
	for i := len(t.undo) - 1; i >= 0; i-- {
		if err := t.undo[i](); err != nil {
			return err
		}
	}
	return nil
}

// finish clears up after the last step: a failure here leaves rubbish, but
// nothing wrong.
func (t *transaction) finish(p *Plan) {
	_ = os.RemoveAll(t.staging)
	t.sweep(p.Dir)
	var emptied []string
	for _, c := range p.Changes {
		if c.Kind == Orphaned {
			emptied = append(emptied, filepath.Join(p.Dir, filepath.FromSlash(path.Dir(c.Path))))
		}
	}
	sort.Sort(sort.Reverse(sort.StringSlice(emptied))) // folders before those above them
	for _, d := range emptied {
		if info, err := os.Lstat(d); err == nil && info.IsDir() { // a link to a folder is the user's
			_ = os.Remove(d) // fails unless empty
		}
	}
}

// sweep removes what runs left that were killed outright, long enough ago not
// to be still at work.
func (t *transaction) sweep(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, stagingName))
	for _, name := range left {
		if info, err := os.Lstat(name); err == nil && info.IsDir() && time.Since(info.ModTime()) > time.Hour && isStaging(name) {
			_ = os.RemoveAll(name)
		}
	}
}

var (
	stagingFolder = regexp.MustCompile(`^\.dlgen-[0-9]+$`)
	stagedFile    = regexp.MustCompile(`^(new|old)[0-9]+$`)
)

// isStaging reports whether a folder is as runs leave it, with nothing of others in it.
func isStaging(dir string) bool {
	files, err := os.ReadDir(dir)
	return err == nil && stagingFolder.MatchString(filepath.Base(dir)) &&
		!slices.ContainsFunc(files, func(f os.DirEntry) bool { return !stagedFile.MatchString(f.Name()) })
}
