package emit

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// withoutUnread is the statements of one tile without those that store what nothing of
// it reads in temporaries that live no longer: what registers hold, and the rest of rows
// that are computed in part.
func withoutUnread(brief []*ir.Buffer, body []ir.Stmt) []ir.Stmt {
	if len(brief) == 0 {
		return body
	}
	u := &unread{brief: brief, ranges: map[*ir.Var]stretch{}, read: map[*ir.Buffer][]stretch{}}
	u.reads(body)
	return u.without(body)
}

// unread finds stores that nothing reads.
type unread struct {
	brief []*ir.Buffer
	// ranges are the values of the variables of loops, of which no two are the same; read
	// is what is read.
	ranges map[*ir.Var]stretch
	read   map[*ir.Buffer][]stretch
}

// reads notes what statements read.
func (u *unread) reads(body []ir.Stmt) {
	for _, st := range body {
		if l, ok := st.(*ir.Loop); ok {
			u.ranges[l.Var] = stretch{0, l.Count - 1}
			u.reads(l.Body)
		} else if m, n := ir.Read(st); m != nil {
			b := m.Buf.Root()
			u.read[b] = append(u.read[b], reach(*m, n, u.ranges))
		}
	}
}

// without is the statements that are left; it takes them out of loops as well, and out
// go loops of which nothing is left.
func (u *unread) without(body []ir.Stmt) []ir.Stmt {
	var out []ir.Stmt
	for _, st := range body {
		if l, ok := st.(*ir.Loop); ok {
			if l.Body = u.without(l.Body); len(l.Body) == 0 {
				continue
			}
		}
		if m, n := ir.Written(st); m == nil || !u.isUnread(*m, n) {
			out = append(out, st)
		}
	}
	return out
}

func (u *unread) isUnread(m ir.Mem, n int) bool {
	b := m.Buf.Root()
	if !slices.Contains(u.brief, b) {
		return false
	}
	s := reach(m, n, u.ranges)
	return !slices.ContainsFunc(u.read[b], func(r stretch) bool { return s.lo <= r.hi && r.lo <= s.hi })
}
