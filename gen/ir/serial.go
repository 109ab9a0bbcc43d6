package ir

// Serial is a list of steps that run Count times, one after the other.
type Serial struct {
	// Loop is the loop around them; nil for what runs once.
	Loop  *Steps
	Count int
	Steps []Step
}

// Serial gives the steps of p by the serial loops around them, in order.
func (p *Program) Serial() []Serial {
	var out []Serial
	for _, s := range p.Steps {
		if n := len(out); n > 0 && out[n-1].Loop == s.In {
			out[n-1].Steps = append(out[n-1].Steps, s)
			continue
		}
		x := Serial{Loop: s.In, Count: 1, Steps: []Step{s}}
		if s.In != nil {
			x.Count = s.In.Count
		}
		out = append(out, x)
	}
	return out
}

// serial checks the serial loops.
func (v *verifier) serial() {
	seen := map[*Steps]bool{}
	for _, x := range v.prog.Serial() {
		if x.Loop != nil && (seen[x.Loop] || x.Count < 2) {
			v.failf("the loop of %s is in pieces, or runs %d times", x.Loop.Var.Name, x.Count)
		}
		seen[x.Loop] = true
		for _, s := range x.Steps {
			if (s.Func.Step != nil) != (x.Loop != nil) {
				v.failf("%s has a step without a loop, or a loop without a step", s.Func.Name)
			}
			if s.When > Odd || s.When != Always && x.Loop == nil {
				v.failf("%s runs for some values of what has none", s.Func.Name)
			}
		}
	}
}
