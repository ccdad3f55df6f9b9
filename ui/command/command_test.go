package command_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/itchyny/gojq"
	"github.com/rogpeppe/go-internal/testscript"

	"ferry/auth/sandbox"
)

// canary is part of every secret that the tests make up. No output may hold it, and no
// file but those it was read from.
const canary = "CANARY"

// keyText is an API key in full. Only files with "secret" in their name may hold one.
var keyText = regexp.MustCompile(`ferry_k[0-9a-z]{26}[0-9A-Za-z]{49}`)

// binary builds the real program once: the scripts test what people run, main.go
// included.
var binary = sync.OnceValues(func() (string, error) {
	// go test keeps a result for as long as the files it has looked at stay as they
	// are, so every source file is looked at.
	err := filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != "../.." {
			return filepath.SkipDir // what make e2e installs, and git
		}
		if err == nil && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			_, err = os.Stat(name)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "ferry-command-test-")
	if err != nil {
		return "", err
	}
	cleanUp = append(cleanUp, func() { _ = os.RemoveAll(dir) })
	name := filepath.Join(dir, "ferry")
	// With the flags of go test, so that only the linking is left to do.
	out, err := exec.Command("go", "build", "-buildvcs=false", "-ldflags", "-X main.version=v0-test", "-o", name, "ferry").CombinedOutput()
	if err != nil {
		return "", errors.New("go build: " + err.Error() + "\n" + string(out))
	}
	return name, nil
})

var cleanUp []func()

// TestMain begins to build the program while the tests run that do not need it. What
// needs it runs processes, which wait for disks and for one another more than they work,
// so a few more of them run at once than there are processors.
func TestMain(m *testing.M) {
	flag.Parse()
	if !given("test.parallel") {
		_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0)))
	}
	var building sync.WaitGroup
	if !given("test.run") && !given("test.list") {
		building.Go(func() { _, _ = binary() })
	}
	code := m.Run()
	building.Wait()
	for _, f := range cleanUp {
		f()
	}
	os.Exit(code)
}

func given(name string) (is bool) {
	flag.Visit(func(f *flag.Flag) { is = is || f.Name == name })
	return is
}

func TestScripts(t *testing.T) {
	t.Parallel()
	ferry := built(t)
	box, err := sandbox.Start(context.Background(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Defer(func() { noCanary(t, env.WorkDir) })
			return setUp(env, ferry, box)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ferry": runFerry, "fails": fails, "json": jsonIs, "flip": flip, "await": await, "within": within, "sealed": sealed,
		},
		RequireUniqueNames: true,
	})
}

func built(t *testing.T) string {
	t.Helper()
	name, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// setUp gives a script a home of its own and the sandbox's credentials as files.
func setUp(env *testscript.Env, ferry string, box *sandbox.Server) error {
	home := filepath.Join(env.WorkDir, "home")
	env.Setenv("HOME", home)
	env.Setenv("PATH", filepath.Dir(ferry)+string(os.PathListSeparator)+env.Getenv("PATH"))
	env.Setenv("SANDBOX", box.URL())
	env.Setenv("NOBODY", "http://127.0.0.1:1")
	env.Setenv("LONG", strings.Repeat("x", 300))
	env.Setenv("TWO_LINES", "one\ntwo")
	dir := filepath.Join(env.WorkDir, "secrets")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	write := func(name, text string) error {
		if text == "" {
			return nil
		}
		return os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600)
	}
	err := write("canary", canary+"-one")
	for _, c := range box.Clients() {
		err = errors.Join(err, write(c.Name, c.ClientSecret), write(c.Name+".password", c.Password), write(c.Name+".key", c.Headers["X-API-Key"]))
	}
	return err
}

// runFerry runs ferry and wants it to succeed: ferry ARGS…
func runFerry(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("say which exit code: fails CODE ARGS…")
	}
	expect(ts, 0, args)
}

