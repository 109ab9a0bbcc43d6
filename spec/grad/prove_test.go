package grad_test

import (
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/grad"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/library"
	"github.com/dlgen/dlgen/spec/link"
	"github.com/dlgen/dlgen/spec/syntax"
)

func init() { debug.SetGCPercent(400) } // the process is short: memory is cheaper than time

// prove checks and proves a spec.
func prove(s *syntax.Spec, given map[string]string) (*layer.Proved, error) {
	l, err := check.Check(s, given)
	if err != nil {
		return nil, err
	}
	return grad.Prove(l, func(given map[string]string) (*layer.Layer, error) { return check.Check(s, given) })
}

// proveThere is prove on the default dims only, for equations with these
// written into them.
func proveThere(s *syntax.Spec) (*layer.Proved, error) {
	l, err := check.Check(s, nil)
	if err != nil {
		return nil, err
	}
	return grad.Prove(l, func(given map[string]string) (*layer.Layer, error) {
		if len(given) > 0 {
			return nil, errors.New("not here")
		}
		return l, nil
	})
}

// redundant are layers of which derived equations say something twice, or
// something that is zero: there, a change may change nothing.
var redundant = map[string]bool{
	"softmax":           true, // the gradient through the maximum is zero
	"cross_entropy":     true, // likewise
	"layernorm":         true, // sum(x - mean) is zero
	"conv1d":            true, // odd and even are the same as -1 and 1
	"conv3d":            true, // likewise
	"transposed":        true, // likewise
	"maxpool2d":         true, // likewise
	"untied":            true, // likewise
	"guarded":           true, // one side of a range is never left
	"lp_pool":           true, // powers hide signs, gradients at 0 are 0
	"heads":             true, // likewise
	"maxpool1d":         true, // likewise
	"corners":           true, // one condition follows from another
	"positions":         true, // likewise
	"shifts":            true, // likewise
	"around_and_beyond": true, // likewise
	"choices":           true, // likewise
	"shifted_ids":       true, // beyond its shape a gradient is 0 in any case
	"one_half":          true, // likewise
	"three_parts":       true, // 0+u is u where u has a range
	"rotated_heads":     true, // likewise
	"retention":         true, // the mask is part of every factor
	"guarded_ids":       true, // an id that backward does not guard must be valid
	"beyond_end":        true, // w has one place there
	"rows_of_ids":       true, // the gradient of the maximum cancels
	"functions":         true, // logarithms hide what happens below zero
	"interleaved":       true, // outputs are 0 before the first step
	"lstm":              true, // that of the library is changed everywhere, too
}

// TestProveDerived declares what was derived: it must be accepted, and must
// not be once anything in it is changed.
func TestProveDerived(t *testing.T) {
	layers, err := txtar.ParseFile("testdata/layers.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range layers.Files {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			l := bind(t, f.Data, nil)
			text := declare(f.Data, l, derive(t, l))
			s, err := syntax.Parse("test.yaml", text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := proveThere(s); err != nil {
				t.Fatal(err)
			}
			if !redundant[f.Name] {
				mutate(t, s, func() error { _, err := proveThere(s); return err })
			}
		})
	}
}

// equivalent are mutations that do not change the gradient; each has its reason.
var equivalent = map[string]string{
	"states_and_first: dw[j][k] = sum(t, dh_inner[t][k]*h[t][j])":                                     "0+t is t where t has a range",
	"recurrent_layers: dv1[j][k] = sum(t < 2, n, dh_inner[t+1][n][k]*h[t][n][j])":                     "0+t is t where t has a range",
	"recurrent_layers: dv2[j][k] = sum(t < 2, n, dy_inner[t+1][n][k]*y[t][n][j])":                     "0+t is t where t has a range",
	"made_in_parts: dx[u] = 2*dt[u]*x[u]":                                                             "0+u is u where u has a range",
	"dropout: dx[m] = where(uniform(seed, m) <= p, 0, dy[m]*(1/(1 - p)))":                             "no random number is equal to p",
	"masked_fractions: dx[n][d] = where(w[d] >= 0, de[n][d]*w[d]*exp(x[n][d]), 0) + dy[n][d]*p[n][d]": "where w is 0 the rest is, too",
	"dropout: dx[m] = where(uniform(seed, m) > 0.4, dy[m]/0.6, 0)":                                    "no random number is equal to p",
}

