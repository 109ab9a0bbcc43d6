package amd64

import (
	"fmt"
	"sort"
)

// allocate gives every vreg a physical register, moving values to the stack
// until the rest fits. It returns what occupies each register.
func (k *function) allocate() [][]stretch {
	for {
		all := k.liveness()
		taken, spilled := k.assign(all)
		if !spilled {
			return taken
		}
		k.spill()
	}
}

// assign goes through the registers in order of their first definition and
// takes for each a physical register that is free throughout its life, or
// else throws out what costs least.
func (k *function) assign(all []*VReg) (taken [][]stretch, spilled bool) {
	sort.Slice(all, func(i, j int) bool {
		if a, b := all[i].live[0].begin, all[j].live[0].begin; a != b {
			return a < b
		}
		return all[i].id < all[j].id
	})
	n := k.set.registers()
	taken = make([][]stretch, n)
	holders, rivals := make([][]*VReg, n), make([][]*VReg, n)
	for _, v := range all {
		begin := v.live[0].begin
		for r := range holders {
			rivals[r] = rivals[r][:0]
			kept := holders[r][:0]
			for _, h := range holders[r] {
				if h.live[len(h.live)-1].end <= begin {
					continue
				}
				kept = append(kept, h)
				if meets(h.live, v.live) {
					rivals[r] = append(rivals[r], h)
				}
			}
			holders[r] = kept
		}
		r := pick(v, rivals)
		if len(rivals[r]) > 0 {
			spilled = true
			if !v.evicts(rivals[r]) {
				v.spilled = true
				continue
			}
			holders[r] = without(holders[r], rivals[r])
		}
		v.reg = r
		holders[r] = append(holders[r], v)
		taken[r] = append(taken[r], v.live...)
	}
	return taken, spilled
}

// pick is a free register, that of a related vreg if possible, or else the one
// whose holders cost least.
func pick(v *VReg, rivals [][]*VReg) int {
	for _, w := range v.near {
		if w.reg != None && len(rivals[w.reg]) == 0 {
			return w.reg
		}
	}
	best := v.class.First
	for r := v.class.First; r < v.class.First+v.class.count(); r++ {
		if len(rivals[r]) == 0 {
			return r
		}
		if price(rivals[r]) < price(rivals[best]) {
			best = r
		}
	}
	return best
}

// evicts reports whether v should take the place of the rivals, and marks
// them if so.
func (v *VReg) evicts(rivals []*VReg) bool {
	if !v.temp && price(rivals) >= v.price() {
		return false
	}
	for _, w := range rivals {
		if w.temp {
			panic(fmt.Sprintf("amd64: no register for v%d", v.id))
		}
		w.spilled, w.reg = true, None
	}
	return true
}

// price is what it costs to keep v in memory, for each instruction during
// which it would hold a register.
func (v *VReg) price() int64 {
	if v.temp {
		return 1 << 58
	}
	length := 1
	for _, s := range v.live {
		length += s.end - s.begin
	}
	return v.cost * 64 / int64(length)
}

func price(vs []*VReg) int64 {
	var sum int64
	for _, v := range vs {
		sum += v.price()
	}
	return sum
}

func without(vs, gone []*VReg) []*VReg {
	kept := vs[:0]
next:
	for _, v := range vs {
		for _, g := range gone {
			if v == g {
				continue next
			}
		}
		kept = append(kept, v)
	}
	return kept
}

// spill rewrites the uses of the spilled registers: an operand from memory
// where the instruction has one, otherwise a load before it; a store after
// each definition.
func (k *function) spill() {
	var out []*Node
	parts, begun := k.split(), map[*VReg]bool{}
	for at, n := range k.nodes {
		if n.dst != nil && n.dst.spilled && n.dst.again != nil {
			continue
		}
		loaded := map[*VReg]*VReg{}
		for i := range n.src {
			v := n.src[i].V
			if v == nil || !v.spilled {
				continue
			}
			if t := parts[v][at]; t != nil {
				if !begun[t] {
					begun[t] = true
					out = append(out, v.reload(k, t))
				}
				n.src[i].V = t
				continue
			}
			if n.foldable(i) && loaded[v] == nil {
				if p := v.home(k); p != nil && n.code.reads(p) {
					n.src[i] = Ref{Mem: p}
					continue
				}
			}
			t := loaded[v]
			if t == nil {
				t = k.vreg(v.class)
				t.temp = true
				loaded[v] = t
				out = append(out, v.reload(k, t))
			}
			n.src[i].V = t
		}
		out = append(out, n)
		if v := n.dst; v != nil && v.spilled {
			n.dst = k.vreg(v.class)
			n.dst.temp = true
			out = append(out, &Node{code: v.class.Store, imm: None, src: []Ref{n.dst.Ref()}, mem: v.home(k)})
		}
	}
	k.nodes = out
}

// home is where all lanes of a spilled register are in memory, or nil for one
// that is only recomputed.
func (v *VReg) home(k *function) *Place {
	if v.again != nil {
		if v.again.code == v.class.Load && v.again.View == Whole {
			return v.again.src[0].Mem
		}
		return nil
	}
	switch {
	case v.slot != nil:
	case v.class == k.set.Vectors: // in the aligned area: a vector across two lines takes long to come back
		v.slot = &Place{kind: inBuffer, stream: k.stream(nil, nil), disp: k.frameSize, lanes: k.set.Lanes}
		k.frameSize += v.class.Bytes
	default:
		v.slot = &Place{kind: inSlot, disp: k.spillBytes}
		k.spillBytes += v.class.Bytes
	}
	return v.slot
}

// reload puts a spilled value into t.
func (v *VReg) reload(k *function, t *VReg) *Node {
	if v.again != nil {
		n := *v.again
		n.dst, n.src = t, append([]Ref(nil), n.src...)
		return &n
	}
	return &Node{code: v.class.Load, imm: None, dst: t, src: []Ref{{Mem: v.home(k)}}}
}
