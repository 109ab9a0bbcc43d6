package bench

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/dlgen/dlgen/asm"
)

// BenchmarkGenerated measures the layers of generated/, each as generic Go,
// specialised Go and assembly, in turns:
//
//	go test ./bench -run '^$' -bench Generated
//
// What is reported is the least time of a call, whatever b.N is; the times
// include no calls of the testing package.
func BenchmarkGenerated(b *testing.B) {
	instances, err := Instances("../generated/dlgen.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for _, in := range instances {
		b.Run(in.Name, func(b *testing.B) {
			rep, err := Measure(context.Background(), in.Layer, Options{Backends: asm.Backends, Time: time.Second})
			if err != nil {
				b.Fatal(err)
			}
			for _, r := range rep.Results {
				b.Run(r.Pass+"/"+strings.ReplaceAll(r.Code, " ", "_"), func(b *testing.B) {
					b.ReportMetric(r.Ns, "ns/op")
					b.ReportMetric(r.Flops/r.Ns, "GFLOP/s")
					b.ReportMetric(100*r.Flops/r.Ns/r.Peak, "%peak")
				})
			}
		})
	}
}
