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
