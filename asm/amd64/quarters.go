package amd64

// Quarters combines the lanes of each quarter of two or four registers; a quarter of the
// result has the results of the first, the second, and so on. The codes are those that
// interleave the lower and the upper lanes of quarters, and that take pairs of them.
func (s *Selection) Quarters(c, low, high, pairs *Code, x []Ref) Ref {
	both := func(x, y Ref) Ref {
		return s.Then(c, None, s.Then(low, None, x, y), s.Then(high, None, x, y))
	}
	first := both(x[0], x[1])
	second := first
	if len(x) == 4 {
		second = both(x[2], x[3])
	}
	return s.Then(c, None, s.Then(pairs, 0x44, first, second), s.Then(pairs, 0xee, first, second))
}

// Then is the result of an operation, in a register of its own.
func (s *Selection) Then(c *Code, imm int, src ...Ref) Ref {
	t := s.Temp()
	s.Do(c, t, imm, src...)
	return t.Ref()
}
