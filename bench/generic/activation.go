package generic

import "math"

const (
	seluScale = 1.0507009873554804934193349852946
	seluAlpha = 1.6732632423543772848170429916717
	// geluSlope is the factor inside the tanh form, sqrt(2/pi).
	geluSlope = 0.79788456080286535587989211986876
	geluCubic = 0.044715
)

func exp(x float32) float32   { return float32(math.Exp(float64(x))) }
func tanh(x float32) float32  { return float32(math.Tanh(float64(x))) }
func log1p(x float32) float32 { return float32(math.Log1p(float64(x))) }

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

// normal is the distribution function of the normal distribution.
func normal(x float32) float32 { return float32(0.5 * (1 + math.Erf(float64(x)/math.Sqrt2))) }

// density is the derivative of normal.
func density(x float32) float32 {
	return float32(math.Exp(-0.5*float64(x)*float64(x)) / math.Sqrt(2*math.Pi))
}

// Relu is y = max(x, 0).
func Relu(y, x []float32) {
	for i, v := range x {
		y[i] = max(v, 0)
	}
}

// ReluBackward gives the gradient of Relu.
func ReluBackward(dx, dy, x []float32) {
	for i, v := range x {
		if v > 0 {
			dx[i] = dy[i]
		} else {
			dx[i] = 0
		}
	}
}

// LeakyRelu is y = x where x > 0, slope*x elsewhere.
func LeakyRelu(y, x []float32, slope float32) {
	for i, v := range x {
		if v > 0 {
			y[i] = v
		} else {
			y[i] = slope * v
		}
	}
}

// LeakyReluBackward gives the gradient of LeakyRelu.
func LeakyReluBackward(dx, dy, x []float32, slope float32) {
	for i, v := range x {
		if v > 0 {
			dx[i] = dy[i]
		} else {
			dx[i] = slope * dy[i]
		}
	}
}

// Elu is y = x where x > 0, alpha*(exp(x)-1) elsewhere.
func Elu(y, x []float32, alpha float32) {
	for i, v := range x {
		if v > 0 {
			y[i] = v
		} else {
			y[i] = alpha * float32(math.Expm1(float64(v)))
		}
	}
}

// EluBackward gives the gradient of Elu.
func EluBackward(dx, dy, x []float32, alpha float32) {
	for i, v := range x {
		if v > 0 {
			dx[i] = dy[i]
		} else {
			dx[i] = dy[i] * alpha * exp(v)
		}
	}
}

// Selu is the self-normalising form of Elu.
func Selu(y, x []float32) {
	for i, v := range x {
		if v > 0 {
			y[i] = seluScale * v
		} else {
			y[i] = seluScale * seluAlpha * float32(math.Expm1(float64(v)))
		}
	}
}

// SeluBackward gives the gradient of Selu.
func SeluBackward(dx, dy, x []float32) {
	for i, v := range x {
		if v > 0 {
			dx[i] = dy[i] * seluScale
		} else {
			dx[i] = dy[i] * seluScale * seluAlpha * exp(v)
		}
	}
}

// Gelu is y = x times the normal distribution function of x.
func Gelu(y, x []float32) {
	for i, v := range x {
		y[i] = v * normal(v)
	}
}

// GeluBackward gives the gradient of Gelu.
func GeluBackward(dx, dy, x []float32) {
	for i, v := range x {
		dx[i] = dy[i] * (normal(v) + v*density(v))
	}
}

// GeluTanh is the tanh form of Gelu.
func GeluTanh(y, x []float32) {
	for i, v := range x {
		y[i] = 0.5 * v * (1 + tanh(geluSlope*(v+geluCubic*v*v*v)))
	}
}

// GeluTanhBackward gives the gradient of GeluTanh.
func GeluTanhBackward(dx, dy, x []float32) {
	for i, v := range x {
		t := tanh(geluSlope * (v + geluCubic*v*v*v))
		slope := geluSlope * (1 + 3*geluCubic*v*v)
		dx[i] = dy[i] * 0.5 * (1 + t + v*(1-t*t)*slope)
	}
}

// Silu is y = x*sigmoid(x).
func Silu(y, x []float32) {
	for i, v := range x {
		y[i] = v * sigmoid(v)
	}
}

// SiluBackward gives the gradient of Silu.
func SiluBackward(dx, dy, x []float32) {
	for i, v := range x {
		s := sigmoid(v)
		dx[i] = dy[i] * s * (1 + v*(1-s))
	}
}

// Sigmoid is y = 1/(1 + exp(-x)).
func Sigmoid(y, x []float32) {
	for i, v := range x {
		y[i] = sigmoid(v)
	}
}

// SigmoidBackward gives the gradient of Sigmoid.
func SigmoidBackward(dx, dy, y []float32) {
	for i, s := range y {
		dx[i] = dy[i] * s * (1 - s)
	}
}

// Tanh is y = tanh(x).
func Tanh(y, x []float32) {
	for i, v := range x {
		y[i] = tanh(v)
	}
}

// TanhBackward gives the gradient of Tanh.
func TanhBackward(dx, dy, y []float32) {
	for i, t := range y {
		dx[i] = dy[i] * (1 - t*t)
	}
}

// Softplus is y = log(1 + exp(x)).
func Softplus(y, x []float32) {
	for i, v := range x {
		y[i] = max(v, 0) + log1p(exp(-max(v, -v)))
	}
}

// SoftplusBackward gives the gradient of Softplus.
func SoftplusBackward(dx, dy, x []float32) {
	for i, v := range x {
		dx[i] = dy[i] * sigmoid(v)
	}
}

// Hardswish is y = x*min(max(x+3, 0), 6)/6.
func Hardswish(y, x []float32) {
	for i, v := range x {
		y[i] = v * min(max(v+3, 0), 6) / 6
	}
}

// HardswishBackward gives the gradient of Hardswish.
func HardswishBackward(dx, dy, x []float32) {
	for i, v := range x {
		switch {
		case v <= -3:
			dx[i] = 0
		case v >= 3:
			dx[i] = dy[i]
		default:
			dx[i] = dy[i] * (v/3 + 0.5)
		}
	}
}

// Dropout keeps an element with probability 1-p and scales it by 1/(1-p).
func Dropout(y, x []float32, p float32, seed uint64) {
	a, b := keys(seed)
	for i, v := range x {
		if uniform(a, b, i) >= p {
			y[i] = v / (1 - p)
		} else {
			y[i] = 0
		}
	}
}

// DropoutBackward gives the gradient of Dropout.
func DropoutBackward(dx, dy []float32, p float32, seed uint64) {
	a, b := keys(seed)
	for i, g := range dy {
		if uniform(a, b, i) >= p {
			dx[i] = g / (1 - p)
		} else {
			dx[i] = 0
		}
	}
}

// keys spreads a seed over two words.
func keys(seed uint64) (uint32, uint32) {
	z := seed + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return uint32(z), uint32(z >> 32)
}

// uniform is number k of the generator with keys a and b, in [0, 1).
func uniform(a, b uint32, k int) float32 {
	return float32(mix(mix(uint32(k)^a)+b)>>8) / (1 << 24)
}

func mix(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x7feb352d
	h ^= h >> 15
	h *= 0x846ca68b
	return h ^ h>>16
}
