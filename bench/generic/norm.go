package generic

import "math"

// moments are the mean of x and 1 over its standard deviation.
func moments(x []float32, eps float32) (mean, rstd float32) {
	for _, v := range x {
		mean += v
	}
	mean /= float32(len(x))
	sum := float32(0)
	for _, v := range x {
		sum += (v - mean) * (v - mean)
	}
	return mean, float32(1 / math.Sqrt(float64(sum/float32(len(x))+eps)))
}

// Layernorm brings each of m rows to mean 0 and variance 1, and scales and
// shifts it.
func Layernorm(y, mean, rstd, x, gamma, beta []float32, m, d int, eps float32) {
	for row := range m {
		xr, yr := x[row*d:(row+1)*d], y[row*d:(row+1)*d]
		mu, r := moments(xr, eps)
		mean[row], rstd[row] = mu, r
		for i, v := range xr {
			yr[i] = (v-mu)*r*gamma[i] + beta[i]
		}
	}
}

// LayernormBackward gives the gradients of Layernorm.
func LayernormBackward(dx, dgamma, dbeta, dy, x, gamma, mean, rstd []float32, m, d int) {
	clear(dgamma)
	clear(dbeta)
	for row := range m {
		xr, dyr, dxr := x[row*d:(row+1)*d], dy[row*d:(row+1)*d], dx[row*d:(row+1)*d]
		mu, r := mean[row], rstd[row]
		g, h := float32(0), float32(0)
		for i, v := range dyr {
			n := (xr[i] - mu) * r
			g += v * gamma[i]
			h += v * gamma[i] * n
			dgamma[i] += v * n
			dbeta[i] += v
		}
		g, h = g/float32(d), h/float32(d)
		for i, v := range dyr {
			dxr[i] = r * (v*gamma[i] - g - (xr[i]-mu)*r*h)
		}
	}
}

// Rmsnorm divides each of m rows by its root mean square and scales it.
func Rmsnorm(y, rrms, x, gamma []float32, m, d int, eps float32) {
	for row := range m {
		xr, yr := x[row*d:(row+1)*d], y[row*d:(row+1)*d]
		r := float32(1 / math.Sqrt(float64(dot(xr, xr)/float32(d)+eps)))
		rrms[row] = r
		for i, v := range xr {
			yr[i] = v * r * gamma[i]
		}
	}
}

// RmsnormBackward gives the gradients of Rmsnorm.
func RmsnormBackward(dx, dgamma, dy, x, gamma, rrms []float32, m, d int) {
	clear(dgamma)
	for row := range m {
		xr, dyr, dxr := x[row*d:(row+1)*d], dy[row*d:(row+1)*d], dx[row*d:(row+1)*d]
		r, h := rrms[row], float32(0)
		for i, v := range dyr {
			h += v * gamma[i] * xr[i]
			dgamma[i] += v * xr[i] * r
		}
		h *= r / float32(d)
		for i, v := range dyr {
			dxr[i] = r * (v*gamma[i] - xr[i]*r*h)
		}
	}
}

// Batchnorm brings each of c columns to mean 0 and variance 1, and scales and
// shifts it.
func Batchnorm(y, mean, rstd, running_mean, running_var, x, gamma, beta []float32, m, c int, eps, momentum float32) {
	clear(mean)
	for row := range m {
		axpy(mean, 1/float32(m), x[row*c:(row+1)*c])
	}
	clear(rstd)
	for row := range m {
		for k, v := range x[row*c : (row+1)*c] {
			rstd[k] += (v - mean[k]) * (v - mean[k])
		}
	}
	for k, dev := range rstd {
		running_mean[k] += momentum * (mean[k] - running_mean[k])
		running_var[k] += momentum * (dev/float32(m-1) - running_var[k])
		rstd[k] = float32(1 / math.Sqrt(float64(dev/float32(m)+eps)))
	}
	for row := range m {
		yr := y[row*c : (row+1)*c]
		for k, v := range x[row*c : (row+1)*c] {
			yr[k] = (v-mean[k])*rstd[k]*gamma[k] + beta[k]
		}
	}
}

// BatchnormBackward gives the gradients of Batchnorm.
func BatchnormBackward(dx, dgamma, dbeta, dy, x, gamma, mean, rstd []float32, m, c int) {
	clear(dgamma)
	clear(dbeta)
	for row := range m {
		xr := x[row*c : (row+1)*c]
		for k, v := range dy[row*c : (row+1)*c] {
			dgamma[k] += v * (xr[k] - mean[k]) * rstd[k]
			dbeta[k] += v
		}
	}
	for row := range m {
		xr, dxr := x[row*c:(row+1)*c], dx[row*c:(row+1)*c]
		for k, v := range dy[row*c : (row+1)*c] {
			dxr[k] = gamma[k] * rstd[k] * (v - (dbeta[k]+(xr[k]-mean[k])*rstd[k]*dgamma[k])/float32(m))
		}
	}
}
