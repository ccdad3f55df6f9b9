package storagetest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// Parts are what a test binary does as its own second process: one of them, by its name,
// with the arguments that Process hands over.
type Parts map[string]func(args []string) error

const partVar = "FERRY_TEST_PART"

// Main is the TestMain of a package with parts. A process that was started for a part does
// it and ends; any other runs the tests.
func Main(m *testing.M, parts Parts) {
	name := os.Getenv(partVar)
	if name == "" {
		os.Exit(m.Run())
	}
	do, ok := parts[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "there is no part %q\n", name)
		os.Exit(2)
	}
	if err := do(os.Args[1:]); err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
}

// Process starts a part as another process, which is killed with the test at the latest, and
// returns the lines that it writes to stdout. Whoever calls it waits for its end.
func Process(t testing.TB, part string, args ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), partVar+"="+part)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}
