package gen

import (
	"fmt"
	"os"
	"testing"

	"github.com/dlgen/dlgen/gen/schedule"
)

func TestDebug(t *testing.T) {
	if os.Getenv("DBG") == "" {
		t.Skip()
	}
	src := os.Getenv("DBG")
	if b, err := os.ReadFile(src); err == nil {
		src = string(b)
	}
	p := proved(t, src, os.Getenv("DIMS"))
	tg := schedule.AVX2
	if os.Getenv("PORTABLE") != "" {
		tg = schedule.Portable
	}
	l, s, err := passes(p, tg)
	if err != nil {
		t.Fatal(err)
	}
	for i := range l {
		fmt.Println(l[i])
		fmt.Println(s[i])
	}
}
