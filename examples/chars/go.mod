module github.com/dlgen/dlgen/examples/chars

go 1.25.0

tool github.com/dlgen/dlgen/cmd/dlgen

require golang.org/x/sys v0.38.0

require (
	github.com/dave/jennifer v1.7.1 // indirect
	github.com/dlgen/dlgen v0.0.0-00010101000000-000000000000 // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/mmcloughlin/avo v0.6.0 // indirect
	github.com/rogpeppe/go-internal v1.14.1 // indirect
	github.com/spf13/cobra v1.10.2 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	golang.org/x/tools v0.36.0 // indirect
)

replace github.com/dlgen/dlgen => ../..
