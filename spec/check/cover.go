package check

import (
	"fmt"
	"sort"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// maxListed is how many elements are enumerated where subscripts are not of a
// form that decides without.
const maxListed = 1 << 19

// partition decides whether equations define each element of a tensor exactly
// once. Where the subscripts of an equation share no index, what it defines is
// a product of sets, one an extent; these sets cut each extent into classes of
// elements that no equation tells apart, and one representative of each
// combination of classes is looked at. Otherwise all elements are listed.
type partition struct {
	t    *layer.Tensor
	list []*layer.Equation
}

// check returns a complaint and its place, or "".
func (p *partition) check() (string, diag.Pos) {
	for _, e := range p.list {
		if i := idle(e); i != nil {
			return fmt.Sprintf("%s is defined more than once: what the equation defines is the same for %s=0 and %s=1", p.t.Name, i.Name, i.Name), e.Pos
		}
	}
	for _, e := range p.list {
		if !separable(e) {
			return p.checkListed()
		}
	}
	sets := make([][]set, len(p.list))
	for k, e := range p.list {
		for d, s := range e.Subs {
			st, twice, ok := setOf(s, p.t.Shape[d])
			if !ok {
				return fmt.Sprintf("%s is too large to decide whether %s is defined exactly once", p.t.Name, p.t.Name), e.Pos
			}
			if twice != "" {
				return fmt.Sprintf("%s is defined more than once: subscript %d is the same for %s", p.t.Name, d+1, twice), e.Pos
			}
			sets[k] = append(sets[k], st)
		}
	}
	return p.checkClasses(sets)
}

// idle is an index with several values on which no subscript depends, as on i in y[i/R]
// where i is below R, or nil.
func idle(e *layer.Equation) *layer.Index {
	used := map[*layer.Index]bool{}
	for _, s := range e.Subs {
		for _, i := range indicesOf(s) {
			used[i] = true
		}
	}
	for _, i := range e.Free {
		if i.Size > 1 && !used[i] {
			return i
		}
	}
	return nil
}

// separable reports whether no index stands in two subscripts.
func separable(e *layer.Equation) bool {
	seen := map[*layer.Index]bool{}
	for _, s := range e.Subs {
		for _, i := range indicesOf(s) {
			if seen[i] {
				return false
			}
			seen[i] = true
		}
	}
	return true
}

// set is a set of integers: first, first+step ... (count of them), or a list in
// rising order.
type set struct {
	first, step, count int
	list               []int
}

func (s set) has(v int) bool {
	if s.list == nil {
		v -= s.first
		return v >= 0 && v%s.step == 0 && v/s.step < s.count
	}
	k := sort.SearchInts(s.list, v)
	return k < len(s.list) && s.list[k] == v
}

// setOf gives the values that a subscript takes; twice describes two points
// with the same value, if there are such. It fails on huge irregular sets.
func setOf(x layer.Int, size int) (s set, twice string, ok bool) {
	if form, affine := layer.AffineOf(x); affine {
		if s, ok := progression(form); ok {
			return s, "", true
		}
	}
	idx := indicesOf(x)
	points := 1
	for _, i := range idx {
		if points > maxListed/i.Size {
			if size <= maxListed { // more points than values
				return set{}, "several values of its indices", true
			}
			return set{}, "", false
		}
		points *= i.Size
	}
	first := map[int]int{}
	at := make([]int, len(idx))
	for n := 0; n < points; n++ {
		v := evaluate(x, idx, at)
		if other, dup := first[v]; dup {
			return set{}, pointText(idx, point(idx, other)) + " and " + pointText(idx, at), true
		}
		first[v] = n
		s.list = append(s.list, v)
		next(idx, at)
	}
	sort.Ints(s.list)
	return s, "", true
}

// progression is the set of values of a form that takes each value of an
// arithmetic progression once: a number in mixed radix, times a step.
func progression(a layer.Affine) (set, bool) {
	var terms []layer.Term
	for _, t := range a.Terms {
		if t.I.Size > 1 {
			terms = append(terms, t)
		}
	}
	sort.Slice(terms, func(i, j int) bool { return terms[i].Coef < terms[j].Coef })
	s := set{first: a.Const, step: 1, count: 1}
	for _, t := range terms {
		if s.count == 1 && t.Coef > 0 {
			s.step = t.Coef
		}
		if t.Coef != s.step*s.count {
			return set{}, false
		}
		s.count *= t.I.Size
	}
	return s, true
}

// point is point number n in row-major order.
func point(idx []*layer.Index, n int) []int {
	at := make([]int, len(idx))
	for k := len(idx) - 1; k >= 0; k-- {
		at[k] = n % idx[k].Size
		n /= idx[k].Size
	}
	return at
}

// next steps to the next point in row-major order.
func next(idx []*layer.Index, at []int) {
	for k := len(at) - 1; k >= 0; k-- {
		if at[k]++; at[k] < idx[k].Size {
			return
		}
		at[k] = 0
	}
}

// evaluate computes a subscript without tensors at a point.
func evaluate(x layer.Int, idx []*layer.Index, at []int) int {
	switch x := x.(type) {
	case layer.Lit:
		return x.V
	case *layer.Var:
		for k, i := range idx {
			if i == x.I {
				return at[k]
			}
		}
	case *layer.IntOp:
		a, b := evaluate(x.X, idx, at), evaluate(x.Y, idx, at)
		switch x.Op {
		case '+':
			return a + b
		case '-':
			return a - b
		case '*':
			return a * b
		case '/':
			return int(floorDiv(int64(a), int64(b)))
		case '%':
			return a - b*int(floorDiv(int64(a), int64(b)))
		}
	}
	panic("check: subscript cannot be evaluated")
}

// checkClasses looks at one element of each combination of classes.
func (p *partition) checkClasses(sets [][]set) (string, diag.Pos) {
	classes := make([][]int, len(p.t.Shape)) // a representative of each class
	total := 1
	for d, size := range p.t.Shape {
		classes[d] = representatives(sets, d, size)
		if n := len(classes[d]); n == 0 || total > maxListed/n {
			return fmt.Sprintf("the equations of %s cut it into too many pieces", p.t.Name), p.list[0].Pos
		}
		total *= len(classes[d])
	}
	at := make([]int, len(classes))
	for ; total > 0; total-- {
		element := make([]int, len(at))
		for d, k := range at {
			element[d] = classes[d][k]
		}
		var by []int
		for k := range p.list {
			in := true
			for d, v := range element {
				in = in && sets[k][d].has(v)
			}
			if in {
				by = append(by, k)
			}
		}
		if msg, pos := p.judge(element, by); msg != "" {
			return msg, pos
		}
		for d := len(at) - 1; d >= 0; d-- {
			if at[d]++; at[d] < len(classes[d]) {
				break
			}
			at[d] = 0
		}
	}
	return "", diag.Pos{}
}

// judge complains where an element is not defined by one equation. Only what
// forward updates in place may be left as it is.
func (p *partition) judge(element, by []int) (string, diag.Pos) {
	switch {
	case len(by) == 0 && p.t.Role != layer.State:
		return fmt.Sprintf("%s%s is not defined by any equation; the shape of %s is %s", p.t.Name, shapeText(element), p.t.Name, shapeText(p.t.Shape)), p.list[0].Pos
	case len(by) > 1:
		a, b := p.list[by[0]], p.list[by[1]]
		return fmt.Sprintf("%s%s is defined twice, the other equation is in line %d", p.t.Name, shapeText(element), a.Pos.Line), b.Pos
	}
	return "", diag.Pos{}
}

// representatives gives one element of each class of an extent: elements are
// in one class where all equations agree on them. Between two ends of sets,
// everything repeats with the common period of their steps. There are none
// where the steps have hardly a period.
func representatives(sets [][]set, d, size int) []int {
	ends := map[int]bool{0: true, size: true}
	period := 1
	for _, s := range sets {
		if s[d].list != nil {
			for _, v := range s[d].list {
				ends[v], ends[v+1] = true, true
			}
			continue
		}
		ends[s[d].first] = true
		ends[s[d].first+s[d].step*(s[d].count-1)+1] = true
		period = min(lcm(period, s[d].step), size)
	}
	var cuts []int
	for v := range ends {
		cuts = append(cuts, v)
	}
	sort.Ints(cuts)
	if period > maxListed/len(cuts) && period < size/len(cuts) {
		return nil // too many to look at
	}
	var out []int
	seen := map[string]bool{}
	key := make([]byte, len(sets))
	for k := 0; k+1 < len(cuts); k++ {
		for v := cuts[k]; v < min(cuts[k]+period, cuts[k+1]); v++ {
			for n, s := range sets {
				key[n] = 0
				if s[d].has(v) {
					key[n] = 1
				}
			}
			if !seen[string(key)] {
				seen[string(key)] = true
				out = append(out, v)
			}
		}
	}
	return out
}

func lcm(a, b int) int { return a / int(gcd(int64(a), int64(b))) * b }

// checkListed counts the definitions of every element.
func (p *partition) checkListed() (string, diag.Pos) {
	if p.t.Size() > maxListed {
		return fmt.Sprintf("%s is too large to decide whether %s is defined exactly once: use each index in one subscript of the left side", p.t.Name, p.t.Name), p.list[0].Pos
	}
	owner := make([]int32, p.t.Size())
	for k, e := range p.list {
		points := 1
		for _, i := range e.Free {
			if points > p.t.Size()/i.Size {
				points = p.t.Size() + 1 // one of them must fall on another
				break
			}
			points *= i.Size
		}
		at := make([]int, len(e.Free))
		for ; points > 0; points-- {
			flat := 0
			element := make([]int, len(e.Subs))
			for d, s := range e.Subs {
				element[d] = evaluate(s, e.Free, at)
				flat = flat*p.t.Shape[d] + element[d]
			}
			if o := owner[flat]; o != 0 {
				return p.judge(element, []int{int(o) - 1, k})
			}
			owner[flat] = int32(k + 1)
			next(e.Free, at)
		}
	}
	for flat, o := range owner {
		if o != 0 {
			continue
		}
		element := make([]int, len(p.t.Shape))
		for d := len(element) - 1; d >= 0; d-- {
			element[d] = flat % p.t.Shape[d]
			flat /= p.t.Shape[d]
		}
		if msg, pos := p.judge(element, nil); msg != "" {
			return msg, pos
		}
	}
	return "", diag.Pos{}
}
