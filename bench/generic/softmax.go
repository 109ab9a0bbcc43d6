package generic

import "math"

func largest(x []float32) float32 {
	m := x[0]
	for _, v := range x[1:] {
		m = max(m, v)
	}
	return m
}

// logSumExp is log(sum(exp(x))).
func logSumExp(x []float32) float32 {
	m := largest(x)
	sum := float32(0)
	for _, v := range x {
		sum += exp(v - m)
	}
	return m + float32(math.Log(float64(sum)))
}

// Softmax is y = exp(x)/sum(exp(x)) in each of m rows.
func Softmax(y, x []float32, m, d int) {
	for row := range m {
		xr, yr := x[row*d:(row+1)*d], y[row*d:(row+1)*d]
		top, sum := largest(xr), float32(0)
		for i, v := range xr {
			e := exp(v - top)
			yr[i] = e
			sum += e
		}
		inv := 1 / sum
		for i := range yr {
			yr[i] *= inv
		}
	}
}

// SoftmaxBackward gives the gradient of Softmax.
func SoftmaxBackward(dx, dy, y []float32, m, d int) {
	for row := range m {
		dxr, dyr, yr := dx[row*d:(row+1)*d], dy[row*d:(row+1)*d], y[row*d:(row+1)*d]
		mean := dot(dyr, yr)
		for i, p := range yr {
			dxr[i] = p * (dyr[i] - mean)
		}
	}
}

// LogSoftmax is the logarithm of Softmax.
func LogSoftmax(y, x []float32, m, d int) {
	for row := range m {
		xr, yr := x[row*d:(row+1)*d], y[row*d:(row+1)*d]
		norm := logSumExp(xr)
		for i, v := range xr {
			yr[i] = v - norm
		}
	}
}

// LogSoftmaxBackward gives the gradient of LogSoftmax.
func LogSoftmaxBackward(dx, dy, y []float32, m, d int) {
	for row := range m {
		dxr, dyr, yr := dx[row*d:(row+1)*d], dy[row*d:(row+1)*d], y[row*d:(row+1)*d]
		sum := float32(0)
		for _, g := range dyr {
			sum += g
		}
		for i, v := range yr {
			dxr[i] = dyr[i] - exp(v)*sum
		}
	}
}
