package ir

// Operands are the registers that a statement, which is no loop, reads.
func Operands(st Stmt) []*Reg {
	switch st := st.(type) {
	case *Assign:
		return st.Args
	case *Store:
		return []*Reg{st.Src}
	case *Transpose:
		return st.Src
	}
	return nil
}

// Assigned are the registers that a statement, which is no loop, assigns to.
func Assigned(st Stmt) []*Reg {
	switch st := st.(type) {
	case *Load:
		return []*Reg{st.Dst}
	case *Assign:
		return []*Reg{st.Dst}
	case *Transpose:
		return st.Dst
	}
	return nil
}

// Read is the place from which a statement, which is no loop, reads n elements; nil where it
// reads none.
func Read(st Stmt) (m *Mem, n int) {
	switch st := st.(type) {
	case *Load:
		return &st.Mem, st.Lanes
	case *LoadIndex:
		return &st.Mem, 1
	case *Move:
		return st.Src, st.Count
	}
	return nil, 0
}

// Written is the place from which on it writes n elements; nil where it writes none.
func Written(st Stmt) (m *Mem, n int) {
	switch st := st.(type) {
	case *Store:
		return &st.Mem, st.Lanes
	case *Move:
		return &st.Dst, st.Count
	}
	return nil, 0
}

// Touched are the places that it writes and reads, in this order.
func Touched(st Stmt) []*Mem {
	var out []*Mem
	if m, _ := Written(st); m != nil {
		out = append(out, m)
	}
	if m, _ := Read(st); m != nil {
		out = append(out, m)
	}
	return out
}

// LastReg is the highest register number in use.
func LastReg(body []Stmt) int {
	n := 0
	for _, st := range body {
		if l, ok := st.(*Loop); ok {
			n = max(n, LastReg(l.Body))
		}
		for _, r := range Assigned(st) {
			n = max(n, r.ID)
		}
	}
	return n
}
