package avx2

import "sort"

// wish is a constant that would be used in the loop.
type wish struct {
	p *place
	// gain counts what a register would save.
	gain int64
	// first and last are the nodes that use it.
	first, last int
}

// hoistConstants keeps constants in registers that are free, outer loops
// first: they are loaded once before the loop.
func (k *function) hoistConstants(taken [registers][]stretch) {
	var loops []*loop
	for _, n := range k.nodes {
		if n.kind == loopBegin {
			loops = append(loops, n.loop)
		}
	}
	before := map[int][]*node{}
	dead := map[*node]bool{}
	for _, l := range append([]*loop{nil}, loops...) {
		for _, w := range k.wishes(l, dead) {
			r := idle(&taken, w)
			if r == none {
				continue
			}
			taken[r] = append(taken[r], stretch{2 * w.first, 2*w.last + 2})
			k.grant(w, r, dead)
			before[w.first] = append(before[w.first],
				&node{code: vmovups, imm: none, src: []ref{{mem: w.p}}, to: r + 1})
		}
	}
	var out []*node
	for i, n := range k.nodes {
		out = append(out, before[i]...)
		if !dead[n] {
			out = append(out, n)
		}
	}
	k.nodes = out
}

// wishes lists the constants used in l, or in the whole function, the most
// gainful first.
func (k *function) wishes(l *loop, dead map[*node]bool) []*wish {
	begin, end := 0, len(k.nodes)-1
	if l != nil {
		begin, end = l.begin, l.end
	}
	var list []*wish
	known := map[*place]*wish{}
	in := l
	for i := begin; i <= end; i++ {
		n := k.nodes[i]
		switch {
		case n.kind == loopBegin:
			in = n.loop
		case n.kind == loopEnd:
			in = n.loop.parent
		case dead[n]:
			continue
		}
		for _, s := range n.src {
			if s.mem == nil || s.mem.kind != inTable || n.code == vmovups && !n.constant {
				continue
			}
			w := known[s.mem]
			if w == nil {
				w = &wish{p: s.mem, first: entry(i, in)}
				known[s.mem] = w
				list = append(list, w)
			}
			last := i
			if n.constant {
				last = n.dst.live[len(n.dst.live)-1].end / 2
			}
			w.last = max(w.last, exit(last, in))
			// An operand from memory costs a load, one in a register nothing;
			// a load of its own costs an instruction as well.
			if n.constant {
				w.gain += 4 * in.weighted()
			} else if in != nil {
				w.gain += in.weighted()
			}
		}
	}
	for _, w := range list {
		if l != nil {
			w.first, w.last = l.begin, l.end
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].gain > list[j].gain })
	kept := list[:0]
	for _, w := range list {
		if w.gain > 4*l.weighted() || l != nil && w.gain >= l.weighted() {
			kept = append(kept, w)
		}
	}
	return kept
}

// entry is i, or the beginning of the outermost loop around it; exit is its end.
func entry(i int, in *loop) int {
	for ; in != nil; in = in.parent {
		i = in.begin
	}
	return i
}

func exit(i int, in *loop) int {
	for ; in != nil; in = in.parent {
		i = in.end
	}
	return i
}

// idle is a register that nothing holds while w is wanted, or none. The
// last ones are tried first: they are the least likely to be wanted.
func idle(taken *[registers][]stretch, w *wish) int {
	want := stretch{2 * w.first, 2*w.last + 2}
next:
	for r := registers - 1; r >= 0; r-- {
		for _, s := range taken[r] {
			if s.begin < want.end && want.begin < s.end {
				continue next
			}
		}
		return r
	}
	return none
}

// grant replaces the uses of w by register r.
func (k *function) grant(w *wish, r int, dead map[*node]bool) {
	moved := map[*vreg]bool{}
	for i := w.first; i <= w.last; i++ {
		n := k.nodes[i]
		for j := range n.src {
			s := &n.src[j]
			switch {
			case s.mem == w.p && n.code == vmovups && !n.constant:
			case s.mem == w.p && n.constant:
				dead[n] = true
				moved[n.dst] = true
			case s.mem == w.p:
				*s = ref{fixed: r + 1}
			case s.v != nil && moved[s.v]:
				*s = ref{fixed: r + 1, low: s.low}
			}
		}
	}
}
