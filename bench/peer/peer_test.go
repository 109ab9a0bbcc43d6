package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/asm"
	"github.com/dlgen/dlgen/bench/generic"
	"github.com/dlgen/dlgen/bench/peer/serve"
)

// expected are the outputs of each row in the harness's layouts, computed by
// plain loops.
func expected() map[string]map[string][]float32 {
	const n, i, o = 3, 5, 7
	x, w, b, dy := filled(n*i, serve.SeedX, 2), filled(o*i, serve.SeedW, 0.2), filled(o, serve.SeedB, 1), filled(n*o, serve.SeedDY, 2)
	y, dx, dw, db := make([]float32, n*o), make([]float32, n*i), make([]float32, o*i), make([]float32, o)
	for r := range n {
		for c := range o {
			s := b[c]
			for k := range i {
				s += x[r*i+k] * w[c*i+k]
			}
			y[r*o+c] = max(s, 0)
			if s <= 0 {
				continue
			}
			g := dy[r*o+c]
			db[c] += g
			for k := range i {
				dx[r*i+k] += g * w[c*i+k]
				dw[c*i+k] += g * x[r*i+k]
			}
		}
	}
	const rows, cols = 3, 11
	sx, sy, sdx := filled(rows*cols, serve.SeedX, 8), make([]float32, rows*cols), make([]float32, rows*cols)
	generic.Softmax(sy, sx, rows, cols)
	generic.SoftmaxBackward(sdx, filled(rows*cols, serve.SeedDY, 2), sy, rows, cols)

	const v, d, ids = 10, 3, 4
	table, ey := filled(v*d, serve.SeedW, 2), []float32{}
	for k := range ids {
		row := (k*37 + 11) % v
		ey = append(ey, table[row*d:(row+1)*d]...)
	}

	p := filled(19, serve.SeedX, 2)
	generic.Adam(p, make([]float32, 19), make([]float32, 19), filled(19, serve.SeedGrad, 2), 1e-3, 1, 0.9, 0.999, 1e-8)

	ex := filled(19, serve.SeedX, 8)
	exp, relu := make([]float32, 19), make([]float32, 19)
	for k, v := range ex {
		exp[k] = float32(math.Exp(float64(v)))
	}
	generic.Relu(relu, ex)

	// A window of 3 over 6 rows and 5 columns in steps of 2, padded by 1, in two
	// groups: 3 by 3 places.
	cx, cdy := images4(filled(2*4*30, serve.SeedX, 2), 2, 4, 6, 5), images4(filled(2*6*9, serve.SeedDY, 2), 2, 6, 3, 3)
	cw, cb, cy := make([]float32, 3*3*2*6), filled(6, serve.SeedB, 1), make([]float32, 2*9*6)
	for at, v := range filled(len(cw), serve.SeedW, 0.2) {
		cw[(at%9*2+at/9%2)*6+at/18] = v
	}
	cdx, cdw, cdb := make([]float32, len(cx)), make([]float32, len(cw)), make([]float32, 6)
	generic.Conv2d(cy, cx, cw, cb, 2, 6, 5, 4, 6, 3, 3, 3, 3, 2, 2, 2, 1, 1, 1, 1)
	generic.Conv2dBackward(cdx, cdw, cdb, cdy, cx, cw, 2, 6, 5, 4, 6, 3, 3, 3, 3, 2, 2, 2, 1, 1, 1, 1)
	cdwTheirs := make([]float32, len(cdw))
	for at := range cdwTheirs {
		cdwTheirs[at] = cdw[(at%9*2+at/9%2)*6+at/18]
	}
	py, pdx := make([]float32, 2*4*3*2), make([]float32, len(cx))
	generic.Maxpool2d(py, cx, 2, 6, 5, 4, 2, 2, 3, 2, 2, 2, 0, 0)
	generic.Maxpool2dBackward(pdx, images4(filled(len(py), serve.SeedDY, 2), 2, 4, 3, 2), cx, 2, 6, 5, 4, 2, 2, 3, 2, 2, 2, 0, 0)

	net := newDigits(2)
	logits := append([]float32(nil), net.infer()...)
	first, second := net.step(), net.step()
	return map[string]map[string][]float32{
		"conv/N2_C4_H6_W5_O6_K3_S2_P1_G2/fwd": {"y": channelsFirst(cy, 2, 6, 3, 3)},
		"conv/N2_C4_H6_W5_O6_K3_S2_P1_G2/bwd": {"dx": channelsFirst(cdx, 2, 4, 6, 5), "dW": cdwTheirs, "db": cdb},
		"maxpool/N2_C4_H6_W5_K2_S2/fwd":       {"y": channelsFirst(py, 2, 4, 3, 2)},
		"maxpool/N2_C4_H6_W5_K2_S2/bwd":       {"dx": channelsFirst(pdx, 2, 4, 6, 5)},
		"mnist/N2/infer":                      {"y": logits},
		"mnist/N2/step":                       {"loss": {first}, again: {second}},
		"mnist/N2_K3/infer":                   nil,
		"mnist/N2/bwd":                        nil,

		"dense/N3_I5_O7/fwd":   {"y": y},
		"dense/N3_I5_O7/bwd":   {"dx": dx, "dW": dw, "db": db},
		"softmax/R3_C11/fwd":   {"y": sy},
		"softmax/R3_C11/bwd":   {"dx": sdx},
		"embed/V10_D3_N4/fwd":  {"y": ey},
		"adam/L19/step":        {"p": p},
		"ew_exp/L19/fwd":       {"y": exp},
		"ew_relu/L19/fwd":      {"y": relu},
		"ew_relu/L19/bwd":      nil,
		"conv/N1_C1_H5_W5/fwd": nil,
	}
}

