package amd64

// split divides the uses of each spilled register among registers that each
// live from a reload to the last use of a run of uses: one reload serves a run
// whose uses stand closer than what separates runs. It returns the register for
// each use that has one, by the use's node; a use that stands alone reads memory
// itself.
//
// A run that has to be spilled as well is divided further: the widest gap
// shrinks every time, until all uses stand alone.
func (k *function) split() map[*VReg]map[int]*VReg {
	parts := map[*VReg]map[int]*VReg{}
	for _, r := range k.spilledUses() {
		if r.defs != 1 {
			continue
		}
		widest := 0
		for i := 1; i < len(r.at); i++ {
			if r.straight[i] == r.straight[i-1] {
				widest = max(widest, r.at[i]-r.at[i-1])
			}
		}
		parts[r.v] = map[int]*VReg{}
		for i, j := 1, 1; i < len(r.at); i = j {
			for j = i + 1; j < len(r.at) && r.straight[j] == r.straight[i] && 2*(r.at[j]-r.at[j-1]) < widest; j++ {
			}
			if j-i < 2 {
				continue
			}
			t := k.vreg(r.v.class)
			for _, at := range r.at[i:j] {
				parts[r.v][at] = t
			}
		}
	}
	return parts
}

// uses are the nodes that define or read a register, in order, each with the
// number of the stretch without the edge of a loop in which it stands.
type uses struct {
	v            *VReg
	at, straight []int
	defs         int
}

// spilledUses lists the uses of the spilled registers. The first one of a
// register that is defined once is its definition.
func (k *function) spilledUses() []*uses {
	var all []*uses
	of := map[*VReg]*uses{}
	straight := 0
	note := func(v *VReg, at int) *uses {
		u := of[v]
		if u == nil {
			u = &uses{v: v}
			of[v] = u
			all = append(all, u)
		}
		if n := len(u.at); n == 0 || u.at[n-1] != at {
			u.at, u.straight = append(u.at, at), append(u.straight, straight)
		}
		return u
	}
	for i, n := range k.nodes {
		if n.kind == loopBegin || n.kind == loopEnd {
			straight++
		}
		for _, s := range n.src {
			if s.V != nil && s.V.spilled {
				note(s.V, i)
			}
		}
		if n.dst != nil && n.dst.spilled {
			note(n.dst, i).defs++
		}
	}
	return all
}
