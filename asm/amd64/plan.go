package amd64

import (
	"slices"
	"sort"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/mmcloughlin/avo/reg"
)

// pool are the general registers that hold pointers and counters, those with
// short encodings first. AX and R14 are for the moment only; SP, BP (the frame
// pointer) and R15 (shared builds) are never touched.
var pool = []reg.GPPhysical{reg.RBX, reg.RSI, reg.RDI, reg.RDX, reg.RCX,
	reg.R8, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13}

// plan says where pointers and counters live.
type plan struct {
	// begins lists the streams to be set up before a node; at are the
	// registers of streams throughout their life, and within a loop those of
	// streams that otherwise live on the stack.
	begins   map[int][]*stream
	at       map[*stream]reg.GPPhysical
	resident map[*loop][]residence
	counter  map[*loop]reg.GPPhysical
	// carried lists the streams whose value at the end of an iteration of a
	// loop the next one reads, and how far it is to move for it.
	carried map[*loop][]move
	// derived are the streams that a LoadIndex node sets.
	derived map[int][]derivation
	busy    map[reg.GPPhysical][]stretch
}

// move is the distance, in elements, that a stream goes in one iteration.
type move struct {
	s    *stream
	coef int
}

// residence is a stream in a register for the time of a loop.
type residence struct {
	s *stream
	r reg.GPPhysical
}

// derivation sets s to base plus the index.
type derivation struct{ s, base *stream }

// traffic lists what touches a stream, in order; def is where it is set.
type traffic struct {
	s     *stream
	uses  []touch
	moves map[*loop]int
}

type touch struct {
	pos int
	in  *loop
	def bool
}

// claim asks for a general register from begin to end, for a stream or for
// the counter of a loop.
type claim struct {
	s          *stream
	l          *loop
	region     *loop
	begin, end int
	weight     int64
}

// planPointers decides on the general registers.
func (k *function) planPointers() *plan {
	p := &plan{begins: map[int][]*stream{}, at: map[*stream]reg.GPPhysical{}, resident: map[*loop][]residence{},
		counter: map[*loop]reg.GPPhysical{}, carried: map[*loop][]move{}, derived: map[int][]derivation{},
		busy: map[reg.GPPhysical][]stretch{}}
	k.keepIndices()
	all := k.traffic(p)
	var claims []*claim
	for _, t := range all {
		claims = append(claims, t.claim())
		if first := t.uses[0]; !t.s.indexed {
			at := entry(first.pos, first.in)
			p.begins[at] = append(p.begins[at], t.s)
		}
		t.carry(p)
	}
	for _, n := range k.nodes {
		if l := n.loop; n.kind == loopBegin {
			claims = append(claims, &claim{l: l, begin: l.begin, end: l.end, weight: 2 * l.weight})
		}
	}
	byStream := map[*stream]*traffic{}
	for _, t := range all {
		byStream[t.s] = t
	}
	for len(claims) > 0 {
		var next []*claim
		sort.SliceStable(claims, func(i, j int) bool { return claims[i].weight > claims[j].weight })
		for _, c := range claims {
			if !p.settle(c) && c.s != nil && !c.s.indexed {
				next = append(next, byStream[c.s].within(c.region)...)
			}
		}
		claims = next
	}
	return p
}

// keepIndices marks the indices of streams that have several: when one is
// loaded the others are needed too.
func (k *function) keepIndices() {
	for _, s := range k.streams {
		var indices []*ir.Var
		for _, t := range s.terms {
			if k.indexed[t.Var] {
				indices = append(indices, t.Var)
			}
		}
		for _, v := range indices {
			k.valued[v] = k.valued[v] || len(indices) > 1
		}
	}
}

// settle gives c a register if one is free.
func (p *plan) settle(c *claim) bool {
	want := []stretch{{c.begin, c.end + 1}}
	for _, r := range pool {
		free := true
		for _, s := range p.busy[r] {
			free = free && !meets([]stretch{s}, want)
		}
		if !free {
			continue
		}
		p.busy[r] = append(p.busy[r], want[0])
		switch {
		case c.l != nil:
			p.counter[c.l] = r
		case c.region != nil:
			p.resident[c.region] = append(p.resident[c.region], residence{c.s, r})
		default:
			p.at[c.s] = r
		}
		return true
	}
	return false
}