// fails runs ferry and wants one exit code: fails CODE ARGS…
func fails(ts *testscript.TestScript, _ bool, args []string) {
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	expect(ts, code, args[1:])
}

func expect(ts *testscript.TestScript, want int, args []string) {
	err := ts.Exec("ferry", args...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	out, errOut := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	if keyText.MatchString(out + errOut) {
		ts.Fatalf("an API key was printed")
	}
	for _, never := range append(secrets(ts), canary, "AGE-SECRET-KEY", "goroutine ") {
		if strings.Contains(out+errOut, never) {
			ts.Fatalf("a secret or a stack trace was printed")
		}
	}
	if want != 0 && !strings.Contains(errOut, `{"error":`) && want != 2 && strings.Count(errOut, "\n") != 1 {
		ts.Fatalf("an error is one line, got %q", errOut)
	}
}

// secrets returns what a script's secret files hold.
func secrets(ts *testscript.TestScript) []string {
	dir := filepath.Join(ts.Getenv("WORK"), "secrets")
	entries, err := os.ReadDir(dir)
	ts.Check(err)
	out := make([]string, len(entries))
	for i, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		ts.Check(err)
		out[i] = strings.TrimSpace(string(b))
	}
	return out
}

// jsonIs compares a jq expression over stdout or stderr: json stdout EXPR WANT
func jsonIs(ts *testscript.TestScript, neg bool, args []string) {
	var doc any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &doc))
	query, err := gojq.Parse(args[1])
	ts.Check(err)
	v, _ := query.Run(doc).Next()
	got, ok := v.(string)
	if !ok {
		b, err := gojq.Marshal(v)
		ts.Check(err)
		got = string(b)
	}
	if (got == args[2]) == neg {
		ts.Fatalf("%s is %s", args[1], got)
	}
}

// await waits for a file to begin with a line of JSON and keeps a text of it in a
// variable: await FILE EXPR VARIABLE
func await(ts *testscript.TestScript, _ bool, args []string) {
	query, err := gojq.Parse(args[1])
	ts.Check(err)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		b, _ := os.ReadFile(ts.MkAbs(args[0]))
		line, _, whole := strings.Cut(string(b), "\n")
		var doc any
		if whole && json.Unmarshal([]byte(line), &doc) == nil {
			v, _ := query.Run(doc).Next()
			text, ok := v.(string)
			if !ok {
				ts.Fatalf("%s is %v", args[1], v)
			}
			ts.Setenv(args[2], text)
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s never held a line of JSON, but %q", args[0], b)
		}
	}
}

// within runs ferry until it ends with a code, and fails when that takes longer than a
// limit: within LIMIT CODE ARGS…
func within(ts *testscript.TestScript, _ bool, args []string) {
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	for began := time.Now(); ; {
		started := time.Now()
		err := ts.Exec("ferry", args[2:]...)
		var exit *exec.ExitError
		if err == nil && args[1] == "0" || errors.As(err, &exit) && strconv.Itoa(exit.ExitCode()) == args[1] {
			ts.Logf("after %s", time.Since(began).Round(time.Millisecond))
			return
		}
		// What counts is when the last one that came out otherwise was begun.
		if started.Sub(began) > limit {
			ts.Fatalf("after %s it still came out otherwise: %v", limit, err)
		}
	}
}

// flip changes one byte in the middle of a file: flip FILE OFFSET
func flip(ts *testscript.TestScript, _ bool, args []string) {
	name := ts.MkAbs(args[0])
	b, err := os.ReadFile(name)
	ts.Check(err)
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	b[at] ^= 0xff
	ts.Check(os.WriteFile(name, b, 0o600))
}

// noCanary looks through what a script left behind: stores, logs, temporary files.
func noCanary(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(name, "secret") || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(name)
		if err == nil && (strings.Contains(string(b), canary) || keyText.Match(b)) {
			t.Errorf("%s holds a secret", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
