package layer

// SeedKeys spreads a 64-bit seed over two 32-bit keys (the finaliser of
// Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014).
func SeedKeys(seed uint64) (uint32, uint32) {
	z := seed + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return uint32(z), uint32(z >> 32)
}

// UniformAt is number k of the counter-based generator with the given keys, a
// multiple of 2^-24 in [0, 1). The mixing function is Wellons' lowbias32.
func UniformAt(a, b, k uint32) float32 {
	return float32(mix32(mix32(k^a)+b)>>8) * (1.0 / (1 << 24))
}

func mix32(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x7feb352d
	h ^= h >> 15
	h *= 0x846ca68b
	return h ^ h>>16
}
