package main

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/syntax"
)

const (
	// randomDims is how many sets of dims by chance are tried that differ in pairs, and how
	// many others; mostDim bounds them. ruledDims is how many are tried of those that the
	// numbers in the rules of a spec suggest.
	randomDims, mostDim, ruledDims = 60, 12, 600
	// mostRefused is how many sets that the rules of a spec allow its equations may refuse,
	// mostSame how many in a row with the same words.
	mostRefused, mostSame = 24, 4
)

// choice are dims with which the equations of a spec can be checked. If they are wrong with
// these, note says, where it is not empty, how that depends on the dims.
type choice struct {
	all    map[string]string
	chosen []string // NAME=VALUE
	note   string
}

// chooseDims gives the dims that are not given small values: such that all differ, if the
// rules of the spec allow any. Equations that only hold where dims are equal are wrong, or a
// rule is missing.
func chooseDims(s *syntax.Spec, values map[string]string) choice {
	c := &chooser{spec: s, given: values, free: freeNumbers(s, values)}
	if len(c.free) == 0 {
		return choice{all: values}
	}
	differing, found := c.differing()
	if found && differing.note == "" {
		return differing
	}
	alike, right := c.alike()
	switch {
	case !found:
		return alike
	case right:
		differing.note += "; it is right with " + strings.Join(alike.chosen, " ") + ": if dims depend on each other, say how under require"
	}
	return differing
}

// chooser tries values for the numbers that are free beside those that are given.
type chooser struct {
	spec  *syntax.Spec
	given map[string]string
	free  []string
}

// with is all values where the free numbers take those of a set, in turns.
func (c *chooser) with(set []int) choice {
	d := choice{all: maps.Clone(c.given)}
	if d.all == nil {
		d.all = map[string]string{}
	}
	for i, name := range c.free {
		d.all[name] = strconv.Itoa(set[i%len(set)])
		d.chosen = append(d.chosen, name+"="+d.all[name])
	}
	return d
}

// differing finds values that differ in pairs. Where the rules allow some, but the equations
// none, they come with a note, unless the equations are wrong whatever the dims are.
func (c *chooser) differing() (found choice, ok bool) {
	var last error
	refusals, same := 0, 0
	for _, set := range append(c.different(), c.ruled()...) {
		d := c.with(set)
		if !spec.Allows(c.spec, d.all) {
			continue
		}
		_, err := spec.Bind(c.spec, d.all)
		if err == nil {
			return d, true
		}
		if same++; last == nil || last.Error() != err.Error() {
			same, last = 1, err
		}
		if same == mostSame {
			return d, true
		}
		if !withinApplied(c.spec, err) {
			if refusals++; !ok {
				found, ok = d, true
				found.note = "checked with " + strings.Join(d.chosen, " ")
			}
		}
		if refusals == mostRefused {
			break
		}
	}
	return found, ok
}

// alike finds any values, some of which may be equal or 1. It reports whether the equations
// are right with them; otherwise they are the first.
func (c *chooser) alike() (found choice, right bool) {
	allowed := false
	for k, set := range append(alike(len(c.free)), c.ruled()...) {
		d := c.with(set)
		if _, err := spec.Bind(c.spec, d.all); err == nil {
			return d, true
		}
		if k == 0 {
			found = d
		}
		allowed = allowed || spec.Allows(c.spec, d.all)
	}
	if !allowed {
		found.note = "of the dims that were tried, its rules allow none: give some, as in " + c.free[0] + "=64"
	}
	return found, false
}

// freeNumbers are the dims and attributes of s that must be given and are not.
func freeNumbers(s *syntax.Spec, values map[string]string) []string {
	var free []string
	for _, list := range [][]*syntax.Number{s.Dims, s.Attrs} {
		for _, n := range list {
			if _, ok := values[n.Name]; !ok && n.Default == nil && n.Value == nil {
				free = append(free, n.Name)
			}
		}
	}
	return free
}

// withinApplied reports whether it is the rules of a layer that s applies that do not allow
// the dims.
func withinApplied(s *syntax.Spec, err error) bool {
	var list *diag.List
	return errors.As(err, &list) && !slices.ContainsFunc(list.Errors(), func(e diag.Error) bool { return e.Pos.File == s.File })
}

// different are sets of dims above 1 that differ in pairs, and from those that are given: rising,
// falling, falling by divisors, and by chance.
func (c *chooser) different() [][]int {
	n := len(c.free)
	var small []int // at least the first mostDim-1, or as many as there are dims
	for v := 2; len(small) < n || v <= mostDim; v++ {
		if !c.isGiven(v) {
			small = append(small, v)
		}
	}
	rising := small[:n]
	falling := slices.Clone(rising)
	slices.Reverse(falling)
	sets := [][]int{rising, falling}
	divisors := slices.DeleteFunc([]int{12, 6, 4, 3, 2}, c.isGiven)
	if n <= len(divisors) {
		sets = append(sets, divisors)
	}
	return append(sets, drawn(small, n, randomDims)...)
}

// isGiven reports whether a dim that is given has a value.
func (c *chooser) isGiven(v int) bool {
	for _, text := range c.given {
		if text == strconv.Itoa(v) {
			return true
		}
	}
	return false
}

// ruled are sets of what the numbers in the rules and limits of the spec suggest: these, those
// beside them, and their multiples, among small ones.
func (c *chooser) ruled() [][]int {
	var values []int
	note := func(x syntax.Expr) {
		syntax.Walk(x, func(e syntax.Expr) {
			l, ok := e.(*syntax.Literal)
			if !ok {
				return
			}
			if v, err := strconv.Atoi(l.Text); err == nil && v > 1 {
				values = append(values, v-1, v, v+1, 2*v, 3*v, 5*v)
			}
		})
	}
	for _, r := range c.spec.Require {
		note(r.That)
	}
	for _, d := range c.spec.Dims {
		for _, l := range d.Limits {
			note(l.Bound)
		}
	}
	if len(values) == 0 {
		return nil
	}
	for v := 1; v <= mostDim; v++ {
		values = append(values, v)
	}
	slices.Sort(values)
	values = slices.DeleteFunc(slices.Compact(values), c.isGiven)
	return drawn(values, len(c.free), ruledDims)
}

// drawn are sets of n of the values by chance, which differ in pairs.
func drawn(values []int, n, count int) [][]int {
	rnd := rand.New(rand.NewPCG(5, 6))
	var sets [][]int
	for range count {
		set := make([]int, n)
		for i, k := range rnd.Perm(max(n, len(values)))[:n] {
			set[i] = values[k%len(values)]
		}
		sets = append(sets, set)
	}
	return sets
}

// alike are sets in which dims are equal or 1, or some of them.
func alike(n int) [][]int {
	sets := [][]int{{4}, {6}, {2, 3, 5, 4}, {12, 6, 4, 3, 2, 1}, {8, 8, 8, 2}}
	rnd := rand.New(rand.NewPCG(7, 8))
	for range randomDims {
		set := make([]int, n)
		for i := range set {
			set[i] = 1 + rnd.IntN(mostDim)
		}
		sets = append(sets, set)
	}
	return sets
}
