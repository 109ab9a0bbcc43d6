//go:build !purego

package generated

// vectorised says whether the build has assembly.
const vectorised = true
