//go:build !amd64

package measure

// probe returns a loop for peak, its operations a round, and its name.
func probe(string) (run func(n int), flops float64, name string) {
	return chains, chainFlops, "scalar Go"
}
