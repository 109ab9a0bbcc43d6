package ir

import (
	"fmt"
	"slices"
)

// Reuse lets buffers of the workspace that are never needed at the same time have the same
// memory: the fewer there is, the more of it is in a cache. Programs run one after another, and
// what is kept for a later one stays apart. It follows Share: what functions are given
// changes, they do not.
func Reuse(programs ...*Program) {
	taken := map[string]bool{}
	for _, p := range programs {
		for _, t := range p.Args {
			taken[t.Name] = true
		}
		for _, b := range p.Workspace {
			taken[b.Name] = true
		}
	}
	var rooms rooms
	for _, p := range programs {
		in := map[*Buffer]*room{}
		for _, r := range rooms {
			r.until, r.largest = 0, nil
		}
		for _, l := range lifetimes(p) {
			r := rooms.free(l)
			if r == nil {
				r = &room{name: rooms.named(l.b.Name, taken), elem: l.b.Elem}
				rooms = append(rooms, r)
			}
			r.until, in[l.b] = l.last, r
			r.size = max(r.size, l.b.Size())
			if r.largest == nil || l.b.Size() > r.largest.Size() {
				r.largest = l.b.as(r.name)
			}
		}
		p.move(in)
	}
}

// move gives functions the rooms of what they were given.
func (p *Program) move(in map[*Buffer]*room) {
	for i := range p.Steps {
		s := &p.Steps[i]
		given := s.Arguments()
		other := &Arguments{Buffers: slices.Clone(given.Buffers), Scalars: given.Scalars}
		for k, b := range other.Buffers {
			if r := in[b]; r != nil && r.name != b.Name {
				other.Buffers[k], s.Other = b.as(r.name), other
			}
		}
	}
	var workspace []*Buffer
	listed := map[*room]bool{}
	for _, b := range p.Workspace {
		r := in[b]
		if r == nil {
			workspace = append(workspace, b)
		} else if !listed[r] {
			listed[r] = true
			workspace = append(workspace, r.largest)
		}
	}
	p.Workspace = workspace
}

// as is b in the memory of another name.
func (b *Buffer) as(name string) *Buffer {
	out := *b
	out.Name = name
	return &out
}

// room is memory that several buffers have one after another, under the name of the first.
type room struct {
	name string
	elem Elem
	size int
	// largest is that of the buffers of one program, until the step up to which the last one
	// so far needs it.
	largest *Buffer
	until   int
}

type rooms []*room

// free is the smallest room that is large enough, or else the largest; nil where there is none.
func (rooms rooms) free(l *lifetime) *room {
	var best *room
	n := l.b.Size()
	for _, r := range rooms {
		if r.until >= l.first || r.elem != l.b.Elem {
			continue
		}
		switch {
		case best == nil, best.size < n && r.size > best.size, r.size >= n && r.size < best.size,
			r.size == best.size && r.until > best.until: // it is rather in a cache
			best = r
		}
	}
	return best
}

// named is the name, or, where a room has that, one with a number that nothing has.
func (rooms rooms) named(name string, taken map[string]bool) string {
	if !slices.ContainsFunc(rooms, func(r *room) bool { return r.name == name }) {
		return name
	}
	for k := 2; ; k++ {
		if full := fmt.Sprint(name, k); !taken[full] {
			taken[full] = true
			return full
		}
	}
}

// lifetime is from where to where a program needs a buffer, in steps; those of one serial
// loop count as one.
type lifetime struct {
	b           *Buffer
	first, last int
}

// lifetimes are those of the buffers that nothing outside the program reads, the first first.
func lifetimes(p *Program) []*lifetime {
	var out []*lifetime
	of := map[*Buffer]*lifetime{}
	at := 0
	for _, x := range p.Serial() {
		at++
		for _, s := range x.Steps {
			if x.Loop == nil {
				at++
			}
			for _, b := range s.Arguments().Buffers {
				switch {
				case b.Place != Workspace || b.Tensor != nil:
				case of[b] == nil:
					of[b] = &lifetime{b, at, at}
					out = append(out, of[b])
				default:
					of[b].last = at
				}
			}
		}
	}
	return out
}
