package ir

// Builder appends statements and numbers registers. The zero Builder is ready.
type Builder struct {
	Body []Stmt
	next *int
}

// Continue is an empty Builder whose registers come after the given number.
func Continue(last int) *Builder { return &Builder{next: &last} }

// Reg makes a new register.
func (b *Builder) Reg(k Kind) *Reg {
	if b.next == nil {
		b.next = new(int)
	}
	*b.next++
	return &Reg{ID: *b.next, Kind: k}
}

// Nested is an empty Builder that shares b's numbering, for the body of a loop.
func (b *Builder) Nested() *Builder {
	if b.next == nil {
		b.next = new(int)
	}
	return &Builder{next: b.next}
}

// Emit appends statements.
func (b *Builder) Emit(s ...Stmt) { b.Body = append(b.Body, s...) }

// Do appends Dst = op(args...) with a new register and returns it.
func (b *Builder) Do(op Op, args ...*Reg) *Reg {
	k := Infos[op].Dst
	if op == Select {
		k = args[1].Kind
	} else if op == Copy {
		k = args[0].Kind
	}
	r := b.Reg(k)
	b.Emit(&Assign{Dst: r, Op: op, Args: args})
	return r
}

// Real appends a real constant.
func (b *Builder) Real(v float32) *Reg {
	r := b.Reg(Real)
	b.Emit(&Assign{Dst: r, Op: Const, Real: v})
	return r
}

// Word appends an integer constant.
func (b *Builder) Word(v int32) *Reg {
	r := b.Reg(Word)
	b.Emit(&Assign{Dst: r, Op: ConstWord, Word: v})
	return r
}

// Pick appends the choice from a table by the lowest bits of x.
func (b *Builder) Pick(x *Reg, table *[8]int32) *Reg {
	r := b.Reg(Word)
	b.Emit(&Assign{Dst: r, Op: Pick, Args: []*Reg{x}, Table: table})
	return r
}

// Shift appends a shift of x by n bits.
func (b *Builder) Shift(op Op, x *Reg, n int32) *Reg {
	r := b.Reg(Word)
	b.Emit(&Assign{Dst: r, Op: op, Args: []*Reg{x}, Word: n})
	return r
}
