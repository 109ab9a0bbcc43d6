package generic

import "math"

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// Sgd is one step of gradient descent.
func Sgd(w, dw []float32, lr float32) {
	axpy(w, -lr, dw)
}

// Momentum is one step of gradient descent with a running gradient m.
func Momentum(w, m, dw []float32, mu, lr float32) {
	for i, g := range dw {
		m[i] = mu*m[i] + g
		w[i] -= lr * m[i]
	}
}

// Rmsprop is one step of gradient descent scaled by a running mean of squares v.
func Rmsprop(w, v, dw []float32, alpha float64, eps, lr float32) {
	keep, add := float32(alpha), float32(1-alpha)
	for i, g := range dw {
		v[i] = keep*v[i] + add*g*g
		w[i] -= lr * g / (sqrt(v[i]) + eps)
	}
}

// Adam is step t, counted from 1, of Adam.
func Adam(w, m, v, dw []float32, lr float32, t int, beta1, beta2, eps float64) {
	Adamw(w, m, v, dw, lr, t, beta1, beta2, eps, 0)
}

// Adamw is Adam with decoupled weight decay.
func Adamw(w, m, v, dw []float32, lr float32, t int, beta1, beta2, eps, decay float64) {
	step := float32(float64(lr) / (1 - math.Pow(beta1, float64(t))))
	norm := float32(1 / math.Sqrt(1-math.Pow(beta2, float64(t))))
	keep := float32(1 - float64(lr)*decay)
	b1, c1, b2, c2, e := float32(beta1), float32(1-beta1), float32(beta2), float32(1-beta2), float32(eps)
	for i, g := range dw {
		m[i] = b1*m[i] + c1*g
		v[i] = b2*v[i] + c2*g*g
		w[i] = keep*w[i] - step*m[i]/(sqrt(v[i])*norm+e)
	}
}
