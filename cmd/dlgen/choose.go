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
	free := freeNumbers(s, values)
	if len(free) == 0 {
		return values, nil, nil
	}
	with := func(set []int) (map[string]string, []string) {
		all, chosen := maps.Clone(values), []string(nil)
		if all == nil {
			all = map[string]string{}
		}
		for i, name := range free {
			all[name] = strconv.Itoa(set[i%len(set)])
			chosen = append(chosen, name+"="+all[name])
		}
		return all, chosen
	}
	var refused, last error
	refusals, same := 0, 0
	for _, set := range different(len(free)) {
		all, chosen := with(set)
		if spec.Dims(s, all) != nil {
			continue
		}
		_, err := spec.Bind(s, all)
		if err == nil {
			return all, chosen, nil
		}
		if same++; last == nil || last.Error() != err.Error() {
			same, last = 1, err
		}
		if !withinApplied(s, err) {
			if refusals++; refused == nil {
				refused = fmt.Errorf("%w\nchecked with %s", err, strings.Join(chosen, " "))
			}
		}
		if refusals == mostRefused || same == mostSame {
			break
		}
	}
	if same == mostSame {
		return nil, nil, last // whatever the dims are
	}
	var first error
	for _, set := range alike(len(free)) {
		all, chosen := with(set)
		_, err := spec.Bind(s, all)
		switch {
		case err == nil && refused == nil:
			return all, chosen, nil
		case err == nil:
			return nil, nil, fmt.Errorf("%w; it is right with %s: if dims depend on each other, say how under require", refused, strings.Join(chosen, " "))
		case first == nil:
			first = err
		}
	}
	return nil, nil, first
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
