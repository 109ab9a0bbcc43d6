package generic

import "math"

// Conv2d slides windows over the images and skips what lies in the padding.
func Conv2d(y, x, w, b []float32, N, H, W, C, K, R, S, P, Q, groups, strideH, strideW, padTop, padLeft, dilationH, dilationW int) {
	cg, kg := C/groups, K/groups
	for at := range N * P * Q {
		n, p, q := at/(P*Q), at/Q%P, at%Q
		for k := 0; k < K; k++ {
			y[at*K+k] = b[k]
		}
		for r := 0; r < R; r++ {
			for s := 0; s < S; s++ {
				i, j := p*strideH+r*dilationH-padTop, q*strideW+s*dilationW-padLeft
				if i < 0 || i >= H || j < 0 || j >= W {
					continue
				}
				for g := 0; g < groups; g++ {
					for c := 0; c < cg; c++ {
						v := x[((n*H+i)*W+j)*C+g*cg+c]
						for k := g * kg; k < (g+1)*kg; k++ {
							y[at*K+k] += v * w[((r*S+s)*cg+c)*K+k]
						}
					}
				}
			}
		}
	}
}

// Conv2dBackward gives the gradients of Conv2d.
func Conv2dBackward(dx, dw, db, dy, x, w []float32, N, H, W, C, K, R, S, P, Q, groups, strideH, strideW, padTop, padLeft, dilationH, dilationW int) {
	cg, kg := C/groups, K/groups
	clear(dx)
	clear(dw)
	clear(db)
	for at := range N * P * Q {
		n, p, q := at/(P*Q), at/Q%P, at%Q
		for k := 0; k < K; k++ {
			db[k] += dy[at*K+k]
		}
		for r := 0; r < R; r++ {
			for s := 0; s < S; s++ {
				i, j := p*strideH+r*dilationH-padTop, q*strideW+s*dilationW-padLeft
				if i < 0 || i >= H || j < 0 || j >= W {
					continue
				}
				for g := 0; g < groups; g++ {
					for c := 0; c < cg; c++ {
						at1, row := ((n*H+i)*W+j)*C+g*cg+c, ((r*S+s)*cg+c)*K
						v, sum := x[at1], float32(0)
						for k := g * kg; k < (g+1)*kg; k++ {
							sum += dy[at*K+k] * w[row+k]
							dw[row+k] += dy[at*K+k] * v
						}
						dx[at1] += sum
					}
				}
			}
		}
	}
}

// Conv1d is Conv2d over sequences.
func Conv1d(y, x, w, b []float32, N, L, C, K, S, Q, groups, stride, padLeft, dilation int) {
	Conv2d(y, x, w, b, N, 1, L, C, K, 1, S, 1, Q, groups, 1, stride, 0, padLeft, 1, dilation)
}

// Conv1dBackward gives the gradients of Conv1d.
func Conv1dBackward(dx, dw, db, dy, x, w []float32, N, L, C, K, S, Q, groups, stride, padLeft, dilation int) {
	Conv2dBackward(dx, dw, db, dy, x, w, N, 1, L, C, K, 1, S, 1, Q, groups, 1, stride, 0, padLeft, 1, dilation)
}

// ConvTranspose2d lays a window onto the output for each element of the images.
func ConvTranspose2d(y, x, w, b []float32, N, H, W, C, K, R, S, P, Q, stride, pad int) {
	for at := range N * P * Q {
		copy(y[at*K:(at+1)*K], b)
	}
	for at := range N * H * W {
		n, i, j := at/(H*W), at/W%H, at%W
		for r := 0; r < R; r++ {
			for s := 0; s < S; s++ {
				p, q := i*stride+r-pad, j*stride+s-pad
				if p < 0 || p >= P || q < 0 || q >= Q {
					continue
				}
				for c := 0; c < C; c++ {
					v := x[at*C+c]
					for k := 0; k < K; k++ {
						y[((n*P+p)*Q+q)*K+k] += v * w[((r*S+s)*C+c)*K+k]
					}
				}
			}
		}
	}
}

// ConvTranspose2dBackward gives the gradients of ConvTranspose2d.
func ConvTranspose2dBackward(dx, dw, db, dy, x, w []float32, N, H, W, C, K, R, S, P, Q, stride, pad int) {
	clear(dx)
	clear(dw)
	clear(db)
	for at := range N * P * Q {
		axpy(db, 1, dy[at*K:(at+1)*K])
	}
	for at := range N * H * W {
		n, i, j := at/(H*W), at/W%H, at%W
		for r := 0; r < R; r++ {
			for s := 0; s < S; s++ {
				p, q := i*stride+r-pad, j*stride+s-pad
				if p < 0 || p >= P || q < 0 || q >= Q {
					continue
				}
				dyr := dy[((n*P+p)*Q+q)*K:][:K]
				for c := 0; c < C; c++ {
					row := ((r*S+s)*C + c) * K
					dx[at*C+c] += dot(dyr, w[row:row+K])
					axpy(dw[row:row+K], x[at*C+c], dyr)
				}
			}
		}
	}
}

