package layer

import "testing"

func TestWithin(t *testing.T) {
	least, above, most, below := Limit{">=", "at least", 1}, Limit{">", "above", 0.5}, Limit{"<=", "at most", 3}, Limit{"<", "below", 1}
	for _, c := range []struct {
		typ    Type
		limits []Limit
		v      float64
		same   bool
	}{
		{GoInt, []Limit{least}, 0, false}, {GoInt, []Limit{least}, 1, true}, {GoInt, []Limit{least, most}, -7, false},
		{GoInt, []Limit{least, most}, 2, true}, {GoInt, []Limit{above, most}, 0, false}, {GoInt, []Limit{above, {"<", "below", 2}}, 9, false},
		{Float32, []Limit{above, below}, 1, false}, {Float32, []Limit{above, below}, -1e9, false}, {Float32, []Limit{above, below}, 0.7, true},
		{Float32, []Limit{below}, 5, false}, {Float32, []Limit{above}, -5, false}, {Float32, nil, -5, true},
	} {
		s := &Tensor{Type: c.typ, Limits: c.limits}
		got := s.Within(c.v)
		if !s.Allows(got) || (got == c.v) != c.same || c.typ == GoInt && got != float64(int(got)) {
			t.Errorf("%v within %s: %v", c.v, s.Allowed(), got)
		}
	}
	if got := (&Tensor{Limits: []Limit{least, below}}).Within(2); got != 2 {
		t.Errorf("nothing is allowed, but %v", got)
	}
	if got := (&Tensor{Limits: []Limit{above, most}}).Allowed(); got != "above 0.5 and at most 3" {
		t.Error(got)
	}
}
