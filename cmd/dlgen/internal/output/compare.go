package output

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
)

// CommandLine is the origin of a package that no config lists.
const CommandLine = "the command line"

// Compare plans what makes dir hold files. The origin is the base name of the
// config they come from, or CommandLine. It is an error where a file of
// someone else is in the way.
func Compare(dir, origin string, files []File) (*Plan, error) {
	c := &comparison{
		dir:    dir,
		listed: map[string]string{},
		plan:   &Plan{Dir: dir},
		wanted: map[string]bool{ManifestName: true},
		folder: map[string]bool{},
	}
	for _, f := range files {
		if !ours(f.Data) || c.wanted[f.Path] || !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			panic("output: generated file " + f.Path + " lacks the header, comes twice or lies elsewhere")
		}
		c.wanted[f.Path] = true
		c.folder[path.Dir(f.Path)] = true
	}
	if err := c.manifests(origin); err != nil {
		return nil, err
	}
	for _, f := range files {
		c.want(f)
	}
	c.want(File{ManifestName, newManifest(origin, files).text()})
	for folder := range c.folder {
		c.packages(folder, files)
	}
	c.leftovers()
	if len(c.refused) > 0 {
		sort.Strings(c.refused)
		return nil, errors.New(strings.Join(c.refused, "\n"))
	}
	sort.Slice(c.plan.Changes, func(i, j int) bool { return c.plan.Changes[i].Path < c.plan.Changes[j].Path })
	if c.plan.Same > 0 && !c.changed(ManifestName) {
		c.plan.Same--
	}
	return c.plan, nil
}

// comparison is the state of one Compare.
type comparison struct {
	dir string
	// listed has the hashes of the files that an earlier run wrote.
	listed map[string]string
	// wanted has the paths to write, folder the folders they lie in.
	wanted, folder map[string]bool
	plan           *Plan
	refused        []string
}

func (c *comparison) name(p string) string { return filepath.Join(c.dir, filepath.FromSlash(p)) }

func (c *comparison) refuse(format string, args ...any) {
	c.refused = append(c.refused, fmt.Sprintf(format, args...))
}

func (c *comparison) changed(p string) bool {
	for _, ch := range c.plan.Changes {
		if ch.Path == p {
			return true
		}
	}
	return false
}

// manifests reads the folder's manifest and those of packages in it that were
// generated one by one before.
func (c *comparison) manifests(origin string) error {
	root, err := readManifest(c.dir)
	if err != nil {
		return err
	}
	if root.origin != "" && root.origin != origin {
		return fmt.Errorf("%s holds what dlgen generated from %s, this would be from %s: choose another folder, or remove %s first",
			c.dir, root.origin, origin, c.name(ManifestName))
	}
	if err := c.above(); err != nil {
		return err
	}
	c.listed = root.hashes
	for folder := range c.folder {
		if folder == "." {
			continue
		}
		m, err := readManifest(c.name(folder))
		if err != nil {
			return err
		}
		if m.origin != "" && m.origin != CommandLine {
			return fmt.Errorf("%s holds what dlgen generated from a %s of its own: choose another folder or name, or remove %s first",
				c.name(folder), m.origin, c.name(path.Join(folder, ManifestName)))
		}
		for p, h := range m.hashes {
			c.listed[path.Join(folder, p)] = h
		}
		if m.origin != "" {
			c.listed[path.Join(folder, ManifestName)] = ""
		}
	}
	return nil
}

// above refuses a folder that is part of what a folder above holds.
func (c *comparison) above() error {
	dir, err := filepath.Abs(c.dir)
	if err != nil {
		return err
	}
	for parent, below := filepath.Dir(dir), filepath.Base(dir); parent != dir; dir, parent, below = parent, filepath.Dir(parent), path.Join(filepath.Base(parent), below) {
		m, err := readManifest(parent)
		if err != nil {
			continue // it is not ours to read
		}
		for p := range m.hashes {
			if strings.HasPrefix(p, below+"/") {
				return fmt.Errorf("%s is part of what dlgen generated from %s in %s: change it there, or choose another folder", c.dir, m.origin, parent)
			}
		}
	}
	return nil
}

// want compares one file to write with what is on disk.
func (c *comparison) want(f File) {
	name := c.name(f.Path)
	switch info, err := os.Lstat(name); {
	case os.IsNotExist(err):
		c.plan.Changes = append(c.plan.Changes, Change{f.Path, Missing, nil, f.Data})
		return
	case err != nil:
		c.refuse("%v", err)
		return
	case !info.Mode().IsRegular():
		c.refuse("%s is in the way: it is not a regular file", name)
		return
	}
	old, err := os.ReadFile(name)
	switch {
	case err != nil:
		c.refuse("%v", err)
	case string(unix(old)) == string(f.Data):
		c.plan.Same++
	case !ours(old):
		c.refuse("%s is in the way: dlgen did not write it (it does not begin with // %s)", name, Header)
	case c.listed[f.Path] != hash(old) && f.Path != ManifestName:
		c.plan.Changes = append(c.plan.Changes, Change{f.Path, Edited, nonNil(old), f.Data})
	default:
		c.plan.Changes = append(c.plan.Changes, Change{f.Path, Stale, nonNil(old), f.Data})
	}
}

// leftovers finds files that dlgen wrote and would not write any more: those
// that the manifest lists, and those with the header in the folder, in the
// folders to write and in subfolders without a manifest of their own.
func (c *comparison) leftovers() {
	for p := range c.listed {
		if !c.wanted[p] {
			c.leftover(p, Orphaned)
		}
	}
	folders := map[string]bool{".": true}
	for f := range c.folder {
		folders[f] = true
	}
	for _, e := range c.entries(".") {
		if _, err := os.Lstat(c.name(path.Join(e.Name(), ManifestName))); e.IsDir() && os.IsNotExist(err) {
			folders[e.Name()] = true
		}
	}
	for f := range folders {
		for _, e := range c.entries(f) {
			p := path.Join(f, e.Name())
			_, listed := c.listed[p]
			if ext := path.Ext(p); !listed && !c.wanted[p] && (ext == ".go" || ext == ".s") {
				c.leftover(p, Unlisted)
			}
		}
	}
}

// leftover plans to remove a file, if it is there and bears the header.
func (c *comparison) leftover(p string, kind Kind) {
	info, err := os.Lstat(c.name(p))
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	if old, err := os.ReadFile(c.name(p)); err == nil && ours(old) {
		c.plan.Changes = append(c.plan.Changes, Change{Path: p, Kind: kind, Old: nonNil(old)})
	}
}

// entries lists a folder; one that is not there is empty.
func (c *comparison) entries(folder string) []os.DirEntry {
	list, err := os.ReadDir(c.name(folder))
	if err != nil && !os.IsNotExist(err) {
		c.refuse("%v", err)
	}
	return list
}

// nonNil tells an empty file from none.
func nonNil(data []byte) []byte { return append([]byte{}, data...) }
