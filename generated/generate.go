// Package generated holds no code of its own: the packages below it are the
// output of dlgen for the layers that dlgen.yaml lists, and wide/dlgen.yaml for
// more instruction sets. They are checked in so that every change of the
// generated code can be seen and reviewed; a test of cmd/dlgen finds what is
// stale, missing or orphaned.
package generated

//go:generate go run ../cmd/dlgen generate
//go:generate go run ../cmd/dlgen generate -c wide/dlgen.yaml
