package amd64

import "github.com/dlgen/dlgen/gen/ir"

// findRepeatable notes the registers whose value need not be stored when they
// are spilled: loads of what does not change, with the same address wherever
// the value is used.
func (k *function) findRepeatable() {
	written := map[*ir.Buffer]bool{}
	for _, n := range k.nodes {
		if n.kind == vector && n.mem != nil && n.mem.kind == inBuffer {
			written[n.mem.stream.root] = true
		}
	}
	var in *loop
	anchors := map[*VReg]*loop{}
	refused := map[*VReg]bool{}
	for _, n := range k.nodes {
		switch n.kind {
		case loopBegin:
			in = n.loop
		case loopEnd:
			in = n.loop.parent
		}
		for _, s := range n.src {
			if s.V == nil || refused[s.V] {
				continue
			}
			anchor, defined := anchors[s.V]
			if !defined || !anchor.encloses(in) {
				refused[s.V] = true
			}
		}
		if v := n.dst; v != nil {
			_, twice := anchors[v]
			if twice || !n.repeatable(written) {
				refused[v] = true
			}
			anchors[v] = n.anchor(in)
			v.again = n
		}
	}
	for v := range anchors {
		if refused[v] {
			v.again = nil
		} else {
			v.cost /= 2
		}
	}
}

// repeatable reports whether n loads what does not change.
func (n *Node) repeatable(written map[*ir.Buffer]bool) bool {
	if n.kind != vector || n.mem != nil || len(n.src) != 1 || n.src[0].Mem == nil {
		return false
	}
	switch m := n.src[0].Mem; m.kind {
	case inTable, inParam:
		return true
	case inBuffer:
		return !m.stream.indexed && !written[m.stream.root]
	}
	return false
}

// anchor is the innermost loop that moves the address which n reads.
func (n *Node) anchor(in *loop) *loop {
	if n.kind != vector || len(n.src) == 0 || n.src[0].Mem == nil || n.src[0].Mem.kind != inBuffer {
		return nil
	}
	for in != nil && n.src[0].Mem.stream.coef(in.v) == 0 {
		in = in.parent
	}
	return in
}
