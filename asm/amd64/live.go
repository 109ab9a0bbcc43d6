package amd64

import "fmt"

// liveness finds for every register the stretches of code in which its value
// is needed, and returns the registers in order of first use.
func (k *function) liveness() []*VReg {
	var all []*VReg
	seen := map[*VReg]bool{}
	meet := func(v *VReg, l *loop) {
		if !seen[v] {
			seen[v] = true
			all = append(all, v)
			v.reg, v.from, v.cost, v.live, v.near, v.again = None, None, 0, nil, nil, nil
		}
		v.cost += l.weighted()
	}
	var in *loop
	for i, n := range k.nodes {
		switch n.kind {
		case loopBegin:
			in, n.loop.begin = n.loop, i
		case loopEnd:
			in, n.loop.end = n.loop.parent, i
		}
		for _, s := range n.src {
			if s.V != nil {
				meet(s.V, in)
			}
		}
		if n.dst != nil {
			meet(n.dst, in)
			n.relate()
		}
	}
	k.findRepeatable()
	k.scan()
	for _, v := range all {
		if v.from != None {
			panic(fmt.Sprintf("%s: %s: register v%d is read before it is assigned", k.set.Name, k.f.Name, v.id))
		}
		for i, j := 0, len(v.live)-1; i < j; i, j = i+1, j-1 {
			v.live[i], v.live[j] = v.live[j], v.live[i]
		}
	}
	return all
}

// scan walks backward over the nodes. What a loop reads before it writes is
// live around its back edge.
func (k *function) scan() {
	for i := len(k.nodes) - 1; i >= 0; i-- {
		n := k.nodes[i]
		if n.kind == loopEnd {
			for _, v := range k.exposed(n.loop) {
				v.needed(i)
			}
		}
		if v := n.dst; v != nil {
			end := v.from
			if end == None {
				end = 2*i + 2
			}
			v.extend(stretch{2*i + 1, end})
			v.from = None
		}
		for _, s := range n.src {
			if s.V != nil {
				s.V.needed(i)
			}
		}
	}
}

// needed records that node i reads v.
func (v *VReg) needed(i int) {
	if v.from == None {
		v.from = 2*i + 1
	}
}

// extend adds a stretch before the others.
func (v *VReg) extend(s stretch) {
	if n := len(v.live); n > 0 && v.live[n-1].begin == s.end {
		v.live[n-1].begin = s.begin
		return
	}
	v.live = append(v.live, s)
}

// exposed lists the registers that the body of l reads before it writes them.
func (k *function) exposed(l *loop) []*VReg {
	var out []*VReg
	known := map[*VReg]bool{}
	for i := l.begin; i < l.end; i++ {
		n := k.nodes[i]
		for _, s := range n.src {
			if s.V != nil && !known[s.V] {
				known[s.V] = true
				out = append(out, s.V)
			}
		}
		if n.dst != nil {
			known[n.dst] = true
		}
	}
	return out
}

// relate notes which registers had better be the same: both sides of a copy,
// and the operand that a fused operation overwrites.
func (n *Node) relate() {
	if n.code == nil || n.code != n.dst.class.Move && n.code.Fused == nil {
		return
	}
	for i := len(n.src) - 1; i >= 0; i-- {
		if v := n.src[i].V; v != nil && v != n.dst {
			n.dst.near = append(n.dst.near, v)
			v.near = append(v.near, n.dst)
		}
	}
}

// meets reports whether two lists of stretches overlap.
func meets(a, b []stretch) bool {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].end <= b[j].begin:
			i++
		case b[j].end <= a[i].begin:
			j++
		default:
			return true
		}
	}
	return false
}
