package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/syntax"
)

// TestSoundPart proves what is right of a backward in which something else is wrong.
func TestSoundPart(t *testing.T) {
	const whole = `layer: a
dims: {N: rows, I: inputs, O: outputs}
tensors:
  x: {role: input, shape: [N, I]}
  w: {role: param, shape: [I, O]}
  b: {role: param, shape: [O]}
  g: {role: scratch, shape: [N, O]}
  y: {role: output, shape: [N, O]}
forward: |
  y[n][o] = sum(i, x[n][i]*w[i][o]) + b[o]
backward: |
  g[n][o] = 2*dy[n][o]
  dx[n][i] = sum(o, g[n][o]*w[i][o])
  dw[i][o] = sum(n, x[n][i]*dy[n][o])
  db[o] = sum(n, dy[n][o])
`
	for name, c := range map[string]struct {
		old, new string
		want     []string
	}{
		"a syntax error":        {"db[o] = sum(n, dy[n][o])", "db[o] = sum(n, dy[n][o]", []string{"13:3: wrong gradient: dx", "15:26: syntax error"}},
		"a name":                {"x[n][i]*dy", "x[n][i]*dz", []string{"13:3: wrong gradient: dx", "14:29: dz is not defined"}},
		"one that is missing":   {"  dw[i][o] = sum(n, x[n][i]*dy[n][o])\n", "", []string{"11:1: backward does not define dw", "13:3: wrong gradient: dx"}},
		"over two lines":        {"x[n][i]*dy", "x[n][i]*\n    dz", []string{"13:3: wrong gradient: dx", "15:5: dz is not defined"}},
		"what others read":      {"2*dy", "2*dz", []string{"12:15: dz is not defined"}},
		"an error of forward":   {"+ b[o]", "+ c[o]", []string{"6:3: no equation reads b", "10:39: c is not defined"}},
		"a gradient that is 0":  {"db[o] = sum(n, dy[n][o])", "db[o] = q", []string{"13:3: wrong gradient: dx", "15:11: q is not defined"}},
		"nothing that is right": {"dx[n][i] = sum(o, g[n][o]*w[i][o])\n  dw[i][o] = sum(n, x[n][i]*dy[n][o])\n  db[o] = sum(n, dy[n][o])", "dx[n][i] = q*sum(o, g[n][o])", []string{"11:1: backward does not define db", "11:1: backward does not define dw", "13:14: q is not defined"}},
	} {
		text := strings.Replace(whole, c.old, c.new, 1)
		s, err := syntax.Parse("a.yaml", []byte(text))
		if s == nil {
			t.Fatal(err)
		}
		_, err = Prove(s, map[string]string{"N": "2", "I": "3", "O": "4"})
		var got []string
		for _, line := range strings.Split(fmt.Sprint(err), "\n") {
			if at, ok := strings.CutPrefix(line, "a.yaml:"); ok {
				got = append(got, at)
			}
		}
		same := len(got) == len(c.want)
		for k := 0; same && k < len(got); k++ {
			same = strings.HasPrefix(got[k], c.want[k])
		}
		if !same {
			t.Errorf("%s: want %q, got\n%v", name, c.want, err)
		}
	}
}