// again marks what a row's outputs are in the run after the first.
const again = "again"

// channelsFirst turns [n][h][w][c] into [n][c][h][w].
func channelsFirst(x []float32, n, c, h, w int) []float32 {
	out := make([]float32, len(x))
	for i := range x {
		out[i] = x[((i/(c*h*w)*h+i/w%h)*w+i%w)*c+i/(h*w)%c]
	}
	return out
}

func filled(n int, seed uint32, scale float32) []float32 {
	x := make([]float32, n)
	serve.Fill(x, seed, scale)
	return x
}

// The program that is built answers every row of its list, rightly.
func TestPeer(t *testing.T) {
	want := expected()
	var list strings.Builder
	list.WriteString("# rows\n\n")
	for name := range want {
		list.WriteString(name + "\n")
	}
	dir := t.TempDir()
	file, binary := filepath.Join(dir, "rows.txt"), filepath.Join(dir, "peer.exe")
	if err := os.WriteFile(file, []byte(list.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(context.Background(), file, asm.Backends, binary, "", io.Discard); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "--serve")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewScanner(out)
	ask := func(line string) string {
		io.WriteString(in, line+"\n")
		answers.Scan()
		return answers.Text()
	}
	for name, outputs := range want {
		got := ask("prep " + name)
		if outputs == nil {
			if got != "no unsupported" {
				t.Errorf("prep %s: %q", name, got)
			}
			continue
		}
		if got != "ok" {
			t.Errorf("prep %s: %q", name, got)
			continue
		}
		next := outputs[again]
		delete(outputs, again)
		compareSums(t, name, ask("check"), outputs)
		if next != nil {
			compareSums(t, name+" again", ask("check"), map[string][]float32{"loss": next})
		}
	}
	io.WriteString(in, "quit\n")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// compareSums compares an answer with the sums of what is expected, which the
// same code computes for a job that only hands it out.
func compareSums(t *testing.T, name, answer string, outputs map[string][]float32) {
	t.Helper()
	job := &serve.Job{Run: func(int) {}}
	for n, v := range outputs {
		job.Outputs = append(job.Outputs, serve.Output{Name: n, V: v})
	}
	var text strings.Builder
	serve.Serve(map[string]func() *serve.Job{"x": func() *serve.Job { return job }}, strings.NewReader("prep x\ncheck\n"), &text)
	_, wanted, _ := strings.Cut(text.String(), "\n")
	var got, want map[string][]float64
	if err := json.Unmarshal([]byte(wanted), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		t.Errorf("%s: %q", name, answer)
		return
	}
	if len(got) != len(want) {
		t.Errorf("%s: outputs %v, want %v", name, got, want)
	}
	for n, w := range want {
		if len(got[n]) != len(w) {
			t.Errorf("%s: %s: %v, want %v", name, n, got[n], w)
			continue
		}
		for k := range w {
			if math.Abs(got[n][k]-w[k]) > 1e-5*(math.Abs(w[k])+w[1]/w[0]) {
				t.Errorf("%s: %s: sum %d is %v, want %v", name, n, k, got[n][k], w[k])
			}
		}
	}
}

func TestReadWorkloads(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rows.txt")
	for text, want := range map[string]string{
		"# a comment\n\ndense/N1_I16_O16/fwd\n": "",
		"dense/N1_I16_O16":                      `:1: "dense/N1_I16_O16" is not operation/DIMS/pass`,
		"\ndense/N1_16/fwd":                     `:2: "dense/N1_16/fwd": "16" is not a dim such as N32`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		rows, err := readWorkloads(file)
		switch {
		case want == "" && (err != nil || len(rows) != 1 || rows[0].Dims["I"] != 16):
			t.Errorf("%q: %+v, %v", text, rows, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
