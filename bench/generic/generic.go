// Package generic has the layers as plain Go writes them: slices, shapes that
// are known at run time, math functions of the standard library, one thread.
// Generated code is measured against it.
//
// What comes in and goes out: flat slices in the layouts of the layer library.
// What is promised: the right result for every shape, the innermost loop along
// memory wherever the layout allows it, no allocation beyond a row. Lengths are the caller's
// business, as with copy.
//
// A function has its layer's name, its parameters have the names of the
// layer's tensors and, in lower case, of its dims and attributes: package bench
// finds and calls them by these names.
package generic

// axpy adds a*x to y.
func axpy(y []float32, a float32, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += a * v
	}
}

// dot is the inner product of x and y.
func dot(x, y []float32) float32 {
	y = y[:len(x)]
	sum := float32(0)
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// Dense is y = x·w + b: three loops, the innermost along memory.
func Dense(y, x, w, b []float32, n, i, o int) {
	for row := 0; row < n; row++ {
		for col := 0; col < o; col++ {
			y[row*o+col] = b[col]
		}
		for k := 0; k < i; k++ {
			for col := 0; col < o; col++ {
				y[row*o+col] += x[row*i+k] * w[k*o+col]
			}
		}
	}
}

// DenseBackward gives the gradients of Dense.
func DenseBackward(dx, dw, db, dy, x, w []float32, n, i, o int) {
	clear(dw)
	clear(db)
	for row := range n {
		dyr := dy[row*o : (row+1)*o]
		axpy(db, 1, dyr)
		for k, v := range x[row*i : (row+1)*i] {
			dx[row*i+k] = dot(dyr, w[k*o:(k+1)*o])
			axpy(dw[k*o:(k+1)*o], v, dyr)
		}
	}
}

// Add is y = a + b.
func Add(y, a, b []float32) {
	for i := range y {
		y[i] = a[i] + b[i]
	}
}

// AddBackward gives the gradients of Add.
func AddBackward(da, db, dy []float32) {
	copy(da, dy)
	copy(db, dy)
}

// Mul is y = a * b, element by element.
func Mul(y, a, b []float32) {
	for i := range y {
		y[i] = a[i] * b[i]
	}
}

// MulBackward gives the gradients of Mul.
func MulBackward(da, db, dy, a, b []float32) {
	for i, g := range dy {
		da[i] = g * b[i]
		db[i] = g * a[i]
	}
}

// Concat puts the m rows of a and b side by side.
func Concat(y, a, b []float32, m int) {
	la, lb := len(a)/m, len(b)/m
	for row := range m {
		yr := y[row*(la+lb) : (row+1)*(la+lb)]
		copy(yr[:la], a[row*la:])
		copy(yr[la:], b[row*lb:])
	}
}

// ConcatBackward gives the gradients of Concat.
func ConcatBackward(da, db, dy []float32, m int) {
	la, lb := len(da)/m, len(db)/m
	for row := range m {
		dyr := dy[row*(la+lb) : (row+1)*(la+lb)]
		copy(da[row*la:], dyr[:la])
		copy(db[row*lb:], dyr[la:])
	}
}

// Embedding copies row id[k] of e to row k of y.
func Embedding(y []float32, id []int32, e []float32, d int) {
	for row, k := range id {
		copy(y[row*d:(row+1)*d], e[int(k)*d:])
	}
}

// EmbeddingBackward gives the gradient of Embedding.
func EmbeddingBackward(de, dy []float32, id []int32, d int) {
	clear(de)
	for row, k := range id {
		axpy(de[int(k)*d:], 1, dy[row*d:(row+1)*d])
	}
}