// mutate proves every mutation of every backward equation and demands that it
// is refused, at the equation or at one that reads what it defines.
func mutate(t *testing.T, s *syntax.Spec, prove func() error) {
	t.Helper()
	start, count := time.Now(), 0
	for k, q := range s.Backward.Equations {
		old := q.Value
		for _, m := range mutants(old, indexNames(q)) {
			q.Value = m
			text := syntax.PrintEquation(q)
			s.Backward.Equations[k] = q
			err := prove()
			count++
			if err == nil && equivalent[s.Name.Text+": "+text] == "" {
				t.Errorf("not refused: %s", text)
			} else if err != nil {
				atLine(t, s, q, text, err)
			}
		}
		q.Value = old
	}
	t.Logf("%d mutants, %v each", count, time.Since(start)/time.Duration(max(count, 1)))
}

// atLine demands that an error of the prover points at q or at an equation
// that reads it.
func atLine(t *testing.T, s *syntax.Spec, q *syntax.Equation, text string, err error) {
	t.Helper()
	var list *diag.List
	if !errors.As(err, &list) {
		t.Fatalf("%s: not a list of errors: %v", text, err)
	}
	lines := map[int]bool{q.Pos.Line: true}
	for name := range readers(s, q.Target.Name) {
		for _, e := range s.Backward.Equations {
			if e.Target.Name == name {
				lines[e.Pos.Line] = true
			}
		}
	}
	for _, e := range list.Errors() {
		if strings.HasPrefix(e.Msg, "wrong gradient") && !lines[e.Pos.Line] {
			t.Errorf("%s: refused at line %d: %v", text, e.Pos.Line, err)
		}
	}
}

// readers are the names of tensors whose equations read name, directly or not.
func readers(s *syntax.Spec, name string) map[string]bool {
	out := map[string]bool{name: true}
	for range s.Backward.Equations {
		for _, e := range s.Backward.Equations {
			syntax.Walk(e.Value, func(x syntax.Expr) {
				switch x := x.(type) {
				case *syntax.Element:
					out[e.Target.Name] = out[e.Target.Name] || out[x.Name]
				case *syntax.Name:
					out[e.Target.Name] = out[e.Target.Name] || out[x.Name]
				}
			})
		}
	}
	return out
}

// indexNames are the names that stand bare in subscripts of the equation.
func indexNames(q *syntax.Equation) []string {
	names := map[string]bool{}
	visit := func(x syntax.Expr) {
		if e, ok := x.(*syntax.Element); ok {
			for _, s := range e.Subs {
				if n, ok := s.(*syntax.Name); ok {
					names[n.Name] = true
				}
			}
		}
	}
	syntax.Walk(q.Target, visit)
	syntax.Walk(q.Value, visit)
	return slices.Sorted(maps.Keys(names))
}

// mutants gives copies of x with one thing wrong.
func mutants(x syntax.Expr, indices []string) []syntax.Expr {
	out := mutantsHere(x, indices)
	inside := func(part syntax.Expr, with func(syntax.Expr) syntax.Expr) {
		for _, m := range mutants(part, indices) {
			out = append(out, with(m))
		}
	}
	switch x := x.(type) {
	case *syntax.Element:
		for k := range x.Subs {
			inside(x.Subs[k], func(m syntax.Expr) syntax.Expr {
				c := *x
				c.Subs = slices.Clone(x.Subs)
				c.Subs[k] = m
				return &c
			})
		}
	case *syntax.Call:
		for k := range x.Args {
			inside(x.Args[k], func(m syntax.Expr) syntax.Expr {
				c := *x
				c.Args = slices.Clone(x.Args)
				c.Args[k] = m
				return &c
			})
		}
	case *syntax.Unary:
		inside(x.X, func(m syntax.Expr) syntax.Expr { return &syntax.Unary{Op: x.Op, X: m, Pos: x.Pos} })
	case *syntax.Binary:
		inside(x.X, func(m syntax.Expr) syntax.Expr { return &syntax.Binary{Op: x.Op, X: m, Y: x.Y, OpPos: x.OpPos} })
		inside(x.Y, func(m syntax.Expr) syntax.Expr { return &syntax.Binary{Op: x.Op, X: x.X, Y: m, OpPos: x.OpPos} })
	}
	return out
}

