package main

import (
	"errors"
	"fmt"
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
	// many others; mostDim bounds them.
	randomDims, mostDim = 60, 12
	// mostRefused is how many sets that the rules of a spec allow its equations may refuse,
	// mostSame how many in a row with the same words.
	mostRefused, mostSame = 24, 4
)

// chooseDims gives the dims that are not given small values with which the equations of a
// spec can be checked: such that all differ, if its rules allow any. Equations that only
// hold where dims are equal are wrong, or a rule is missing; err has what is wrong then.
// It returns all values, and those chosen, NAME=VALUE.
func chooseDims(s *syntax.Spec, values map[string]string) (all map[string]string, chosen []string, err error) {
	c := &chooser{spec: s, given: values, free: freeNumbers(s, values)}
	if len(c.free) == 0 {
		return values, nil, nil
	}
	all, chosen, refused, err := c.differing()
	if all != nil || err != nil {
		return all, chosen, err
	}
	all, chosen, err = c.alike()
	if err == nil && refused != nil {
		return nil, nil, fmt.Errorf("%w; it is right with %s: if dims depend on each other, say how under require", refused, strings.Join(chosen, " "))
	}
	return all, chosen, err
}

// chooser tries values for the numbers that are free beside those that are given.
type chooser struct {
	spec  *syntax.Spec
	given map[string]string
	free  []string
}

// with is all values where the free numbers take those of a set, in turns, and what these are.
func (c *chooser) with(set []int) (all map[string]string, chosen []string) {
	all = maps.Clone(c.given)
	if all == nil {
		all = map[string]string{}
	}
	for i, name := range c.free {
		all[name] = strconv.Itoa(set[i%len(set)])
		chosen = append(chosen, name+"="+all[name])
	}
	return all, chosen
}

// differing finds values that differ in pairs. Where the rules allow some, but the equations none,
// refused says why; err does where the equations are wrong whatever the dims are.
func (c *chooser) differing() (all map[string]string, chosen []string, refused, err error) {
	var last error
	refusals, same := 0, 0
	for _, set := range different(len(c.free)) {
		all, chosen := c.with(set)
		if spec.Dims(c.spec, all) != nil {
			continue
		}
		_, err := spec.Bind(c.spec, all)
		if err == nil {
			return all, chosen, nil, nil
		}
		if same++; last == nil || last.Error() != err.Error() {
			same, last = 1, err
		}
		if !withinApplied(c.spec, err) {
			if refusals++; refused == nil {
				refused = fmt.Errorf("%w\nchecked with %s", err, strings.Join(chosen, " "))
			}
		}
		if same == mostSame {
			return nil, nil, nil, last
		}
		if refusals == mostRefused {
			break
		}
	}
	return nil, nil, refused, nil
}

// alike finds any values, some of which may be equal or 1; err is what is wrong with the first.
func (c *chooser) alike() (all map[string]string, chosen []string, err error) {
	for _, set := range alike(len(c.free)) {
		all, chosen := c.with(set)
		_, wrong := spec.Bind(c.spec, all)
		if wrong == nil {
			return all, chosen, nil
		}
		if err == nil {
			err = wrong
		}
	}
	return nil, nil, err
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

// different are sets of n dims above 1 that differ in pairs: rising, falling, falling by
// divisors, and by chance.
func different(n int) [][]int {
	rising, falling := make([]int, n), make([]int, n)
	for i := range n {
		rising[i], falling[i] = i+2, n+1-i
	}
	sets := [][]int{rising, falling}
	if divisors := []int{12, 6, 4, 3, 2}; n <= len(divisors) {
		sets = append(sets, divisors)
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	for range randomDims {
		set := rnd.Perm(max(n, mostDim-1))[:n]
		for i := range set {
			set[i] += 2
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
