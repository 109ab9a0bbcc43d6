package main

import (
	"github.com/dlgen/dlgen/bench/generic"
	"github.com/dlgen/dlgen/bench/peer/serve"
)

// digits is the network of the harness, computed with plain loops in our
// layouts.
type digits struct {
	n            int
	x            []float32
	w, b, dw, db [4][]float32
	// a and da are what lies between the layers.
	a, da [7][]float32
}

// windows are the layers with weights: rows, columns and channels of the input,
// channels of the output, size of the window. Dense layers see one pixel.
var windows = [4][5]int{{28, 28, 1, 8, 5}, {14, 14, 8, 16, 5}, {1, 1, 784, 128, 1}, {1, 1, 128, 10, 1}}

func newDigits(n int) *digits {
	d := &digits{n: n, x: images4(filled(n*784, serve.SeedX, 2), n, 1, 28, 28)}
	for k, v := range windows {
		c, o, r := v[2], v[3], v[4]
		w := filled(r*r*c*o, uint32(20+2*k), 0.2)
		if k == 2 {
			c, r = 16, 7 // folded: the harness counts channels first
		}
		d.w[k] = make([]float32, len(w))
		for i := range w {
			at := i // as [o][c][r][r]
			s := at % r
			q := at / r % r
			d.w[k][((q*r+s)*c+at/(r*r)%c)*o+at/(r*r*c)] = w[i]
		}
		d.b[k] = filled(o, uint32(21+2*k), 0.2)
		d.dw[k], d.db[k] = make([]float32, len(w)), make([]float32, o)
	}
	for k, size := range [7]int{784, 6272, 1568, 3136, 784, 128, 10} {
		d.a[k], d.da[k] = make([]float32, n*size), make([]float32, n*size)
	}
	d.a[0] = d.x
	return d
}

// images4 turns [n][c][h][w] into [n][h][w][c].
func images4(x []float32, n, c, h, w int) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[((i/(c*h*w)*h+i/w%h)*w+i%w)*c+i/(h*w)%c] = v
	}
	return out
}

// layer runs layer k with weights from a[from] to a[from+1].
func (d *digits) layer(k, from int, relu bool) {
	v := windows[k]
	pad := v[4] / 2
	y := d.a[from+1]
	generic.Conv2d(y, d.a[from], d.w[k], d.b[k], d.n, v[0], v[1], v[2], v[3], v[4], v[4], v[0], v[1], 1, 1, 1, pad, pad, 1, 1)
	if relu {
		generic.Relu(y, y)
	}
}

func (d *digits) back(k, from int, relu bool) {
	v := windows[k]
	pad := v[4] / 2
	dy := d.da[from+1]
	if relu {
		generic.ReluBackward(dy, dy, d.a[from+1])
	}
	generic.Conv2dBackward(d.da[from], d.dw[k], d.db[k], dy, d.a[from], d.w[k], d.n, v[0], v[1], v[2], v[3], v[4], v[4], v[0], v[1], 1, 1, 1, pad, pad, 1, 1)
}

func (d *digits) pool(from, h, c int) {
	generic.Maxpool2d(d.a[from+1], d.a[from], d.n, h, h, c, 2, 2, h/2, h/2, 2, 2, 0, 0)
}

func (d *digits) infer() []float32 {
	d.layer(0, 0, true)
	d.pool(1, 28, 8)
	d.layer(1, 2, true)
	d.pool(3, 14, 16)
	d.layer(2, 4, true)
	d.layer(3, 5, false)
	return d.a[6]
}

// step takes a step and returns the loss before it.
func (d *digits) step() float32 {
	d.infer()
	label := make([]int32, d.n)
	serve.FillLabels(label, 10)
	loss := generic.CrossEntropy(d.a[6], label, d.n, 10)
	generic.CrossEntropyBackward(d.da[6], 1, d.a[6], label, d.n, 10)
	d.back(3, 5, false)
	d.back(2, 4, true)
	generic.Maxpool2dBackward(d.da[3], d.da[4], d.a[3], d.n, 14, 14, 16, 2, 2, 7, 7, 2, 2, 0, 0)
	d.back(1, 2, true)
	generic.Maxpool2dBackward(d.da[1], d.da[2], d.a[1], d.n, 28, 28, 8, 2, 2, 14, 14, 2, 2, 0, 0)
	d.back(0, 0, true)
	for k := range d.w {
		generic.Sgd(d.w[k], d.dw[k], 1e-3)
		generic.Sgd(d.b[k], d.db[k], 1e-3)
	}
	return loss
}
