package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// workload is a row of the harness's list: operation/DIMS/pass.
type workload struct {
	Name, Op, Shape, Pass string
	Dims                  map[string]int
}

var dimText = regexp.MustCompile(`^([A-Z])([0-9]+)$`)

func parseWorkload(name string) (workload, error) {
	parts := strings.Split(name, "/")
	if len(parts) != 3 {
		return workload{}, fmt.Errorf("%q is not operation/DIMS/pass", name)
	}
	w := workload{Name: name, Op: parts[0], Shape: parts[1], Pass: parts[2], Dims: map[string]int{}}
	for text := range strings.SplitSeq(w.Shape, "_") {
		m := dimText.FindStringSubmatch(text)
		if m == nil {
			return workload{}, fmt.Errorf("%q: %q is not a dim such as N32", name, text)
		}
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return workload{}, fmt.Errorf("%q: %w", name, err)
		}
		w.Dims[m[1]] = n
	}
	return w, nil
}

// readWorkloads reads a list: one row a line, # starts a comment.
func readWorkloads(file string) ([]workload, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []workload
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		w, err := parseWorkload(text)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		all = append(all, w)
	}
	return all, lines.Err()
}
