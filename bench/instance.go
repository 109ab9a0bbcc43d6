package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/layer"
)

// Instance is a layer of a config, proved.
type Instance struct {
	Name  string
	Layer *layer.Proved
}

// Instances reads the layers that a dlgen.yaml lists, in its order. The command
// has checked the file; what it holds beside layers is passed over.
func Instances(file string) ([]Instance, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var config struct{ Layers yaml.MapSlice }
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, err
	}
	var out []Instance
	for _, item := range config.Layers {
		name := fmt.Sprint(item.Key)
		var entry struct {
			Layer string
			Dims  map[string]any
		}
		value, err := yaml.Marshal(item.Value)
		if err == nil {
			err = yaml.Unmarshal(value, &entry)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, name, err)
		}
		if strings.HasSuffix(entry.Layer, ".yaml") {
			entry.Layer = filepath.Join(filepath.Dir(file), entry.Layer)
		}
		given := map[string]string{}
		for dim, v := range entry.Dims {
			given[dim] = fmt.Sprint(v)
		}
		s, err := spec.Open(entry.Layer)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, name, err)
		}
		proved, err := spec.Prove(s, given)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, name, err)
		}
		out = append(out, Instance{name, proved})
	}
	return out, nil
}
