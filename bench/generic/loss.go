package generic

// Mse is the mean of the squared differences.
func Mse(x, target []float32) (loss float32) {
	for i, v := range x {
		d := v - target[i]
		loss += d * d
	}
	return loss / float32(len(x))
}

// MseBackward gives the gradient of Mse.
func MseBackward(dx []float32, dloss float32, x, target []float32) {
	scale := 2 * dloss / float32(len(x))
	for i, v := range x {
		dx[i] = scale * (v - target[i])
	}
}

// L1 is the mean of the absolute differences.
func L1(x, target []float32) (loss float32) {
	for i, v := range x {
		d := v - target[i]
		loss += max(d, -d)
	}
	return loss / float32(len(x))
}

// L1Backward gives the gradient of L1.
func L1Backward(dx []float32, dloss float32, x, target []float32) {
	scale := dloss / float32(len(x))
	for i, v := range x {
		switch d := v - target[i]; {
		case d > 0:
			dx[i] = scale
		case d < 0:
			dx[i] = -scale
		default:
			dx[i] = 0
		}
	}
}

// BceWithLogits is the mean binary cross entropy of sigmoid(x) and target.
func BceWithLogits(x, target []float32) (loss float32) {
	for i, v := range x {
		loss += max(v, 0) - v*target[i] + log1p(exp(-max(v, -v)))
	}
	return loss / float32(len(x))
}

// BceWithLogitsBackward gives the gradient of BceWithLogits.
func BceWithLogitsBackward(dx []float32, dloss float32, x, target []float32) {
	scale := dloss / float32(len(x))
	for i, v := range x {
		dx[i] = scale * (sigmoid(v) - target[i])
	}
}

// CrossEntropy is the mean of -log softmax(x) at the labels.
func CrossEntropy(x []float32, label []int32, n, c int) (loss float32) {
	for row, k := range label[:n] {
		xr := x[row*c : (row+1)*c]
		loss += logSumExp(xr) - xr[k]
	}
	return loss / float32(n)
}

// CrossEntropyBackward gives the gradient of CrossEntropy.
func CrossEntropyBackward(dx []float32, dloss float32, x []float32, label []int32, n, c int) {
	scale := dloss / float32(n)
	for row, k := range label[:n] {
		dxr := dx[row*c : (row+1)*c]
		Softmax(dxr, x[row*c:(row+1)*c], 1, c)
		dxr[k] -= 1
		for i := range dxr {
			dxr[i] *= scale
		}
	}
}
