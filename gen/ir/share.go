package ir

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"
)

// Share lets steps call one function where theirs do the same to other memory of
// the same shapes, as those of the blocks of a network do. A function that several
// share is documented with the equations of all.
func Share(p *Program) {
	type owner struct {
		f     *Func
		names *naming
	}
	first := map[string]owner{}
	seen := map[*Func]*naming{}
	for i := range p.Steps {
		s := &p.Steps[i]
		names := seen[s.Func]
		if names == nil {
			names = name(s.Func)
			seen[s.Func] = names
		}
		to, known := first[names.key()]
		if !known {
			first[names.key()] = owner{s.Func, names}
			continue
		}
		if to.f == s.Func {
			continue
		}
		for _, line := range s.Func.Doc {
			if !slices.Contains(to.f.Doc, line) {
				to.f.Doc = append(to.f.Doc, line)
			}
		}
		s.Func, s.Other = to.f, &Arguments{}
		for _, b := range to.f.Buffers {
			s.Other.Buffers = append(s.Other.Buffers, names.named[to.names.number[b]].(*Buffer))
		}
		for _, x := range to.f.Scalars {
			s.Other.Scalars = append(s.Other.Scalars, names.named[to.names.number[x]].(*Scalar))
		}
	}
}

// naming is the text of a function with a number in the place of each name, so that
// functions which differ by names alone have the same text.
type naming struct {
	text   []byte
	number map[any]int
	named  []any
}

func (n *naming) key() string { return string(n.text) }

// name numbers what f uses in the order of its statements.
func name(f *Func) *naming {
	n := &naming{number: map[any]int{}}
	n.put(f.Lanes, len(f.Buffers), len(f.Scalars))
	for _, part := range []any{f.Counters(), f.Step, f.Body, f.Frame} {
		n.value(reflect.ValueOf(part))
	}
	for _, b := range f.Buffers {
		n.known(b)
	}
	for _, s := range f.Scalars {
		n.known(s)
	}
	return n
}

// known panics for a parameter that no statement uses: nothing would tell which it is.
func (n *naming) known(x any) {
	if _, ok := n.number[x]; !ok {
		panic(fmt.Sprintf("ir: parameter %v is not used", x))
	}
}

func (n *naming) put(xs ...int) {
	for _, x := range xs {
		n.text = binary.AppendVarint(n.text, int64(x))
	}
}

// fresh writes the number of x, and reports whether it had none.
func (n *naming) fresh(x any) bool {
	k, ok := n.number[x]
	if !ok {
		k = len(n.named)
		n.number[x] = k
		n.named = append(n.named, x)
	}
	n.put(k)
	return !ok
}

// value writes all of v but names.
func (n *naming) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		n.text = append(n.text, v.Elem().Type().String()...)
		n.value(v.Elem())
	case reflect.Pointer:
		n.pointer(v)
	case reflect.Struct:
		for i := range v.NumField() {
			n.value(v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		n.put(v.Len())
		for i := range v.Len() {
			n.value(v.Index(i))
		}
	case reflect.String:
		n.put(v.Len())
		n.text = append(n.text, v.String()...)
	case reflect.Float32:
		n.put(int(math.Float32bits(float32(v.Float()))))
	case reflect.Bool:
		n.text = append(n.text, map[bool]byte{true: 1}[v.Bool()])
	case reflect.Int, reflect.Int32:
		n.put(int(v.Int()))
	case reflect.Uint8:
		n.put(int(v.Uint()))
	default:
		panic("ir: a statement with a " + v.Type().String())
	}
}

// pointer writes what v points to, of what has a name only what it is like.
func (n *naming) pointer(v reflect.Value) {
	if v.IsNil() {
		n.put(-1)
		return
	}
	n.put(1)
	switch x := v.Interface().(type) {
	case *Reg:
		if n.fresh(x) {
			n.put(int(x.Kind))
		}
	case *Var:
		n.fresh(x)
	case *Scalar:
		if n.fresh(x) {
			n.put(x.Key)
		}
	case *Buffer:
		if n.fresh(x) {
			n.put(int(x.Elem))
			n.value(reflect.ValueOf(x.Shape))
			n.value(reflect.ValueOf(x.Of))
		}
	default:
		n.value(v.Elem())
	}
}