// traffic collects the uses of all streams, and derives those with an index.
func (k *function) traffic(p *plan) []*traffic {
	by := map[*stream]*traffic{}
	touched := func(s *stream, t touch) {
		if by[s] == nil {
			by[s] = &traffic{s: s}
		}
		by[s].uses = append(by[s].uses, t)
	}
	var in *loop
	loaded := map[*ir.Var]bool{}
	for i, n := range k.nodes {
		switch n.kind {
		case loopBegin:
			in, n.loop.begin = n.loop, i
		case loopEnd:
			in, n.loop.end = n.loop.parent, i
		}
		for _, s := range n.src {
			if s.Mem != nil && s.Mem.kind == inBuffer {
				touched(s.Mem.stream, touch{i, in, false})
			}
		}
		if n.mem != nil && n.mem.kind == inBuffer {
			touched(n.mem.stream, touch{i, in, false})
		}
		if n.kind != loadIndex {
			continue
		}
		loaded[n.v] = true
		for _, s := range k.streams {
			if !s.ready(n.v, loaded, k.indexed) {
				continue
			}
			d := derivation{s, k.base(s, in)}
			p.derived[i] = append(p.derived[i], d)
			touched(s, touch{i, in, true})
			if d.base != nil {
				touched(d.base, touch{i, in, false})
			}
		}
	}
	var all []*traffic
	for _, s := range k.streams {
		if by[s] != nil {
			all = append(all, by[s])
		}
	}
	return merge(all)
}

// merge makes streams through the same memory one, if they move alike in the
// loops that both are used in.
func merge(all []*traffic) []*traffic {
	var kept []*traffic
next:
	for _, t := range all {
		for _, u := range kept {
			if u.alike(t) {
				u.absorb(t)
				continue next
			}
		}
		t.moves = t.s.moves(t.uses)
		kept = append(kept, t)
	}
	return kept
}

// moves is how far the pointer goes in each loop around the uses.
func (s *stream) moves(uses []touch) map[*loop]int {
	m := map[*loop]int{}
	for _, u := range uses {
		for l := u.in; l != nil; l = l.parent {
			m[l] = s.coef(l.v)
		}
	}
	return m
}

func (t *traffic) alike(u *traffic) bool {
	if t.s.indexed || u.s.indexed || t.s.root != u.s.root || !slices.Equal(t.s.given, u.s.given) {
		return false
	}
	for l, n := range u.s.moves(u.uses) {
		if m, ok := t.moves[l]; ok && m != n {
			return false
		}
	}
	return true
}

// absorb makes the stream of u another name for that of t.
func (t *traffic) absorb(u *traffic) {
	for l, n := range u.s.moves(u.uses) {
		t.moves[l] = n
	}
	u.s.same = t.s
	t.uses = append(t.uses, u.uses...)
	sort.SliceStable(t.uses, func(i, j int) bool { return t.uses[i].pos < t.uses[j].pos })
}

// ready reports whether s depends on v and all its indices have been loaded.
func (s *stream) ready(v *ir.Var, loaded, indexed map[*ir.Var]bool) bool {
	for _, t := range s.terms {
		if indexed[t.Var] && !loaded[t.Var] {
			return false
		}
	}
	return s.coef(v) != 0
}

// claim asks for a register for the whole life of the stream.
func (t *traffic) claim() *claim {
	first, last := t.uses[0], t.uses[len(t.uses)-1]
	c := &claim{s: t.s, begin: entry(first.pos, first.in), end: exit(last.pos, last.in)}
	for _, u := range t.uses {
		c.weight += u.in.weighted()
	}
	if !t.s.indexed {
		return c
	}
	// An indexed stream is set where its index is: it needs no register
	// outside the innermost loop around all that concerns it.
	home := first.in
	for _, u := range t.uses {
		for !home.encloses(u.in) {
			home = home.parent
		}
	}
	c.begin, c.end = first.pos, last.pos
	for l := first.in; l != home; l = l.parent {
		c.begin = l.begin
	}
	for l := last.in; l != home; l = l.parent {
		c.end = l.end
	}
	return c
}

// within asks for registers in the loops directly inside region that use t.
func (t *traffic) within(region *loop) []*claim {
	var out []*claim
	for _, u := range t.uses {
		child := u.in
		for child != nil && child.parent != region {
			child = child.parent
		}
		if child == nil {
			continue
		}
		if n := len(out); n > 0 && out[n-1].region == child {
			out[n-1].weight += u.in.weighted()
			continue
		}
		out = append(out, &claim{s: t.s, region: child, begin: child.begin, end: child.end, weight: u.in.weighted()})
	}
	return out
}

// carry notes the loops whose iterations hand the stream on: those that use it
// before they set it.
func (t *traffic) carry(p *plan) {
	seen := map[*loop]bool{}
	for _, u := range t.uses {
		for l := u.in; l != nil; l = l.parent {
			if !seen[l] && !u.def {
				p.carried[l] = append(p.carried[l], move{t.s, t.moves[l]})
			}
			seen[l] = true
		}
	}
}
