// Package amd64 spells kernels as Go assembly for amd64 processors, with the
// vector instructions that a Set describes.
//
// In come kernels with the set's number of lanes, complete and verified; out
// comes the text of one .s file. What is promised: the text assembles, vet
// finds the frames and parameters in order, it uses no register and no
// instruction beyond the set's, the same kernels give the same bytes, and each
// kernel computes what its statements say, in their order. Values that do not
// fit the vector registers are kept on the stack.
//
// The stages: choose (instructions on virtual registers), foldLoads,
// allocate (physical registers, spilling), hoistConstants, planPointers and
// emit.
package amd64

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/gotypes"
	avo "github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

// Config is what surrounds the kernels.
type Config struct {
	// Package is the name of the Go package.
	Package string
	// Header is the first line of the file, with its comment sign.
	Header string
}

// Print is the text of the assembly file with the given kernels, each once.
func (s *Set) Print(c Config, funcs []*ir.Func) ([]byte, error) {
	table := newConstants(s)
	file := avo.NewFile()
	var fns []*avo.Function
	printed := map[*ir.Func]bool{}
	for _, f := range funcs {
		if printed[f] {
			continue
		}
		printed[f] = true
		fn, err := s.compile(f, table)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		fns = append(fns, fn)
	}
	for _, section := range table.sections() {
		file.AddSection(section)
	}
	for _, fn := range fns {
		file.AddSection(fn)
	}
	finish := pass.Concat(pass.FunctionPass(pass.PruneDanglingLabels), pass.Func(pass.IncludeTextFlagHeader),
		pass.FunctionPass(pass.RequiredISAExtensions), pass.FunctionPass(omitBaseline))
	if err := finish.Execute(file); err != nil {
		return nil, err
	}
	text, err := printer.NewGoAsm(printer.Config{Name: "dlgen", Pkg: c.Package}).Print(file)
	if err != nil {
		return nil, err
	}
	out := dress(c, string(text), funcs)
	s.check(out, fns)
	return []byte(out), nil
}

// compile makes an assembly function of f.
func (s *Set) compile(f *ir.Func, table *constants) (*avo.Function, error) {
	if f.Lanes != s.Lanes {
		panic(fmt.Sprintf("%s: %s has %d lanes, not %d", s.Name, f.Name, f.Lanes, s.Lanes))
	}
	k := &function{f: f, set: s, constants: table, streamKey: map[string]*stream{}, single: map[*ir.Var]bool{},
		order: map[*ir.Var]int{}, indexed: map[*ir.Var]bool{}, valued: map[*ir.Var]bool{}, frameAt: map[*ir.Buffer]int{},
		buffers: map[*ir.Buffer]operand.Mem{}, scalars: map[*ir.Scalar]operand.Mem{}, counters: map[*ir.Var]operand.Mem{}}
	fn := avo.NewFunction(f.Name)
	if err := k.parameters(fn); err != nil {
		return nil, err
	}
	for _, b := range f.Frame {
		k.frameAt[b] = k.frameSize
		k.frameSize += (4*b.Size() + 63) / 64 * 64
	}
	k.choose()
	k.foldLoads()
	k.hoistConstants(k.allocate())
	k.emit(fn)
	// A small frame needs no check of the stack, and the assembler agrees.
	if fn.LocalSize == 0 {
		fn.Attributes = attr.NOSPLIT
	}
	return fn, nil
}

// parameters declares the parameters and notes their addresses.
func (k *function) parameters(fn *avo.Function) error {
	f := k.f
	buffers, scalars, counters := ir.ParamNames(f)
	var list []string
	for i, b := range f.Buffers {
		list = append(list, buffers[i]+map[ir.Elem]string{ir.F32: " *float32", ir.I32: " *int32"}[b.Elem])
	}
	for i, s := range f.Scalars {
		if s.Key != 0 {
			list = append(list, scalars[i]+" uint32")
		} else {
			list = append(list, scalars[i]+" float32")
		}
	}
	for _, name := range counters {
		list = append(list, name+" int")
	}
	sig, err := gotypes.ParseSignature("func(" + strings.Join(list, ", ") + ")")
	if err != nil {
		return err
	}
	fn.SetSignature(sig)
	at := func(name string) operand.Mem {
		p, e := sig.Params().Lookup(name).Resolve()
		if e != nil {
			err = e
			return operand.Mem{}
		}
		return p.Addr
	}
	for i, b := range f.Buffers {
		k.buffers[b] = at(buffers[i])
	}
	for i, s := range f.Scalars {
		k.scalars[s] = at(scalars[i])
	}
	for i, v := range f.Counters() {
		k.counters[v] = at(counters[i])
	}
	return err
}

// dress replaces avo's header by ours and puts the equations above the functions.
func dress(c Config, text string, funcs []*ir.Func) string {
	_, rest, _ := strings.Cut(text, "\n")
	var b strings.Builder
	b.Grow(len(text) + 4096)
	fmt.Fprintf(&b, "%s\n\n//go:build amd64 && !purego\n", strings.TrimRight(c.Header, "\n"))
	doc := map[string][]string{}
	for _, f := range funcs {
		doc[f.Name] = f.Doc
	}
	for _, line := range strings.SplitAfter(rest, "\n") {
		if name, ok := strings.CutPrefix(line, "// func "); ok {
			name, _, _ = strings.Cut(name, "(")
			for _, equation := range doc[name] {
				for _, l := range strings.Split(strings.TrimRight(equation, "\n"), "\n") {
					b.WriteString(strings.TrimRight("// "+l, " ") + "\n")
				}
			}
		}
		b.WriteString(line)
	}
	return b.String()
}

// beyond reports whether word is a register that the set does not have, or one
// that is not ours (R15, BP).
func (s *Set) beyond(word string) bool {
	if word == "R15" || word == "BP" {
		return true
	}
	if len(word) < 2 || !strings.ContainsRune("XYZK", rune(word[0])) {
		return false
	}
	n, err := strconv.Atoi(word[1:])
	if err != nil || word[0] == 'K' && n > 7 {
		return false
	}
	return !strings.ContainsRune(s.Registers, rune(word[0])) || n >= s.Vectors.count()
}

// omitBaseline drops what every amd64 processor has (prefetches, which avo
// lists under MMX+) from a function's requirements.
func omitBaseline(fn *avo.Function) error {
	fn.ISA = slices.DeleteFunc(fn.ISA, func(isa string) bool { return isa == "MMX+" })
	return nil
}

// check panics where the text would not run on every machine with the set.
func (s *Set) check(text string, fns []*avo.Function) {
	split := func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}
	for _, line := range strings.Split(text, "\n") {
		code, ok := strings.CutPrefix(line, "\t")
		if !ok || strings.HasPrefix(code, "//") {
			continue
		}
		for _, word := range strings.FieldsFunc(code, split) {
			if s.beyond(word) {
				panic(fmt.Sprintf("%s: register %s in %q", s.Name, word, code))
			}
		}
	}
	for _, fn := range fns {
		for _, isa := range fn.ISA {
			if !slices.Contains(s.Features, isa) {
				panic(fmt.Sprintf("%s: %s requires %s", s.Name, fn.Name, isa))
			}
		}
	}
}
