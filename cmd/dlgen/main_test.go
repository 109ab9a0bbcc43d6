package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"dlgen": main})
}

// TestScripts runs the command lines in testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("DLGEN_UPDATE") != "",
		Setup:               goEnvironment,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"files":  files,
		},
	})
}

// goEnvironment lets scripts compile with Go's caches, and without a network.
func goEnvironment(e *testscript.Env) error {
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		return err
	}
	dirs := strings.Split(strings.TrimSpace(string(out)), "\n")
	e.Setenv("GOCACHE", strings.TrimSpace(dirs[0]))
	e.Setenv("GOMODCACHE", strings.TrimSpace(dirs[1]))
	e.Setenv("GOPROXY", "off")
	return nil
}

// status runs a command that must end with an exit status: status 2 dlgen foo.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if exit, ok := err.(*exec.ExitError); ok {
		got = exit.String()[len("exit status "):]
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

// files demands that a folder holds exactly some files: files DIR name...
func files(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: files DIR name...")
	}
	var got []string
	dir := ts.MkAbs(args[0])
	ts.Check(filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, name)
			got = append(got, filepath.ToSlash(rel))
		}
		return err
	}))
	if strings.Join(got, " ") != strings.Join(args[1:], " ") {
		ts.Fatalf("%s holds\n%s\nwant\n%s", args[0], strings.Join(got, " "), strings.Join(args[1:], " "))
	}
}

// TestGeneratedIsFresh compares the checked-in packages with what would be
// generated: nothing stale, missing, orphaned or edited by hand.
func TestGeneratedIsFresh(t *testing.T) {
	for _, config := range []string{"dlgen.yaml", "wide/dlgen.yaml"} {
		var out, errOut bytes.Buffer
		if code := run([]string{"diff", "-c", filepath.Join("..", "..", "generated", config)}, &out, &errOut); code != 0 {
			text := out.String()
			t.Errorf("%s: exit status %d; go generate ./generated brings it up to date\n%s%.4000s", config, code, &errOut, text)
		}
	}
}

// TestInterrupt stops a run that waits for its spec, a pipe.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals to send")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	pipe := filepath.Join(dir, "spec.yaml")
	if err := mkfifo(pipe); err != nil {
		t.Fatal(err)
	}
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		link := filepath.Join(t.TempDir(), "dlgen") // the name that TestMain goes by
		if err := os.Symlink(exe, link); err != nil {
			t.Fatal(err)
		}
		var errOut bytes.Buffer
		c := exec.Command(link, "generate", pipe, "N=1", "-o", filepath.Join(dir, "out"))
		c.Stderr = &errOut
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // returns when the command reads
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		w.Close()
		if code := c.ProcessState.ExitCode(); code != failure || !strings.Contains(errOut.String(), "interrupted") {
			t.Errorf("%v: exit status %d, %s", sig, code, &errOut)
		}
		if _, err := os.Stat(filepath.Join(dir, "out")); !os.IsNotExist(err) {
			t.Errorf("%v: the output folder is there", sig)
		}
	}
}

func TestBugsAreContained(t *testing.T) {
	root := &cobra.Command{Use: "dlgen", RunE: func(*cobra.Command, []string) error { panic("what was violated") }}
	root.SetArgs(nil)
	cmd, err := contained(root, []string{"explain", "dense"})
	if cmd != root || err == nil || !strings.Contains(err.Error(), "`dlgen explain dense` brings out; please report it\nwhat was violated\n") {
		t.Errorf("command %v, error %v", cmd, err)
	}
}