// mutantsHere changes the outermost node only.
func mutantsHere(x syntax.Expr, indices []string) []syntax.Expr {
	var out []syntax.Expr
	switch x := x.(type) {
	case *syntax.Literal:
		if v, err := strconv.ParseFloat(x.Text, 64); err == nil {
			out = append(out, &syntax.Literal{Text: fmt.Sprint(v + 1), Pos: x.Pos})
		}
	case *syntax.Name:
		for _, n := range indices {
			if n != x.Name && slices.Contains(indices, x.Name) {
				out = append(out, &syntax.Name{Name: n, Pos: x.Pos})
			}
		}
	case *syntax.Unary:
		out = append(out, x.X)
	case *syntax.Binary:
		out = append(out, x.X, x.Y)
		if op := wrongOperator[x.Op]; op != "" {
			out = append(out, &syntax.Binary{Op: op, X: x.X, Y: x.Y, OpPos: x.OpPos})
		}
	case *syntax.Call:
		switch {
		case x.Fn == "where":
			out = append(out, x.Args[1], x.Args[2])
		case len(x.Args) == 1:
			out = append(out, x.Args[0])
		}
	}
	return out
}

var wrongOperator = map[string]string{
	"+": "-", "-": "+", "*": "/", "/": "*",
	"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&",
}

// libraryDims are dims for the layers of the library, from first on; windows
// are small. They are equal where some must divide others.
func libraryDims(l *syntax.Spec, first int) map[string]string {
	given := map[string]string{}
	for _, step := range []int{1, 0} {
		for k, n := range l.Dims {
			switch {
			case n.Default != nil || n.Value != nil:
			case n.Name == "R" || n.Name == "S" || n.Name == "scale":
				given[n.Name] = "2"
			default:
				given[n.Name] = strconv.Itoa(first + k*step)
			}
		}
		if _, err := check.Check(l, given); err == nil {
			break
		}
	}
	return given
}

// telling are dims of layers that make every number count.
var telling = map[string]map[string]string{
	"conv1d":           {"N": "2", "L": "10", "C": "6", "K": "6", "S": "3", "stride": "3", "dilation": "4", "pad_left": "2", "pad_right": "1", "groups": "2"},
	"conv2d":           {"N": "2", "H": "12", "W": "8", "C": "6", "K": "6", "R": "3", "S": "2", "stride": "3", "dilation": "5", "pad_top": "2", "pad_left": "1", "groups": "3"},
	"conv_transpose2d": {"N": "2", "H": "2", "W": "2", "C": "2", "K": "3", "R": "3", "stride": "3", "pad": "1", "output_pad": "1"},
	"maxpool1d":        {"N": "2", "L": "9", "S": "4", "stride": "3", "pad_left": "2", "pad_right": "1"},
	"avgpool1d":        {"N": "2", "L": "9", "S": "4", "stride": "3", "pad_left": "2", "pad_right": "1", "count_pad": "0"},
	"zero_pad2d":       {"pad_top": "1", "pad_left": "3"},
	"maxpool2d":        {"N": "2", "C": "2", "H": "6", "W": "7", "R": "4", "S": "4", "stride": "3", "pad_top": "1", "pad_left": "2", "pad_right": "1"},
	"avgpool2d":        {"N": "2", "C": "2", "H": "6", "W": "7", "R": "4", "S": "4", "stride": "3", "pad_top": "1", "pad_left": "2", "count_pad": "0"},
	"groupnorm":        {"N": "2", "H": "2", "W": "2", "C": "6", "G": "2"},
	"attention":        {"N": "2", "A": "2", "T": "2", "S": "3", "D": "2"},

	"multihead_attention":       {"N": "2", "A": "2", "T": "2", "D": "2"},
	"multihead_cross_attention": {"N": "2", "A": "2", "T": "2", "S": "3", "D": "2"},
}

// TestLibrary proves the layers of the library, compares the declared and the
// derived gradient with finite differences, and refuses every mutation.
func TestLibrary(t *testing.T) {
	for _, name := range library.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := link.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			given := libraryDims(s, 20) // proved on smaller ones
			start := time.Now()
			p, err := prove(s, given)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("proved in %v", time.Since(start))
			if p.Backward == nil {
				return
			}
			given = libraryDims(s, 3)
			maps.Copy(given, telling[name])
			if p, err = prove(s, given); err != nil {
				t.Fatal(err)
			}
			finiteDifferences(t, p.Layer, p.Backward)
			finiteDifferences(t, p.Layer, derive(t, p.Layer))
			mutate(t, s, func() error { _, err := prove(s, given); return err })
		})
	}
}

func BenchmarkProve(b *testing.B) {
	for _, name := range []string{"dense", "softmax", "cross_entropy", "gelu"} {
		b.Run(name, func(b *testing.B) {
			s, err := link.Open(name)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := prove(s, libraryDims(s, 20)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
