package check

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// TestRecurrences checks what carries recurrences, in which direction, and in
// which order the equations stand.
func TestRecurrences(t *testing.T) {
	for _, c := range []struct{ name, tensors, equations, want string }{
		{"a cumulative sum", "", "y[t][n] = x[t][n] + where(t == 0, 0, y[t-1][n])", "0..4 up: y(t)"},
		{"from the end", "", "y[t][n] = x[t][n] + where(t < T-1, y[t+1][n], 0)", "0..4 down: y(t)"},
		{"outside", "", "a[t][n] = x[t][n] + a[t-2][n]*a[t-1][0]\ny[t][n] = a[t][n]", "0..4 up: a(t) | y"},
		{"along the second dimension", "", "y[t][n] = x[t][n] + where(n == 0, 0, y[t][n-1])", "0..2 up: y(n)"},
		{"the outer of two", "", "y[t][n] = x[t][n] + where(t == 0 || n == 0, 0, y[t-1][n-1])", "0..4 up: y(t)"},
		{"a state in between", "b", "y[t][n] = b[t][n]*x[t][n]\nb[t][n] = where(t == 0, 1, y[t-1][n])", "0..4 up: b(t) y(t)"},
		{"other layouts", "bt", "y[t][n] = x[t][n] + where(t == 0, 0, bt[n][t-1])\nbt[n][t] = y[t][n]", "0..4 up: y(t) bt(t)"},
		{"a first element", "", "y[0][n] = x[0][n]\ny[s+1][n] = y[0+s][n] + x[s+1][n]", "y | 1..4 up: y(s+1)"},
		{"elements of other columns", "", "y[t][0] = x[t][0]\ny[t][1] = y[t][0]\ny[t][2] = y[t][1] + y[t][0]", "y | y | y"},
		{"one step on its own", "b", "y[t][n] = x[t][n] + b[t][n]\nb[0][n] = 1\nb[s+1][n] = y[0+s][n]", "b | 0..4 up: b(s+1) y(t)"},
		{"a step of its own in the cycle", "b", "y[t][n] = x[t][n] + b[t][n]\nb[4][n] = y[3][n]\nb[u][n] = where(u == 0, 1, y[u-1][n])", "0..4 up: b(4) b(u) y(t)"},
		{"both directions side by side", "b", "b[t][n] = x[t][n] + where(t == 0, 0, b[t-1][n])\ny[t][n] = b[t][n] + where(t == 4, 0, y[t+1][n])", "0..4 up: b(t) | 0..4 down: y(t)"},
		{"never evaluated", "", "y[t][n] = where(t < 5, x[t][n], y[t][n])", "y"},
		{"half a step", "", "y[t][n] = x[t][n] + where(t == 0, 0, y[(t + 1)/2][n])", ""},
		{"a half", "", "y[t][n] = x[t][n] + where(t < 2, 0, y[t/2][n])", "0..4 up: y(t)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := recurrences(c.tensors, c.equations)
			if err != nil && c.want != "" || got != c.want {
				t.Errorf("got %q, want %q: %v", got, c.want, err)
			}
		})
	}
}

func recurrences(tensors, equations string) (string, error) {
	text := "layer: a\nindices: {s: 4, u: 4}\ndims: {T: , N: }\ntensors:\n  x: {role: input, shape: [T, N]}\n  y: {role: output, shape: [T, N]}\n"
	if !strings.Contains(equations, "s+1") {
		text = strings.Replace(text, "s: 4, ", "", 1)
	}
	if !strings.Contains(equations, "[u]") {
		text = strings.Replace(text, "u: 4", "", 1)
	}
	text = strings.Replace(strings.Replace(text, "indices: {}\n", "", 1), ", }", "}", 1)
	if strings.Contains(equations, "a[") {
		text += "  a: {role: scratch, shape: [T, N], outside: 0}\n"
	}
	switch tensors {
	case "b":
		text += "  b: {role: scratch, shape: [T, N]}\n"
	case "bt":
		text += "  bt: {role: scratch, shape: [N, T]}\n"
	}
	text += "forward: |\n  " + strings.ReplaceAll(equations, "\n", "\n  ") + "\nbackward: derive\n"
	s, err := syntax.Parse("a.yaml", []byte(text))
	if err != nil {
		return "", err
	}
	l, err := Check(s, map[string]string{"T": "5", "N": "3"})
	if err != nil {
		return "", err
	}
	var parts []string
	for _, p := range l.Forward.Parts() {
		if p.Recurrence == nil {
			parts = append(parts, p.Equation.T.Name)
		} else {
			parts = append(parts, describeRecurrence(p.Recurrence))
		}
	}
	return strings.Join(parts, " | "), nil
}

func describeRecurrence(r *layer.Recurrence) string {
	way := "up"
	if r.Down {
		way = "down"
	}
	out := fmt.Sprintf("%d..%d %s:", r.First, r.Last, way)
	for k, e := range r.Equations {
		c := r.Carry[k]
		switch {
		case c.Index == nil:
			out += fmt.Sprintf(" %s(%d)", e.T.Name, c.Offset)
		case c.Offset == 0:
			out += fmt.Sprintf(" %s(%s)", e.T.Name, c.Index.Name)
		default:
			out += fmt.Sprintf(" %s(%s%+d)", e.T.Name, c.Index.Name, c.Offset)
		}
	}
	return out
}
