package harness

import (
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
)

// Package has the functions of a generated package. Backward is nil where
// there is none. The names are those of the parameters.
type Package struct {
	Implementation              func() string
	Forward, Backward           any
	ForwardNames, BackwardNames []string
}

// Check runs one vector through a package, twice: with each array against the
// forbidden page after it, and against the one before it.
func (p *Package) Check(v *Vector) error {
	var errs []error
	for _, s := range []side{atEnd, atStart} {
		if errs = p.run(v, s); len(errs) > 0 {
			break // the second run would repeat them
		}
	}
	return errors.Join(errs...)
}

// run is one forward and, where there is one, backward call.
func (p *Package) run(v *Vector, s side) []error {
	r := &runner{v: v, side: s, arrays: map[string]*array{}}
	defer r.release()
	r.ordered("Forward", p.ForwardNames, v.Outputs, v.State, v.Inputs, v.Params)
	r.ordered("Backward", p.BackwardNames, v.Grads, v.Upstream)
	r.call("Forward", p.Forward, p.ForwardNames, v.Outputs, v.State)
	r.compare("Forward", p.ForwardNames, v.Outputs, v.StateAfter)
	if len(r.errs) > 0 || len(v.Grads) == 0 {
		return r.errs
	}
	if p.Backward == nil {
		return []error{errors.New("there is no Backward, but gradients are expected")}
	}
	r.call("Backward", p.Backward, p.BackwardNames, v.Grads, nil)
	r.compare("Backward", p.BackwardNames, v.Grads, nil)
	for name := range v.Grads {
		if r.arrays[name] == nil && !slices.Contains(v.OptionalGrads, name) {
			r.errorf("Backward does not produce %s", name)
		}
	}
	return r.errs
}

// runner is the state of one run.
type runner struct {
	v    *Vector
	side side
	// arrays are the arguments by name; the workspace is "ws".
	arrays map[string]*array
	errs   []error
}

func (r *runner) errorf(format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf(format, args...))
}

func (r *runner) release() {
	for _, a := range r.arrays {
		a.free()
	}
}

// ordered checks that the parameters are the workspace, if there is one, then
// those of each group, then all others.
func (r *runner) ordered(pass string, names []string, groups ...map[string]Tensor) {
	last := 0
	for i, name := range names {
		rank := len(groups)
		for k, g := range groups {
			if _, ok := g[name]; ok {
				rank = k
				break
			}
		}
		if name == "ws" && i == 0 {
			continue
		}
		if rank < last || name == "ws" {
			r.errorf("%s: parameter %s stands too late in %v", pass, name, names)
		}
		last = max(last, rank)
	}
}

// call prepares the arguments, calls fn, and checks what it must not write.
// The function defines the tensors in results, and updates those in state.
func (r *runner) call(pass string, fn any, names []string, results, state map[string]Tensor) {
	f := reflect.ValueOf(fn)
	if f.Type().NumIn() != len(names) {
		r.errorf("%s has %d parameters, its source names %d", pass, f.Type().NumIn(), len(names))
		return
	}
	args := make([]reflect.Value, len(names))
	for i, name := range names {
		arg, err := r.argument(name, f.Type().In(i), results, state)
		if err != nil {
			r.errorf("%s: %v", pass, err)
			return
		}
		args[i] = arg
	}
	for _, a := range r.arrays {
		a.remember()
	}
	out, err := protected(f, args)
	if err != nil {
		r.errorf("%s: %v", pass, err)
		return
	}
	failed := len(out) > 0 && !out[len(out)-1].IsNil()
	if failed != r.v.Error {
		r.errorf("%s: an error is expected: %v; returned: %v", pass, r.v.Error, out)
	}
	for _, name := range names {
		a := r.arrays[name]
		if a == nil {
			continue // by value
		}
		_, isResult := results[name]
		_, isState := state[name]
		err := a.strayed()
		if name != "ws" && (failed || !isResult && !isState) {
			err = errors.Join(err, a.changed())
		}
		if err != nil {
			r.errorf("%s: %v", pass, err)
		}
	}
}

// protected calls f; a fault becomes an error.
func protected(f reflect.Value, args []reflect.Value) (out []reflect.Value, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f.Call(args), nil
}

// argument makes the argument of one parameter.
func (r *runner) argument(name string, t reflect.Type, results, state map[string]Tensor) (reflect.Value, error) {
	if t.Kind() != reflect.Pointer {
		return r.scalar(name, t)
	}
	content, known := results[name]
	if content.Data = nil; !known {
		for _, group := range []map[string]Tensor{state, r.v.reads(), r.v.Upstream} {
			if g, ok := group[name]; ok {
				content, known = g, true
				break
			}
		}
		if !known && r.arrays[name] != nil { // an output or the workspace, from Forward
			return r.arrays[name].pointer(t.Elem()), nil
		}
	}
	if name == "ws" {
		known = true
	} else if known {
		if err := sameShape(name, t.Elem(), content.Shape); err != nil {
			return reflect.Value{}, err
		}
	}
	if !known {
		return reflect.Value{}, fmt.Errorf("the vector has nothing for parameter %s", name)
	}
	if old := r.arrays[name]; old != nil {
		old.free()
	}
	a := newArray(name, int(t.Elem().Size()), r.side)
	a.fill(content)
	r.arrays[name] = a
	return a.pointer(t.Elem()), nil
}

// scalar makes an argument that is passed by value.
func (r *runner) scalar(name string, t reflect.Type) (reflect.Value, error) {
	text := r.v.Scalars[name].String()
	if g, ok := r.v.Upstream[name]; ok && len(g.Data) == 1 {
		text = strconv.FormatFloat(g.Data[0], 'g', -1, 64)
	}
	if g, ok := r.v.reads()[name]; ok && len(g.Data) == 1 {
		text = strconv.FormatFloat(g.Data[0], 'g', -1, 64)
	}
	switch t.Kind() {
	case reflect.Float32:
		x, err := strconv.ParseFloat(text, 64)
		return reflect.ValueOf(float32(x)), err
	case reflect.Int:
		x, err := strconv.Atoi(text)
		return reflect.ValueOf(x), err
	case reflect.Uint64:
		x, err := strconv.ParseUint(text, 10, 64)
		return reflect.ValueOf(x), err
	}
	return reflect.Value{}, fmt.Errorf("parameter %s has type %v", name, t)
}

// sameShape compares an array type with a shape.
func sameShape(name string, t reflect.Type, shape []int) error {
	elem := t
	for _, d := range shape {
		if elem.Kind() != reflect.Array || elem.Len() != d {
			return fmt.Errorf("%s is a %v, its shape should be %v", name, t, shape)
		}
		elem = elem.Elem()
	}
	if elem.Kind() != reflect.Float32 && elem.Kind() != reflect.Int32 {
		return fmt.Errorf("%s is a %v, its shape should be %v", name, t, shape)
	}
	return nil
}
