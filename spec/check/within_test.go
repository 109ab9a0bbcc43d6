package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/link"
)

// inside is a layer that has its params, and a state, from others.
const inside = `layer: inside
dims: {N: rows, I: features, O: features of the result}
tensors:
  x: {role: input, shape: [N, I]}
  y: {role: output, shape: [N, O]}
forward: |
  h = batchnorm(dense{O: 6}(x))
  y = dense(h)
backward: derive
`

// stepped reads beyond its element.
const stepped = `layer: stepped
dims: {M: elements}
tensors:
  x: {role: input, shape: [M], outside: 0}
  y: {role: output, shape: [M]}
forward: |
  y[m] = x[m] + x[m+1]
backward: derive
`

// looked has a table of two rows from another layer.
const looked = `layer: looked
dims: {N: ids}
tensors:
  id: {role: input, type: int32, shape: [N]}
  y: {role: output, shape: [N, 3]}
forward: |
  y = embedding{V: 2, D: 3}(id)
backward: derive
`

// summed reads its own elements.
const summed = `layer: summed
dims: {M: elements}
tensors:
  x: {role: input, shape: [M]}
  s: {role: scratch, shape: [M], outside: 0}
  y: {role: output, shape: [M]}
forward: |
  s[m] = x[m]*x[m]
  y[m] = x[m] + s[m+1] + where(m == 0, 0, y[m-1])
backward: derive
`

// TestWithin gives a layer tensors for those that it has from the layers it applies.
func TestWithin(t *testing.T) {
	const xy = "  x: {role: input, shape: [N, 4]}\n  y: {role: output, shape: [N, 2]}\n"
	for name, c := range map[string]struct{ tensors, forward, want string }{
		"declared":         {"  y_h_w: {role: param, shape: [4, 6], init: ones}\n", "y = inside(x)", "y y_h_running_mean y_h_running_var x y_h_w y_h_b y_h_gamma y_h_beta y_y_w y_y_b"},
		"a state":          {"  s: {role: state, shape: [6]}\n", "y = inside{h_running_mean: s}(x)", "y s y_h_running_var x y_h_w y_h_b"},
		"shared":           {"", "g = inside{O: 4}(x)\n  y = inside{h_w: g_h_w, h_b: g_h_b, h_gamma: g_h_b}(g)", "g_h_w g_h_b g_h_gamma g_h_beta g_y_w g_y_b"},
		"a wrong name":     {"", "y = inside{h_v: x}(x)", "inside has no dim, attribute or tensor h_v"},
		"a wrong dim":      {"", "y = inside{Q: 3}(x)", "inside has no dim, attribute or tensor Q"},
		"a wrong shape":    {"  w: {role: param, shape: [6, 6]}\n", "y = inside{h_w: w}(x)", "w has the shape [6][6], but h_w of inside here has [4][6]"},
		"too many extents": {"  w: {role: param, shape: [2, 2, 6]}\n", "y = inside{h_w: w}(x)", "w has the shape [2][2][6], but h_w of inside here has [4][6]"},
		"no state":         {"  w: {role: param, shape: [6]}\n", "y = inside{h_running_mean: w}(x)", "h_running_mean of inside is a state, w is a param"},
		"a single number":  {"  p: {role: scalar}\n", "q = stepped(p)\n  y = inside(x)", "p is a single number; x of stepped is read at other places than its elements"},
		"computed ids": {"  k: {role: scratch, type: int32, shape: [N]}\n  q: {role: output, shape: [N, 3]}\n", "k[n] = n\n  q = looked(k)\n  y = inside(x)",
			"k is computed here, from 0 to 2; looked reads y_e[id[n]][d], whose size there is 2"},
		"computed ids in range":      {"  k: {role: scratch, type: int32, shape: [N]}\n  q: {role: output, shape: [N, 3]}\n", "k[n] = n%2\n  q = looked(k)\n  y = inside(x)", "q_y_e"},
		"a single number of its own": {"  p: {role: scalar}\n  q: {role: output, shape: []}\n", "q = summed(p)\n  y = inside(x)", "q is a single number, but y of summed here has [1]"},
		"one element":                {"  p: {role: scalar}\n  q: {role: output, shape: [1]}\n", "q = summed(p)\n  y = inside(x)", "y q y_h"},
		"a word of the language":     {"  p: {role: scalar}\n", "q = old(p)\n  y = inside(x)", "old is a name of the language; call the layer something else"},
		"no such thing":              {"", "y = inside{h_w: nothing}(x)", "nothing is not defined"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, also := t.TempDir(), ""
			for _, other := range []string{"stepped", "looked", "old", "summed"} {
				if strings.Contains(c.forward, other) {
					also += ", " + other + ": " + other + ".yaml"
				}
			}
			for file, text := range map[string]string{
				"inside.yaml": inside, "stepped.yaml": stepped, "looked.yaml": looked, "old.yaml": stepped, "summed.yaml": summed,
				"whole.yaml": "layer: whole\nlayers: {inside: inside.yaml" + also + "}\ndims: {N: rows}\ntensors:\n" + xy + c.tensors +
					"forward: |\n  " + c.forward + "\nbackward: derive\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			s, err := link.Open(filepath.Join(dir, "whole.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if l, err := Check(s, map[string]string{"N": "3"}); err != nil {
				got = err.Error()
			} else {
				var names []string
				for _, t := range l.Forward.Args {
					names = append(names, t.Name)
				}
				got = strings.Join(names, " ")
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}
