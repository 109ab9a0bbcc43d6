package generic

import "math"

// visible is how many of s keys query t sees.
func visible(t, s, causal int) int {
	if causal != 0 {
		return min(s, t+1)
	}
	return s
}

// Attention is softmax(q·k/√d)·v for each of n*a heads; p has the weights.
func Attention(y, p, q, k, v []float32, n, a, t, s, d, causal int) {
	scale := float32(1 / math.Sqrt(float64(d)))
	for head := range n * a {
		keys, vals := k[head*s*d:(head+1)*s*d], v[head*s*d:(head+1)*s*d]
		for row := range t {
			at := head*t + row
			pr, seen := p[at*s:(at+1)*s], visible(row, s, causal)
			clear(pr)
			for j := range seen {
				pr[j] = scale * dot(q[at*d:(at+1)*d], keys[j*d:(j+1)*d])
			}
			Softmax(pr[:seen], pr[:seen], 1, seen)
			yr := y[at*d : (at+1)*d]
			clear(yr)
			for j, w := range pr[:seen] {
				axpy(yr, w, vals[j*d:(j+1)*d])
			}
		}
	}
}

// AttentionBackward gives the gradients of Attention. It goes over the weights
// of a query twice, so that it needs no room for their gradients.
func AttentionBackward(dq, dk, dv, dy, q, k, v, p []float32, n, a, t, s, d, causal int) {
	scale := float32(1 / math.Sqrt(float64(d)))
	clear(dq)
	clear(dk)
	clear(dv)
	for head := range n * a {
		from := head * s * d
		for row := range t {
			at := head*t + row
			pr := p[at*s:][:visible(row, s, causal)]
			qr, dqr, dyr := q[at*d:(at+1)*d], dq[at*d:(at+1)*d], dy[at*d:(at+1)*d]
			mean := float32(0)
			for j, w := range pr {
				mean += w * dot(dyr, v[from+j*d:from+(j+1)*d])
				axpy(dv[from+j*d:from+(j+1)*d], w, dyr)
			}
			for j, w := range pr {
				g := w * (dot(dyr, v[from+j*d:from+(j+1)*d]) - mean) * scale
				axpy(dqr, g, k[from+j*d:from+(j+1)*d])
				axpy(dk[from+j*d:from+(j+1)*d], g, qr)
			}
		}
	}
}
