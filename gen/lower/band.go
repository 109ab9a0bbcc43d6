package lower

import (
	"maps"
	"slices"

	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/spec/layer"
)

// band is a run of residues of an index for which the same terms count, but for
// a shift: a loop goes over them, where an equation for each would be too many.
type band struct{ start, size int }

// bands divides an equation as phases does, but into few: with a stride of s and
// a window of n·s, all residues are one band. The result is nil where the sums
// depend on the residues in another way than by a shift.
func bands(eq *layer.Equation, modulus map[*layer.Index]int, list []congruence) []*layer.Equation {
	cuts := map[*layer.Index]map[int]bool{}
	for i, m := range modulus {
		cuts[i] = map[int]bool{0: true, i.Size % m: true}
	}
	for _, c := range list {
		if c.free.I == nil && c.sum.I != nil {
			continue
		}
		if c.sum.I == nil || naive.GCD(c.free.Coef, c.modulus) != 1 || (c.free.Coef+c.sum.Coef)%c.modulus != 0 {
			return nil
		}
		// the first term is (residue + shift) % modulus, and there is one less from
		// sum.Size % modulus on
		m, shift := c.modulus, c.shift()
		cuts[c.free.I][(m-shift)%m] = true
		cuts[c.free.I][(c.sum.I.Size%m+m-shift)%m] = true
	}
	var out []*layer.Equation
	chosen := map[*layer.Index]band{}
	var visit func(free []*layer.Index)
	visit = func(free []*layer.Index) {
		if len(free) == 0 {
			out = append(out, substituted(eq, banded(chosen, modulus, list)))
			return
		}
		i := free[0]
		if modulus[i] == 0 {
			visit(free[1:])
			return
		}
		starts := slices.Sorted(maps.Keys(cuts[i]))
		end := min(modulus[i], i.Size)
		for k, start := range starts {
			next := end
			if k+1 < len(starts) {
				next = min(starts[k+1], end)
			}
			if start < next {
				chosen[i] = band{start, next - start}
				visit(free[1:])
			}
		}
	}
	visit(eq.Free)
	if len(out) > maxPhases {
		return nil
	}
	return out
}

// shift is by how much the first term that counts is beyond the residue of the
// index of the result.
func (c congruence) shift() int {
	for s := range c.modulus {
		if (c.form.Const-c.free.Coef*s)%c.modulus == 0 {
			return s
		}
	}
	panic("lower: a congruence without a solution")
}

// banded replaces the indices for one choice of bands.
func banded(chosen map[*layer.Index]band, modulus map[*layer.Index]int, list []congruence) layer.Substitution {
	to := layer.Substitution{}
	residue := map[*layer.Index]*layer.Index{}
	for i, b := range chosen {
		to[i] = strided(i, modulus[i], b.start)
		if b.size > 1 {
			in := &layer.Index{Name: i.Name + "0", Size: b.size}
			residue[i] = in
			to[i] = plus(to[i], in, true)
		}
	}
	for _, c := range list {
		if c.free.I == nil {
			maps.Copy(to, phase(nil, nil, []congruence{c}))
			continue
		}
		to[c.sum.I] = strided(c.sum.I, c.modulus, (chosen[c.free.I].start+c.shift())%c.modulus)
		if in := residue[c.free.I]; in != nil {
			to[c.sum.I] = plus(to[c.sum.I], in, false)
		}
	}
	return to
}

// plus adds an index to what stands for another, bound there or further out.
func plus(r layer.Replacement, in *layer.Index, bound bool) layer.Replacement {
	if bound {
		r.Idx = append(r.Idx, in)
	}
	r.By = &layer.IntOp{Op: '+', X: r.By, Y: &layer.Var{I: in}}
	return r
}
