package harness

import (
	"fmt"
	"math"
	"slices"
)

// compare checks what a pass computed against the vector.
func (r *runner) compare(pass string, names []string, groups ...map[string]Tensor) {
	if len(r.errs) > 0 || r.v.Error {
		return
	}
	for _, name := range names {
		for _, g := range groups {
			if want, ok := g[name]; ok {
				if err := compare(r.arrays[name].values(want.DType), want, r.v.Tol[name]); err != nil {
					r.errorf("%s: %s%w", pass, name, err)
				}
			}
		}
	}
	for _, g := range groups {
		for name := range g {
			if !slices.Contains(names, name) && pass == "Forward" {
				r.errorf("%s does not produce %s", pass, name)
			}
		}
	}
}

// compare reports the first element that is beyond its tolerance.
func compare(got []float64, want Tensor, tol [2]float64) error {
	if len(got) != len(want.Data) {
		return fmt.Errorf(" has %d elements, want %d", len(got), len(want.Data))
	}
	bad, first := 0, -1
	for i, w := range want.Data {
		if got[i] == w || math.Abs(got[i]-w) <= tol[0]+tol[1]*math.Abs(w) {
			continue
		}
		if bad++; first < 0 {
			first = i
		}
	}
	if bad == 0 {
		return nil
	}
	note := ""
	if got[first] == unset || math.Float32bits(float32(got[first])) == unset {
		note = " (never written)"
	}
	return fmt.Errorf("%v is %.8g%s, want %v (tolerance %g + %g of it); %d of %d elements differ",
		subscripts(first, want.Shape), got[first], note, want.Data[first], tol[0], tol[1], bad, len(got))
}

// subscripts writes the place of element i in a shape: [0][3].
func subscripts(i int, shape []int) string {
	text := ""
	for d := len(shape) - 1; d >= 0; d-- {
		text = fmt.Sprintf("[%d]%s", i%shape[d], text)
		i /= shape[d]
	}
	return text
}
