package command

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ferry/model"
	"ferry/model/hub"
)

// brokenWriter fails every write.
type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func env(args ...string) (Env, *bytes.Buffer, *bytes.Buffer) {
	var out, errOut bytes.Buffer
	return Env{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errOut,
		LookupEnv: func(string) (string, bool) { return "", false }, Version: "v0",
	}, &out, &errOut
}

// CASES Store: never a stack trace. What it was is in the log, for its owner only.
func TestAFaultOfOurOwnIsOneLineAndTheLogHasTheRest(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	for name, door := range map[string]func(Settings) (hub.Door, error){
		"panic":           func(Settings) (hub.Door, error) { panic("the cause") },
		"error, no code":  func(Settings) (hub.Door, error) { return nil, errors.New("the cause") },
		"error with code": func(Settings) (hub.Door, error) { return nil, model.AsError(errors.New("the cause")) },
	} {
		t.Run(name, func(t *testing.T) {
			e, out, errOut := env("client", "list", "--log-file", log)
			e.Door = door
			if code := Run(context.Background(), e); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			got := errOut.String()
			if out.Len() > 0 || strings.Count(got, "\n") != 1 || strings.Contains(got, "the cause") || !strings.Contains(got, "--log-file") {
				t.Errorf("stdout %q, stderr %q", out, got)
			}
			b, err := os.ReadFile(log)
			if err != nil || !strings.Contains(string(b), "the cause") {
				t.Errorf("the log says %q, %v", b, err)
			}
			if err := os.Remove(log); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestAnOutputThatFailsIsNotSuccess(t *testing.T) {
	for _, tc := range []struct {
		err  error
		code int
		want string
	}{
		{syscall.ENOSPC, 1, "the output could not be written"},
		{syscall.EPIPE, 0, ""}, // the reader wants no more: TestAReaderThatWantsNoMoreIsAUsualEnd
	} {
		e, _, errOut := env("version")
		e.Stdout = brokenWriter{tc.err}
		if code := Run(context.Background(), e); code != tc.code || !strings.Contains(errOut.String(), tc.want) || tc.want == "" && errOut.Len() > 0 {
			t.Errorf("%v: exit code %d, %q", tc.err, code, errOut)
		}
	}
}

func TestFlagsWinOverTheEnvironment(t *testing.T) {
	var got Settings
	e, _, _ := env("client", "list", "--store", "/flag.db", "--space", "flag")
	e.Door = func(s Settings) (hub.Door, error) { got = s; return nil, errors.New("seen") }
	e.LookupEnv = func(name string) (string, bool) {
		v, ok := map[string]string{
			"FERRY_STORE": "/env.db", "FERRY_IDENTITY": "/env-identity", "FERRY_PASSPHRASE_FD": "7", "FERRY_CONFIRM": "x",
		}[name]
		return v, ok
	}
	Run(context.Background(), e)
	want := Settings{Store: "/flag.db", Space: "flag", Identity: "/env-identity", PassphraseFD: 7}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for name, place := range map[string]map[string]string{
		"/data/ferry/ferry.db":                {"XDG_DATA_HOME": "/data", "HOME": "/home/a"},
		"/home/a/.local/share/ferry/ferry.db": {"XDG_DATA_HOME": "relative", "HOME": "/home/a"},
		"":                                    {},
	} {
		e.Args = []string{"client", "list"}
		e.LookupEnv = func(v string) (string, bool) { s, ok := place[v]; return s, ok }
		Run(context.Background(), e)
		if got.Store != name {
			t.Errorf("%v: store %q, want %q", place, got.Store, name)
		}
	}
}
