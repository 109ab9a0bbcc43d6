package amd64

import (
	"slices"

	"github.com/mmcloughlin/avo/attr"
	avo "github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
)

// constants are those of a file: whole vectors and, where one element can
// stand for all lanes, single words.
type constants struct {
	set            *Set
	vectors, words table
}

// table is an array of constants in the file, visible only there.
type table struct {
	name string
	// entries have the same length each; places are where they are.
	entries [][]uint32
	places  map[constant]*Place
}

// constant is a constant of up to 16 lanes, for registers of a class.
type constant struct {
	class *Class
	words [16]uint32
}

func newConstants(s *Set) *constants {
	return &constants{set: s, vectors: newTable("vectors"), words: newTable("words")}
}

func newTable(name string) table { return table{name: name, places: map[constant]*Place{}} }

// of is the place of a constant; equal constants have the same.
func (t *table) of(class *Class, v []uint32) *Place {
	e := constant{class: class}
	copy(e.words[:], v)
	p := t.places[e]
	if p == nil {
		p = &Place{kind: inTable, table: t, class: class, disp: 4 * len(v) * len(t.entries)}
		t.places[e], t.entries = p, append(t.entries, v)
	}
	return p
}

// iota starts at first and grows by step.
func (c *constants) iota(first, step int) *Place {
	if step == 0 && c.set.Each {
		p := c.words.of(c.set.Vectors, []uint32{uint32(int32(first))})
		p.each = true
		return p
	}
	v := make([]uint32, c.set.Lanes)
	for i := range v {
		v[i] = uint32(int32(first + step*i))
	}
	return c.vectors.of(c.set.Vectors, v)
}

// lanes is the mask of the first n lanes.
func (c *constants) lanes(n int) *Place {
	n = min(n, c.set.Lanes)
	if !c.set.MaskTable {
		return c.words.of(c.set.Masks, []uint32{1<<n - 1})
	}
	v := make([]uint32, c.set.Lanes)
	for i := range n {
		v[i] = 1<<32 - 1
	}
	return c.vectors.of(c.set.Masks, v)
}

// zero reports whether p is the constant 0.
func (c *constants) zero(p *Place) bool {
	if p == nil || p.kind != inTable || p.class != c.set.Vectors {
		return false
	}
	e := p.table.entries[p.disp/4/len(p.table.entries[0])]
	return !slices.ContainsFunc(e, func(w uint32) bool { return w != 0 })
}

// sections are the tables that are not empty.
func (c *constants) sections() []avo.Section {
	var out []avo.Section
	for _, t := range []*table{&c.vectors, &c.words} {
		if len(t.entries) > 0 {
			out = append(out, t.global())
		}
	}
	return out
}

// global is the table as a data section, in pieces of eight bytes where they fit.
func (t *table) global() *avo.Global {
	g := avo.NewStaticGlobal(t.name)
	g.Attributes = attr.RODATA | attr.NOPTR
	for _, v := range t.entries {
		if len(v) == 1 {
			g.Append(operand.U32(v[0]))
		}
		for i := 0; i+1 < len(v); i += 2 {
			g.Append(operand.U64(uint64(v[i]) | uint64(v[i+1])<<32))
		}
	}
	return g
}
