package avx2

import "fmt"

// liveness finds for every register the stretches of code in which its value
// is needed, and returns the registers in order of first use.
func (k *function) liveness() []*vreg {
	var all []*vreg
	seen := map[*vreg]bool{}
	meet := func(v *vreg, l *loop) {
		if !seen[v] {
			seen[v] = true
			all = append(all, v)
			v.reg, v.from, v.cost, v.live, v.near, v.again = none, none, 0, nil, nil, nil
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
			if s.v != nil {
				meet(s.v, in)
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
		if v.from != none {
			panic(fmt.Sprintf("avx2: %s: register v%d is read before it is assigned", k.f.Name, v.id))
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
			if end == none {
				end = 2*i + 2
			}
			v.extend(stretch{2*i + 1, end})
			v.from = none
		}
		for _, s := range n.src {
			if s.v != nil {
				s.v.needed(i)
			}
		}
	}
}

// needed records that node i reads v.
func (v *vreg) needed(i int) {
	if v.from == none {
		v.from = 2*i + 1
	}
}

// extend adds a stretch before the others.
func (v *vreg) extend(s stretch) {
	if n := len(v.live); n > 0 && v.live[n-1].begin == s.end {
		v.live[n-1].begin = s.begin
		return
	}
	v.live = append(v.live, s)
}

// exposed lists the registers that the body of l reads before it writes them.
func (k *function) exposed(l *loop) []*vreg {
	var out []*vreg
	known := map[*vreg]bool{}
	for i := l.begin; i < l.end; i++ {
		n := k.nodes[i]
		for _, s := range n.src {
			if s.v != nil && !known[s.v] {
				known[s.v] = true
				out = append(out, s.v)
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
func (n *node) relate() {
	_, isFused := fused[n.code]
	if n.code != vmovaps && !isFused {
		return
	}
	for i := len(n.src) - 1; i >= 0; i-- {
		if v := n.src[i].v; v != nil && v != n.dst {
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
