//go:build unix

package harness

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unsafe"
)

// The layer of these tests doubles x, and counts its calls in state n.
type vec [3]float32

type workspace struct{ kept vec }

func forward(ws *workspace, y *vec, n *[1]float32, x *vec, id *[1]int32, k float32) error {
	if id[0] < 0 {
		return errors.New("negative id")
	}
	for i := range x {
		y[i] = k * x[i]
	}
	ws.kept = *x
	n[0]++
	return nil
}

func backward(ws *workspace, dx *vec, dy *vec, x *vec, id *[1]int32) error {
	if id[0] < 0 {
		return errors.New("negative id")
	}
	for i := range dx {
		dx[i] = 2*dy[i] + 0*ws.kept[i]
	}
	return nil
}

func vector(t *testing.T, id int) *Vector {
	t.Helper()
	text := `{"name": "v", "scalars": {"k": 2},
		"inputs": {"x": {"shape": [3], "data": [1, 2, 3]}, "id": {"shape": [1], "dtype": "int32", "data": [0]}},
		"state": {"n": {"shape": [1], "data": [7]}}, "state_after": {"n": {"shape": [1], "data": [8]}},
		"outputs": {"y": {"shape": [3], "data": [2, 4, 6.0001]}}, "tol": {"y": [0, 1e-4]},
		"upstream": {"dy": {"shape": [3], "data": [1, 0, 1]}}, "grads": {"dx": {"shape": [3], "data": [2, 0, 2]}}}`
	v := &Vector{}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatal(err)
	}
	v.Inputs["id"].Data[0] = float64(id)
	v.Error = id < 0
	return v
}

func good() *Package {
	return &Package{
		Forward: forward, ForwardNames: []string{"ws", "y", "n", "x", "id", "k"},
		Backward: backward, BackwardNames: []string{"ws", "dx", "dy", "x", "id"},
	}
}

func TestGoodPackagePasses(t *testing.T) {
	for _, id := range []int{0, -1} {
		if err := good().Check(vector(t, id)); err != nil {
			t.Errorf("id %d: %v", id, err)
		}
	}
}

// beyond is element i of an array as unchecked code reaches it.
func beyond(x *vec, i int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(x), 4*i))
}

var sink float32

// Each way of being wrong is found, and told apart.
func TestWrongPackages(t *testing.T) {
	for _, tt := range []struct {
		name string
		id   int
		edit func(p *Package)
		want string
	}{
		{"wrong value", 0, func(p *Package) {
			p.Forward = func(ws *workspace, y *vec, n *[1]float32, x *vec, id *[1]int32, k float32) error {
				_ = forward(ws, y, n, x, id, k)
				y[1] = 4.1
				return nil
			}
		}, "Forward: y[1] is 4.0999999, want 4"},
		{"unwritten element", 0, func(p *Package) {
			p.Backward = func(ws *workspace, dx *vec, dy *vec, x *vec, id *[1]int32) error {
				dx[0] = 2
				dx[1] = 0
				return nil
			}
		}, "dx[2] is NaN (never written)"},
		{"state", 0, func(p *Package) {
			p.Forward = func(ws *workspace, y *vec, n *[1]float32, x *vec, id *[1]int32, k float32) error {
				_ = forward(ws, y, n, x, id, k)
				n[0] = 7
				return nil
			}
		}, "n[0] is 7, want 8"},
		{"input written", 0, func(p *Package) {
			p.Backward = func(ws *workspace, dx *vec, dy *vec, x *vec, id *[1]int32) error {
				_ = backward(ws, dx, dy, x, id)
				x[0] = 5
				return nil
			}
		}, "x was written, although it must not be"},
		{"read behind", 0, func(p *Package) {
			p.Forward = func(ws *workspace, y *vec, n *[1]float32, x *vec, id *[1]int32, k float32) error {
				sink = *beyond(x, 3)
				return forward(ws, y, n, x, id, k)
			}
		}, "invalid memory address"},
		{"read before", 0, func(p *Package) {
			p.Forward = func(ws *workspace, y *vec, n *[1]float32, x *vec, id *[1]int32, k float32) error {
				sink = *beyond(x, -1)
				return forward(ws, y, n, x, id, k)
			}
		}, "invalid memory address"},
		{"write beside", 0, func(p *Package) {
			p.Forward = func(ws *workspace, y *vec, n *[1]float32, x *vec, id *[1]int32, k float32) error {
				if k > 0 {
					defer func() { _ = recover() }()
					*beyond(y, -1) = 1
				}
				return forward(ws, y, n, x, id, k)
			}
		}, "beside the array"},
		{"no error", -1, func(p *Package) {
			p.Forward = func(ws *workspace, y *vec, n *[1]float32, x *vec, id *[1]int32, k float32) error { return nil }
		}, "an error is expected: true"},
		{"error after writing", -1, func(p *Package) {
			p.Forward = func(ws *workspace, y *vec, n *[1]float32, x *vec, id *[1]int32, k float32) error {
				y[0] = 1
				return errors.New("late")
			}
		}, "y was written"},
		{"wrong shape", 0, func(p *Package) {
			p.Forward = func(ws *workspace, y *[4]float32, n *[1]float32, x *vec, id *[1]int32, k float32) error { return nil }
		}, "its shape should be [3]"},
		{"order", 0, func(p *Package) {
			p.Backward = func(ws *workspace, dy *vec, dx *vec, x *vec, id *[1]int32) error { return backward(ws, dx, dy, x, id) }
			p.BackwardNames = []string{"ws", "dy", "dx", "x", "id"}
		}, "parameter dx stands too late"},
		{"no gradient", 0, func(p *Package) {
			p.Backward, p.BackwardNames = func() {}, nil
		}, "Backward does not produce dx"},
		{"no Backward", 0, func(p *Package) { p.Backward = nil }, "there is no Backward"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := good()
			tt.edit(p)
			err := p.Check(vector(t, tt.id))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}
