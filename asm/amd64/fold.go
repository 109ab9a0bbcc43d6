package amd64

import "sort"

// foldLoads makes a full load whose register is used once a memory operand
// of its user, if no store in between may change what is loaded.
func (k *function) foldLoads() {
	defs, uses := map[*VReg]int{}, map[*VReg]int{}
	user := map[*VReg]int{}
	for i, n := range k.nodes {
		if n.dst != nil {
			defs[n.dst]++
		}
		for _, s := range n.src {
			if s.V != nil {
				uses[s.V]++
				user[s.V] = i
			}
		}
	}
	blocked := k.barriers()
	for i, n := range k.nodes {
		if n.kind != vector || n.code != k.set.Vectors.Load || n.mem != nil || n.View != Whole || n.constant ||
			n.src[0].Mem == nil || n.src[0].Mem.kind != inBuffer || defs[n.dst] != 1 || uses[n.dst] != 1 {
			continue
		}
		j := user[n.dst]
		if j > i && !blocked(i, j) && k.takes(k.nodes[j], n.dst, n.src[0].Mem) {
			k.nodes[i] = nil
		}
	}
	kept := k.nodes[:0]
	for _, n := range k.nodes {
		if n != nil {
			kept = append(kept, n)
		}
	}
	k.nodes = kept
}

// barriers returns a test whether the load at i may not move down to j: the
// edge of a loop, a change of an index, or a store to the same elements lies
// between.
func (k *function) barriers() func(i, j int) bool {
	block := make([]int, len(k.nodes))
	var stores []int
	number := 0
	for i, n := range k.nodes {
		if n.kind == loopBegin || n.kind == loopEnd || n.kind == loadIndex {
			number++
		}
		block[i] = number
		if n.mem != nil && n.kind == vector {
			stores = append(stores, i)
		}
	}
	return func(i, j int) bool {
		if block[i] != block[j] {
			return true
		}
		p := k.nodes[i].src[0].Mem
		for at := sort.SearchInts(stores, i); at < len(stores) && stores[at] < j; at++ {
			if k.nodes[stores[at]].mem.overlaps(p) {
				return true
			}
		}
		return false
	}
}

// takes replaces v in n by memory where n can read it there.
func (k *function) takes(n *Node, v *VReg, p *Place) bool {
	if n.kind != vector || n.code == k.set.Vectors.Move {
		return false
	}
	i := 0
	for n.src[i].V != v {
		i++
	}
	if n.src[i].View != Whole {
		return false
	}
	if n.code.Commutes && n.code.Fold == 1 && i == 0 && n.src[1].Mem == nil {
		n.src[0], n.src[1] = n.src[1], n.src[0]
		i = 1
	}
	if n.code == k.set.Compare && i == 0 && n.src[1].Mem == nil {
		for _, c := range compares {
			if c.imm == n.imm {
				n.src[0], n.src[1], n.imm = n.src[1], n.src[0], c.swapped
				i = 1
				break
			}
		}
	}
	if !n.foldable(i) || !n.code.reads(p) {
		return false
	}
	n.src[i] = Ref{Mem: p}
	return true
}