// Maxpool2d takes the largest element of each window, by channel.
func Maxpool2d(y, x []float32, N, H, W, C, R, S, P, Q, strideH, strideW, padTop, padLeft int) {
	for at := range N * P * Q {
		n, p, q := at/(P*Q), at/Q%P, at%Q
		yr := y[at*C : (at+1)*C]
		for c := range yr {
			yr[c] = float32(math.Inf(-1))
		}
		for r := 0; r < R; r++ {
			for s := 0; s < S; s++ {
				i, j := p*strideH+r-padTop, q*strideW+s-padLeft
				if i < 0 || i >= H || j < 0 || j >= W {
					continue
				}
				for c, v := range x[((n*H+i)*W+j)*C:][:C] {
					yr[c] = max(yr[c], v)
				}
			}
		}
	}
}

// Maxpool2dBackward gives the gradient of Maxpool2d: to the first maximum.
func Maxpool2dBackward(dx, dy, x []float32, N, H, W, C, R, S, P, Q, strideH, strideW, padTop, padLeft int) {
	clear(dx)
	for at := range N * P * Q * C {
		n, p, q, c := at/(P*Q*C), at/(Q*C)%P, at/C%Q, at%C
		top, where := float32(math.Inf(-1)), -1
		for r := 0; r < R; r++ {
			for s := 0; s < S; s++ {
				i, j := p*strideH+r-padTop, q*strideW+s-padLeft
				if i < 0 || i >= H || j < 0 || j >= W {
					continue
				}
				if v := x[((n*H+i)*W+j)*C+c]; where < 0 || v > top {
					top, where = v, ((n*H+i)*W+j)*C+c
				}
			}
		}
		dx[where] += dy[at]
	}
}

// Avgpool2d is the mean of each window, by channel.
func Avgpool2d(y, x []float32, N, H, W, C, R, S, P, Q, strideH, strideW, padTop, padLeft, countPad int) {
	for at := range N * P * Q {
		n, p, q := at/(P*Q), at/Q%P, at%Q
		yr, seen := y[at*C:(at+1)*C], 0
		clear(yr)
		for r := 0; r < R; r++ {
			for s := 0; s < S; s++ {
				i, j := p*strideH+r-padTop, q*strideW+s-padLeft
				if i < 0 || i >= H || j < 0 || j >= W {
					continue
				}
				seen++
				axpy(yr, 1, x[((n*H+i)*W+j)*C:][:C])
			}
		}
		scale(yr, 1/float32(divisor(R*S, seen, countPad)))
	}
}

// Avgpool2dBackward gives the gradient of Avgpool2d.
func Avgpool2dBackward(dx, dy []float32, N, H, W, C, R, S, P, Q, strideH, strideW, padTop, padLeft, countPad int) {
	clear(dx)
	for at := range N * P * Q {
		n, p, q := at/(P*Q), at/Q%P, at%Q
		top, left := p*strideH-padTop, q*strideW-padLeft
		i0, i1, j0, j1 := max(top, 0), min(top+R, H), max(left, 0), min(left+S, W)
		share := 1 / float32(divisor(R*S, (i1-i0)*(j1-j0), countPad))
		for i := i0; i < i1; i++ {
			for j := j0; j < j1; j++ {
				axpy(dx[((n*H+i)*W+j)*C:][:C], share, dy[at*C:(at+1)*C])
			}
		}
	}
}

// divisor is what a sum over a window is divided by.
func divisor(all, seen, countPad int) int {
	if countPad != 0 {
		return all
	}
	return seen
}

func scale(x []float32, a float32) {
	for i := range x {
		x[i] *= a
	}
}

// GlobalAvgpool2d is the mean of each channel over the image.
func GlobalAvgpool2d(y, x []float32, N, H, W, C int) {
	for n := range N {
		yr := y[n*C : (n+1)*C]
		clear(yr)
		for at := range H * W {
			axpy(yr, 1, x[(n*H*W+at)*C:][:C])
		}
		scale(yr, 1/float32(H*W))
	}
}

// GlobalAvgpool2dBackward gives the gradient of GlobalAvgpool2d.
func GlobalAvgpool2dBackward(dx, dy []float32, N, H, W, C int) {
	share := 1 / float32(H*W)
	for at := range N * H * W {
		for c, v := range dy[at/(H*W)*C:][:C] {
			dx[at*C+c] = v * share
		}
	}
}

// Upsample2d repeats rows and columns.
func Upsample2d(y, x []float32, N, H, W, C, scale int) {
	for at := range N * H * scale * W * scale {
		row, q := at/(W*scale), at%(W*scale)
		copy(y[at*C:(at+1)*C], x[(row/scale*W+q/scale)*C:])
	}
}

// Upsample2dBackward gives the gradient of Upsample2d.
func Upsample2dBackward(dx, dy []float32, N, H, W, C, scale int) {
	clear(dx)
	for at := range N * H * scale * W * scale {
		row, q := at/(W*scale), at%(W*scale)
		axpy(dx[(row/scale*W+q/scale)*C:][:C], 1, dy[at*C:(at+1)*C])
	}
}

// Flatten copies.
func Flatten(y, x []float32) { copy(y, x) }

// FlattenBackward gives the gradient of Flatten.
func FlattenBackward(dx, dy []float32) { copy(dx, dy) }
