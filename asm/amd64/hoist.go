package amd64

import "sort"

// constantUse is one use of a constant: the node at, and for a load of its own
// the last node that reads the register.
type constantUse struct {
	at, last int
	in       *loop
	// gain is what a register would save: an operand from memory costs a load,
	// a load of its own costs an instruction as well.
	gain int64
	done bool
}

// wish asks for a register that holds a constant from first to last, loaded
// before first.
type wish struct {
	p           *Place
	uses        []*constantUse
	gain        int64
	first, last int
}

// hoistConstants keeps constants in registers that are free: around a loop, or
// between several uses in straight code.
func (k *function) hoistConstants(taken [][]stretch) {
	before := map[int][]*Node{}
	dead := map[*Node]bool{}
	for _, w := range k.wishes() {
		open := true
		for _, u := range w.uses {
			open = open && !u.done
		}
		r := idle(taken, w)
		if !open || r == None {
			continue
		}
		taken[r] = append(taken[r], stretch{2 * w.first, 2*w.last + 2})
		k.grant(w, r, dead)
		before[w.first] = append(before[w.first], &Node{code: w.p.class.Load, imm: None, src: []Ref{{Mem: w.p}}, to: r + 1})
	}
	var out []*Node
	for i, n := range k.nodes {
		out = append(out, before[i]...)
		if !dead[n] {
			out = append(out, n)
		}
	}
	k.nodes = out
}

// wishes lists what would be worth a register, the most gainful first, and of
// equals those for more code.
func (k *function) wishes() []*wish {
	order, uses, loops := k.constantUses()
	var list []*wish
	for _, p := range order {
		for _, l := range append([]*loop{nil}, loops...) {
			w := &wish{p: p}
			for _, u := range uses[p] {
				if l.encloses(u.in) {
					w.uses = append(w.uses, u)
					w.gain += u.gain
				}
			}
			if len(w.uses) == 0 {
				continue
			}
			if l != nil {
				around := *w
				around.first, around.last = l.begin, l.end
				around.gain -= l.parent.weighted()
				list = append(list, &around)
			}
			w.first, w.last = k.span(w.uses, l)
			if w.gain -= 4 * l.weighted(); w.gain > l.weighted() {
				list = append(list, w)
			}
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].gain > list[j].gain })
	return list
}

// constantUses finds all uses of constants, by constant, and all loops.
func (k *function) constantUses() (order []*Place, uses map[*Place][]*constantUse, loops []*loop) {
	uses = map[*Place][]*constantUse{}
	var in *loop
	for i, n := range k.nodes {
		switch n.kind {
		case loopBegin:
			in = n.loop
			loops = append(loops, in)
		case loopEnd:
			in = n.loop.parent
		}
		for _, s := range n.src {
			if s.Mem == nil || s.Mem.kind != inTable || n.code == s.Mem.class.Load && !n.constant {
				continue
			}
			u := &constantUse{at: i, last: i, in: in, gain: in.weighted()}
			if n.constant {
				u.gain *= 4
				u.last = n.dst.live[len(n.dst.live)-1].end / 2
			} else if in == nil {
				u.gain = 0
			}
			if uses[s.Mem] == nil {
				order = append(order, s.Mem)
			}
			uses[s.Mem] = append(uses[s.Mem], u)
		}
	}
	return order, uses, loops
}

// span is the code inside l that holds the uses; loops count as a whole.
func (k *function) span(uses []*constantUse, l *loop) (first, last int) {
	first, last = len(k.nodes), 0
	for _, u := range uses {
		a, b := u.at, u.last
		for in := u.in; in != l; in = in.parent {
			a, b = in.begin, in.end
		}
		first, last = min(first, a), max(last, b)
	}
	return first, last
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
func idle(taken [][]stretch, w *wish) int {
	want := []stretch{{2 * w.first, 2*w.last + 2}}
next:
	for r := w.p.class.First + w.p.class.count() - 1; r >= w.p.class.First; r-- {
		for _, s := range taken[r] {
			if s.begin < want[0].end && want[0].begin < s.end {
				continue next
			}
		}
		return r
	}
	return None
}

// grant replaces the uses of w by register r.
func (k *function) grant(w *wish, r int, dead map[*Node]bool) {
	for _, u := range w.uses {
		u.done = true
		n := k.nodes[u.at]
		if !n.constant {
			for j := range n.src {
				if n.src[j].Mem == w.p {
					n.src[j] = Ref{fixed: r + 1}
				}
			}
			continue
		}
		dead[n] = true
		for i := u.at + 1; i <= u.last; i++ {
			for j := range k.nodes[i].src {
				if s := &k.nodes[i].src[j]; s.V == n.dst {
					*s = Ref{fixed: r + 1, View: s.View}
				}
			}
		}
	}
}
