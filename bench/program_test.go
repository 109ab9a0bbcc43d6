package bench

import (
	"os"
	"strings"
	"testing"
)

// The measuring program must find golang.org/x/sys in the module cache.
func TestProgramRequiresWhatDlgenRequires(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(mod), "golang.org/x/sys "+sysVersion) {
		t.Errorf("go.mod does not require golang.org/x/sys %s", sysVersion)
	}
	for line := range strings.Lines(sysSums) {
		if !strings.Contains(string(sum), line) {
			t.Errorf("go.sum lacks %q", line)
		}
	}
}

func TestGenericName(t *testing.T) {
	for layer, want := range map[string]string{"dense": "Dense", "log_softmax": "LogSoftmax", "bce_with_logits": "BceWithLogits", "l1": "L1"} {
		if got := genericName(layer); got != want {
			t.Errorf("genericName(%q) = %q, want %q", layer, got, want)
		}
	}
}
