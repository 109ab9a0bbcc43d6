package generic

// The recurrent layers go through the steps one by one and, within a step,
// through the rows of the batch; a row of arguments of the gates is all that
// they allocate.

// before is row n of the state before step t: of h0, or of the last step's y.
func before(h0, y []float32, t, n, batch, h int) []float32 {
	if t == 0 {
		return h0[n*h : (n+1)*h]
	}
	return y[((t-1)*batch+n)*h:][:h]
}

// addProduct adds the product of a row x with the matrix w to y.
func addProduct(y, x, w []float32) {
	for i, v := range x {
		axpy(y, v, w[i*len(y):][:len(y)])
	}
}

// productBackward gives the gradient dx of a row x and adds to that of w, for
// y = x·w.
func productBackward(dx, dw, dy, x, w []float32) {
	for i, v := range x {
		dx[i] = dot(dy, w[i*len(dy):][:len(dy)])
		axpy(dw[i*len(dy):][:len(dy)], v, dy)
	}
}

// Rnn is y[t] = tanh(x[t]·wx + y[t-1]·wh + b), from h0 on.
func Rnn(y, hn, x, h0, wx, wh, b []float32, t, n, i, h int) {
	for step := range t {
		for row := range n {
			at := step*n + row
			yr := y[at*h:][:h]
			copy(yr, b)
			addProduct(yr, x[at*i:][:i], wx)
			addProduct(yr, before(h0, y, step, row, n, h), wh)
			for k, v := range yr {
				yr[k] = tanh(v)
			}
		}
	}
	copy(hn, y[(t-1)*n*h:])
}

// RnnBackward gives the gradients of Rnn; dh0 holds that of the state in between.
func RnnBackward(dx, dh0, dwx, dwh, db, dy, dhn, x, h0, wx, wh, y []float32, t, n, i, h int) {
	clear(dwx)
	clear(dwh)
	clear(db)
	copy(dh0, dhn)
	da := make([]float32, h)
	for step := t - 1; step >= 0; step-- {
		for row := range n {
			at := step*n + row
			dh := dh0[row*h:][:h]
			for k, v := range y[at*h:][:h] {
				da[k] = (dy[at*h+k] + dh[k]) * (1 - v*v)
			}
			productBackward(dx[at*i:][:i], dwx, da, x[at*i:][:i], wx)
			productBackward(dh, dwh, da, before(h0, y, step, row, n, h), wh)
			axpy(db, 1, da)
		}
	}
}

// Lstm is long short-term memory, with the values of its gates.
func Lstm(y, hn, cn, x, h0, c0, wx, wh, b, c, s, input, forget, fresh, output []float32, t, n, i, h int) {
	a := make([]float32, 4*h)
	for step := range t {
		for row := range n {
			at := step*n + row
			copy(a, b)
			addProduct(a, x[at*i:][:i], wx)
			addProduct(a, before(h0, y, step, row, n, h), wh)
			cell := before(c0, c, step, row, n, h)
			for k := range h {
				e := at*h + k
				input[e], forget[e] = sigmoid(a[k]), sigmoid(a[h+k])
				fresh[e], output[e] = tanh(a[2*h+k]), sigmoid(a[3*h+k])
				c[e] = forget[e]*cell[k] + input[e]*fresh[e]
				s[e] = tanh(c[e])
				y[e] = output[e] * s[e]
			}
		}
	}
	copy(hn, y[(t-1)*n*h:])
	copy(cn, c[(t-1)*n*h:])
}

// LstmBackward gives the gradients of Lstm; dh0 and dc0 hold those of the states
// in between.
func LstmBackward(dx, dh0, dc0, dwx, dwh, db, dy, dhn, dcn, x, h0, c0, wx, wh, y, c, s, input, forget, fresh, output []float32, t, n, i, h int) {
	clear(dwx)
	clear(dwh)
	clear(db)
	copy(dh0, dhn)
	copy(dc0, dcn)
	da := make([]float32, 4*h)
	for step := t - 1; step >= 0; step-- {
		for row := range n {
			at := step*n + row
			dh, dc := dh0[row*h:][:h], dc0[row*h:][:h]
			cell := before(c0, c, step, row, n, h)
			for k := range h {
				e := at*h + k
				g := dy[e] + dh[k]
				gc := g*output[e]*(1-s[e]*s[e]) + dc[k]
				da[k] = gc * fresh[e] * input[e] * (1 - input[e])
				da[h+k] = gc * cell[k] * forget[e] * (1 - forget[e])
				da[2*h+k] = gc * input[e] * (1 - fresh[e]*fresh[e])
				da[3*h+k] = g * s[e] * output[e] * (1 - output[e])
				dc[k] = gc * forget[e]
			}
			productBackward(dx[at*i:][:i], dwx, da, x[at*i:][:i], wx)
			productBackward(dh, dwh, da, before(h0, y, step, row, n, h), wh)
			axpy(db, 1, da)
		}
	}
}

// Gru is the gated recurrent unit, with the values of its gates.
func Gru(y, hn, x, h0, wx, wh, bx, bh, reset, update, fresh, inner []float32, t, n, i, h int) {
	ax, ah := make([]float32, 3*h), make([]float32, 3*h)
	for step := range t {
		for row := range n {
			at := step*n + row
			copy(ax, bx)
			copy(ah, bh)
			state := before(h0, y, step, row, n, h)
			addProduct(ax, x[at*i:][:i], wx)
			addProduct(ah, state, wh)
			for k := range h {
				e := at*h + k
				reset[e], update[e] = sigmoid(ax[k]+ah[k]), sigmoid(ax[h+k]+ah[h+k])
				inner[e] = ah[2*h+k]
				fresh[e] = tanh(ax[2*h+k] + reset[e]*inner[e])
				y[e] = (1-update[e])*fresh[e] + update[e]*state[k]
			}
		}
	}
	copy(hn, y[(t-1)*n*h:])
}

// GruBackward gives the gradients of Gru; dh0 holds that of the state in between.
func GruBackward(dx, dh0, dwx, dwh, dbx, dbh, dy, dhn, x, h0, wx, wh, y, reset, update, fresh, inner []float32, t, n, i, h int) {
	for _, d := range [][]float32{dwx, dwh, dbx, dbh} {
		clear(d)
	}
	copy(dh0, dhn)
	dax, dah, keep := make([]float32, 3*h), make([]float32, 3*h), make([]float32, h)
	for step := t - 1; step >= 0; step-- {
		for row := range n {
			at := step*n + row
			dh := dh0[row*h:][:h]
			state := before(h0, y, step, row, n, h)
			for k := range h {
				e := at*h + k
				g := dy[e] + dh[k]
				keep[k] = g * update[e]
				dax[2*h+k] = g * (1 - update[e]) * (1 - fresh[e]*fresh[e])
				dax[h+k] = g * (state[k] - fresh[e]) * update[e] * (1 - update[e])
				dax[k] = dax[2*h+k] * inner[e] * reset[e] * (1 - reset[e])
				dah[k], dah[h+k], dah[2*h+k] = dax[k], dax[h+k], dax[2*h+k]*reset[e]
			}
			productBackward(dx[at*i:][:i], dwx, dax, x[at*i:][:i], wx)
			productBackward(dh, dwh, dah, state, wh)
			axpy(dh, 1, keep)
			axpy(dbx, 1, dax)
			axpy(dbh, 1, dah)
		}
	}
}
