package gen

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/machine"
	"golang.org/x/tools/txtar"
)

// TestRecords: vectors along short records agree with the equations.
func TestRecords(t *testing.T) { agreeInFile(t, "testdata/specs/records.txtar") }

// TestRecordsInVectors: maps over records, and their gradients, store whole vectors.
func TestRecordsInVectors(t *testing.T) {
	specs, err := txtar.ParseFile("testdata/specs/records.txtar")
	if err != nil {
		t.Fatal(err)
	}
	whole := map[string]string{"records_gray": "H=8 W=16", "records_rotate": "N=64", "records_boxes": "N=64", "records_overlap": "N=64"}
	text := map[string]string{}
	for _, f := range specs.Files {
		name, _, _ := strings.Cut(f.Name, " ")
		text[name] = string(f.Data)
	}
	for name, dims := range whole {
		p := proved(t, text[name], dims)
		for _, target := range []machine.Target{machine.AVX2, machine.AVX512} {
			_, programs, err := passes(p, target)
			if err != nil {
				t.Fatal(err)
			}
			for _, prog := range programs {
				if !strings.Contains(prog.String(), "store") {
					t.Errorf("%s, %s, %s stores nothing", name, target.Name, prog.Name)
				}
				for line := range strings.Lines(prog.String()) {
					if strings.Contains(line, "store") && strings.Contains(line, "] x1 =") && !strings.Contains(line, "dm[") {
						t.Errorf("%s, %s, %s: %s", name, target.Name, prog.Name, line)
					}
				}
			}
		}
	}
}
