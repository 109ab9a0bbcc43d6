package gen

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestRecurrentLayers compares schedules of the library's recurrent layers with
// the equations, at sizes around lanes and tiles.
func TestRecurrentLayers(t *testing.T) {
	for _, c := range []struct{ layers, dims string }{
		{"rnn lstm gru", "T=1 N=2 I=1 H=1"},
		{"rnn lstm gru", "T=2 N=1 I=3 H=8"},
		{"rnn lstm gru", "T=5 N=2 I=3 H=9"},
		{"rnn lstm gru", "T=3 N=4 I=16 H=16"},
		{"rnn lstm gru", "T=3 N=17 I=5 H=33"},
		{"rnn lstm gru", "T=4 N=1 I=40 H=128"},
		{"lstm gru", "T=6 N=7 I=5 H=48"},
		{"lstm_cell gru_cell", "N=1 I=1 H=1"},
		{"lstm_cell gru_cell", "N=3 I=7 H=9"},
		{"lstm_cell gru_cell", "N=1 I=64 H=64"},
	} {
		for _, name := range strings.Fields(c.layers) {
			t.Run(name+" "+c.dims, func(t *testing.T) {
				p := proved(t, name, c.dims)
				for _, target := range targets {
					agree(t, p, target, false, rounding)
				}
			})
		}
	}
}

// TestRecurrences does so for other recurrences, exactly where they only add up
// and multiply.
func TestRecurrences(t *testing.T) { agreeInFile(t, "testdata/specs/recurrences.txtar") }

// TestStepsAhead does so for those that go along rows.
func TestStepsAhead(t *testing.T) { agreeInFile(t, "testdata/specs/ahead.txtar") }

// TestPlaces does so for sums that are read at fixed places.
func TestPlaces(t *testing.T) { agreeInFile(t, "testdata/specs/places.txtar") }

// TestFactors checks layers whose products have factors that are computed ahead.
func TestFactors(t *testing.T) { agreeInFile(t, "testdata/specs/factors.txtar") }

// TestViews checks layers whose arrays show the memory of others.
func TestViews(t *testing.T) { agreeInFile(t, "testdata/specs/views.txtar") }

// agreeInFile compares schedules of the specs of a file with their equations.
func agreeInFile(t *testing.T, file string) {
	specs, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range specs.Files {
		name, dims, _ := strings.Cut(f.Name, " ")
		for _, dims := range strings.Split(dims, ";") {
			t.Run(name+dims, func(t *testing.T) {
				p := proved(t, string(f.Data), dims)
				exact := !strings.ContainsAny(string(f.Data), "(") || strings.Contains(p.Doc, "exact")
				for _, target := range targets {
					if exact {
						agree(t, p, target, true, 0)
					} else {
						agree(t, p, target, false, rounding)
					}
				}
			})
		}
	}
}

// TestChoices does so for subscripts that are the smaller or the larger of two.
func TestChoices(t *testing.T) { agreeInFile(t, "testdata/specs/choices.txtar") }

// TestAcross does so for arithmetic across the rows of arrays.
func TestAcross(t *testing.T) { agreeInFile(t, "testdata/specs/across.txtar") }

// TestTaps does so for the gradients of small windows.
func TestTaps(t *testing.T) { agreeInFile(t, "testdata/specs/taps.txtar") }

// TestApart does so for windows that go along rows in steps.
func TestApart(t *testing.T) { agreeInFile(t, "testdata/specs/apart.txtar") }

// TestProducts does so for sums of products of several tensors.
func TestProducts(t *testing.T) { agreeInFile(t, "testdata/specs/products.txtar") }

// TestRows does so for sums and maps over the same rows.
func TestRows(t *testing.T) { agreeInFile(t, "testdata/specs/rows.txtar") }

// TestKnown: functions of indices alone have their values before any loop, that of a
// recurrence as well.
func TestKnown(t *testing.T) { agreeInFile(t, "testdata/specs/known.txtar") }

// TestFlat compares sums over rows that fill vectors badly, and products of rows
// and columns.
func TestFlat(t *testing.T) { agreeInFile(t, "testdata/specs/flat.txtar") }

// TestIDs compares what is looked up at shifted places, in one row, and beside products.
func TestIDs(t *testing.T) { agreeInFile(t, "testdata/specs/ids.txtar") }

// TestStates compares what is read of states before they are written.
func TestStates(t *testing.T) { agreeInFile(t, "testdata/specs/states.txtar") }
