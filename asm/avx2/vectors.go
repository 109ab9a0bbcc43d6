package avx2

import (
	"github.com/mmcloughlin/avo/attr"
	avo "github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
)

// vectors is the table of constants of a file, 32 bytes each and aligned so.
type vectors struct {
	places map[[8]uint32]*place
	values [][8]uint32
}

// tableName is the symbol of the table, visible in its file only.
const tableName = "vectors"

func newVectors() *vectors { return &vectors{places: map[[8]uint32]*place{}} }

// of is the place of a constant; equal constants have the same.
func (t *vectors) of(v [8]uint32) *place {
	p := t.places[v]
	if p == nil {
		p = &place{kind: inTable, disp: 32 * len(t.values)}
		t.places[v] = p
		t.values = append(t.values, v)
	}
	return p
}

// all has bits in every lane.
func (t *vectors) all(bits uint32) *place { return t.iota(int(int32(bits)), 0) }

// iota starts at first and grows by step.
func (t *vectors) iota(first, step int) *place {
	var v [8]uint32
	for i := range v {
		v[i] = uint32(int32(first + step*i))
	}
	return t.of(v)
}

// lanes has the first n lanes set.
func (t *vectors) lanes(n int) *place {
	var v [8]uint32
	for i := 0; i < min(n, len(v)); i++ {
		v[i] = 1<<32 - 1
	}
	return t.of(v)
}

// zero reports whether p is the constant 0.
func (t *vectors) zero(p *place) bool {
	return p.kind == inTable && t.values[p.disp/32] == [8]uint32{}
}

// global is the table as a data section.
func (t *vectors) global() *avo.Global {
	g := avo.NewStaticGlobal(tableName)
	g.Attributes = attr.RODATA | attr.NOPTR
	for _, v := range t.values {
		for i := 0; i < 8; i += 2 {
			g.Append(operand.U64(uint64(v[i]) | uint64(v[i+1])<<32))
		}
	}
	return g
}
