// Package conformance tests generated packages as their users run them.
//
// Its tests generate a package for every reference vector of the library and
// for specs of their own, compile them into one program outside this module,
// and run that on each implementation: AVX2, portable code by GODEBUG, and
// portable code by build tag. Package harness is the part inside that program.
// As the tests set the tags themselves, they are not repeated under purego.
package conformance
