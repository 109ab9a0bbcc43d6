package job

import (
	"errors"
	"fmt"
	"strings"
)

// failures makes one error of those of all jobs. Jobs that fail in the same
// way, because they share a spec, are named together.
func failures(jobs []Job, errs []error) error {
	var texts []string
	of := map[string][]Job{}
	for i, err := range errs {
		if err == nil {
			continue
		}
		text := err.Error()
		if of[text] == nil {
			texts = append(texts, text)
		}
		of[text] = append(of[text], jobs[i])
	}
	if len(texts) == 0 {
		return nil
	}
	var b strings.Builder
	for i, text := range texts {
		if i > 0 {
			b.WriteString("\n")
		}
		for _, j := range of[text] {
			if j.Pos.IsValid() {
				fmt.Fprintf(&b, "%s: layer %s (%s) cannot be generated:\n", j.Pos, j.Package, j.Spec)
			}
		}
		b.WriteString(text)
	}
	return errors.New(b.String())
}
