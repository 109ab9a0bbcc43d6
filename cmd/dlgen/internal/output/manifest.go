package output

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
)

// ManifestName is the file, in the output folder, that lists what dlgen wrote.
const ManifestName = "dlgen.manifest"

// manifest lists files with their hashes. Its text is one that sha256sum -c reads.
type manifest struct {
	// origin says what the files were generated from: a config's base name, or
	// CommandLine.
	origin string
	// hashes has the SHA-256 of each file, in hex, by path.
	hashes map[string]string
}

// hash is the hash of a file, as if it had Unix line ends.
func hash(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(unix(data))) }

// newManifest lists files.
func newManifest(origin string, files []File) manifest {
	m := manifest{origin, map[string]string{}}
	for _, f := range files {
		m.hashes[f.Path] = hash(f.Data)
	}
	return m
}

// text is the manifest as it stands on disk.
func (m manifest) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s from %s; DO NOT EDIT.\n", Header, m.origin)
	b.WriteString("# The files that dlgen wrote here, and may replace or remove.\n")
	paths := make([]string, 0, len(m.hashes))
	for p := range m.hashes {
		paths = append(paths, p)
	}
	sort.Strings(paths)
	for _, p := range paths {
		fmt.Fprintf(&b, "%s  %s\n", m.hashes[p], p)
	}
	return b.Bytes()
}

// readManifest reads the manifest in dir; where there is none, or only one
// that dlgen did not write, the result lists nothing. Lines that are not
// entries are passed over, so that a manifest in the middle of a merge lists
// the files of both sides.
func readManifest(dir string) (manifest, error) {
	m := manifest{hashes: map[string]string{}}
	data, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if os.IsNotExist(err) {
		return m, nil
	}
	if errors.Is(err, syscall.ENOTDIR) {
		return m, fmt.Errorf("%s, or a part of its path, is a file, not a folder", dir)
	}
	if err != nil || !ours(data) {
		return m, err
	}
	lines := strings.Split(string(unix(data)), "\n")
	m.origin, _, _ = strings.Cut(strings.TrimPrefix(lines[0], "# "+Header+" from "), ";")
	for _, l := range lines {
		sum, name, ok := strings.Cut(l, "  ")
		if ok && len(sum) == 2*sha256.Size && path.Clean(name) == name && filepath.IsLocal(filepath.FromSlash(name)) {
			m.hashes[name] = sum
		}
	}
	return m, nil
}
