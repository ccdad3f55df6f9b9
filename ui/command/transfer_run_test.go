package command

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/modeltest"
	"ferry/model/transfers"
)

// moving is a store with two clients, whose transfers do what a test scripts.
func moving(t *testing.T) *modeltest.Door {
	t.Helper()
	_, _, _, door := served(t, nil, "version")
	for _, name := range []string{"erp", "shop"} {
		must(t, door, "client", "create", name, "--base-url", "https://"+name+".example.com")
	}
	return door
}

// must runs one command line that has to succeed, and returns what it printed.
func must(t *testing.T, door *modeltest.Door, line ...string) (out, errOut string) {
	t.Helper()
	code, out, errOut, _ := run(t, door, nil, line...)
	if code != 0 {
		t.Fatalf("%v: exit code %d, %s", line, code, errOut)
	}
	return out, errOut
}

// under runs one command line that can be interrupted.
func under(door *modeltest.Door, line ...string) (interrupt func(), ended <-chan int, out, errOut *bytes.Buffer) {
	ctx, cancel := context.WithCancel(context.Background())
	e, out, errOut := env(line...)
	e.Door = func(Settings) (hub.Door, error) { return door, nil }
	code := make(chan int, 1)
	go func() { code <- Run(ctx, e) }()
	return cancel, code, out, errOut
}

// finished waits for an exit code, -1 when none comes.
func finished(ended <-chan int) int {
	select {
	case code := <-ended:
		return code
	case <-time.After(15 * time.Second):
		return -1
	}
}

// CASES Transfers: ctrl-c pauses after what is in flight; the line that is printed goes on.
func TestASignalPausesATransferAndSaysTheLineThatGoesOn(t *testing.T) {
	door := moving(t)
	hold := door.Mover.Hold()
	interrupt, ended, out, errOut := under(door, "export", "erp", "/p?x=it's", "-o", "p.ndjson", "--restart")
	if _, ok := hold.Began(); !ok {
		t.Fatal("no export began")
	}
	if err := hold.Keep(model.Progress{Records: 12_000, Bytes: 3_100_000}); err != nil {
		t.Fatal(err)
	}
	interrupt()
	if code := finished(ended); code != 130 || out.Len() > 0 {
		t.Fatalf("exit code %d, %q", code, out)
	}
	want := "ferry: paused after 12,000 records, 3.1 MB; go on with: ferry export erp '/p?x=it'\\''s' -o p.ndjson --resume\n"
	if errOut.String() != want {
		t.Errorf("said %q, want %q", errOut, want)
	}
	door.Mover.Play(modeltest.Moves(model.Progress{Records: 13_000, Bytes: 3_300_000}))
	if _, errOut := must(t, door, "export", "erp", "/p?x=it's", "-o", "p.ndjson", "--resume"); !has(errOut, "Exported 13,000 records (3.3 MB) from erp to p.ndjson") {
		t.Errorf("resumed: %q", errOut)
	}
	jobs := door.Mover.Jobs()
	if len(jobs) != 2 || string(jobs[1].Checkpoint) != "kept" || jobs[0].Transfer.ID != jobs[1].Transfer.ID {
		t.Errorf("it did not go on where it was: %d jobs", len(jobs))
	}
}

func TestAnInterruptedTransferForAScript(t *testing.T) {
	door := moving(t)
	hold := door.Mover.Hold()
	interrupt, ended, out, errOut := under(door, "export", "erp", "/p", "-o", "p.ndjson", "--output", "json")
	if _, ok := hold.Began(); !ok {
		t.Fatal("no export began")
	}
	interrupt()
	if code := finished(ended); code != 130 {
		t.Fatalf("exit code %d, %s", code, errOut)
	}
	var v transfers.View
	unmarshal(t, out.Bytes(), &v)
	if v.Phase != model.PhasePaused || v.ID == "" {
		t.Errorf("the view is %s", out)
	}
	var e struct{ Error struct{ Code, Next string } }
	unmarshal(t, errOut.Bytes(), &e)
	if e.Error.Code != "interrupted" || e.Error.Next != "go on with: ferry export erp /p -o p.ndjson --output json --resume" {
		t.Errorf("the error is %s", errOut)
	}
}

// A signal ends the wait for a pipe that stays silent; a stream cannot go on.
func TestASignalEndsTheWaitForStdin(t *testing.T) {
	door := moving(t)
	began := make(chan struct{})
	door.Mover.Play(func(_ context.Context, j model.Job) error {
		j.Report(model.Progress{Records: 1})
		close(began)
		_, err := io.Copy(io.Discard, j.In)
		return err
	})
	silent, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(context.Background())
	e, _, errOut := env("import", "erp", "/p", "-i", "-")
	e.Stdin, e.Door = silent, func(Settings) (hub.Door, error) { return door, nil }
	code := make(chan int, 1)
	go func() { code <- Run(ctx, e) }()
	<-began
	cancel()
	if got := finished(code); got != 130 || has(errOut.String(), "go on with") || !has(errOut.String(), "interrupted") {
		t.Errorf("exit code %d, %q", got, errOut)
	}
}

func TestAStreamReadsAllThatComes(t *testing.T) {
	r := &stoppable{from: io.MultiReader(strings.NewReader("one "), strings.NewReader(strings.Repeat("x", 200_000))), stop: make(chan struct{})}
	got, err := io.ReadAll(r)
	if err != nil || len(got) != 200_004 || !bytes.HasPrefix(got, []byte("one x")) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	broken := &stoppable{from: io.MultiReader(strings.NewReader("one"), brokenReader{}), stop: make(chan struct{})}
	if got, err := io.ReadAll(broken); string(got) != "one" || !errors.Is(err, errBroken) {
		t.Errorf("%q, %v", got, err)
	}
}

var errBroken = errors.New("broken")

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errBroken }

// Records go to stdout alone; what could act on a terminal is spelled out there.
func TestRecordsOnStdout(t *testing.T) {
	door := moving(t)
	door.Mover.Play(func(ctx context.Context, j model.Job) error {
		for _, part := range []string{"{\"a\":\"\u202e", "\"}\n{\"b\":1}"} {
			if _, err := io.WriteString(j.Out, part); err != nil {
				return err
			}
		}
		return j.Keep(ctx, nil, model.Progress{Records: 2, Bytes: 20}, nil)
	})
	for name, tc := range map[string]struct {
		terminal bool
		more     []string
		out      string
		errOut   string
	}{
		"pipe":     {out: "{\"a\":\"\u202e\"}\n{\"b\":1}", errOut: "Exported 2 records (20 B) from erp to stdout"},
		"terminal": {terminal: true, out: "{\"a\":\"<U+202E>\"}\n{\"b\":1}", errOut: "Exported 2 records"},
		"json":     {more: []string{"--output", "json"}, out: "{\"a\":\"\u202e\"}\n{\"b\":1}"},
	} {
		t.Run(name, func(t *testing.T) {
			e, out, errOut := env(append([]string{"export", "erp", "/p", "-o", "-"}, tc.more...)...)
			e.Terminals.Out = tc.terminal
			e.Door = func(Settings) (hub.Door, error) { return door, nil }
			code := Run(context.Background(), e)
			if code != 0 || out.String() != tc.out || !has(errOut.String(), tc.errOut) || tc.errOut == "" && errOut.Len() > 0 {
				t.Errorf("exit code %d, %q, %q", code, out, errOut)
			}
		})
	}
}

func TestCompressedBytesAreNotForATerminal(t *testing.T) {
	e, out, errOut := env("export", "erp", "/p", "-o", "-", "--gzip")
	e.Terminals.Out = true
	if code := Run(context.Background(), e); code != 2 || out.Len() > 0 || !has(errOut.String(), "terminal") {
		t.Errorf("exit code %d, %q", code, errOut)
	}
}

func TestAFailureSaysHowItGoesOn(t *testing.T) {
	door := moving(t)
	cause := model.Errorf(model.EUpstream, "page 731: the other system answered 500").WithNext("try again later")
	door.Mover.Play(modeltest.Fails(cause, model.Progress{Records: 73_000}))
	code, _, errOut, _ := run(t, door, nil, "export", "erp", "/p", "-o", "p.ndjson")
	if code != 6 || errOut != "ferry: page 731: the other system answered 500; try again later; then go on with: ferry export erp /p -o p.ndjson --resume\n" {
		t.Errorf("exit code %d, %q", code, errOut)
	}
	door.Mover.Play(modeltest.Fails(model.Errorf(model.ENoSpace, "the disk is full"), model.Progress{Records: 9}))
	if code, _, errOut, _ = run(t, door, nil, "export", "erp", "/q", "-o", "q.csv"); code != 1 || !has(errOut, "go on with: ferry export erp /q -o q.csv --resume") {
		t.Errorf("a full disk: exit code %d, %q", code, errOut)
	}
	door.Mover.Play(modeltest.Fails(model.Errorf(model.EUnreachable, "nobody answers"), model.Progress{}))
	if code, _, errOut, _ = run(t, door, nil, "export", "erp", "/u", "-o", "u.csv"); code != 7 || !has(errOut, "ferry: nobody answers; go on with: ferry export") {
		t.Errorf("nobody there: exit code %d, %q", code, errOut)
	}
	// What never began cannot go on.
	if code, _, errOut, _ = run(t, door, nil, "export", "nobody", "/q", "-o", "r.csv"); code != 3 || has(errOut, "go on") {
		t.Errorf("no client: exit code %d, %q", code, errOut)
	}
}

// What is refused does not fail an import; when it fails because all is, a script has the view and the error.
func TestWhatIsRefusedByTheTarget(t *testing.T) {
	door := moving(t)
	door.Files.Put("p.ndjson", "{}\n{}\n")
	door.Mover.Play(modeltest.Moves(model.Progress{Records: 1000, Created: 990, Rejected: 10},
		model.TransferFault{At: modeltest.Start, Record: 7, Row: 8, Kind: model.FaultRejected, Status: 422, Reason: "name is \x1b required"}))
	_, errOut := must(t, door, "import", "erp", "/p", "-i", "p.ndjson")
	for _, want := range []string{"Imported 1,000 records from p.ndjson into erp", ": 990 created, 10 rejected\n", "ferry transfer errors "} {
		if !has(errOut, want) {
			t.Errorf("no %q in %q", want, errOut)
		}
	}
	id := string(door.Mover.Jobs()[0].Transfer.ID)
	if out, _ := must(t, door, "transfer", "errors", id); !has(out, "rejected  7       8    -    422     name is <U+001B> required") {
		t.Errorf("the faults are\n%s", out)
	}
	door.Mover.Play(modeltest.Fails(model.Errorf(model.EUpstream, "the target refused all of the 2 records"), model.Progress{Records: 2, Rejected: 2}))
	code, out, errOut, _ := run(t, door, nil, "import", "erp", "/q", "-i", "p.ndjson", "--output", "json")
	var v transfers.View
	unmarshal(t, []byte(out), &v)
	if code != 6 || v.Progress.Rejected != 2 || !has(errOut, "refused all of the 2 records") {
		t.Errorf("exit code %d, %s, %s", code, out, errOut)
	}
}

// A script repeats one line until it is done: where nothing was begun it begins, and what was done is
// not sent once more.
func TestResumeBeginsWhereNothingWasBegun(t *testing.T) {
	door := moving(t)
	door.Mover.Play(modeltest.Moves(model.Progress{Records: 1}))
	if _, errOut := must(t, door, "export", "erp", "/p", "-o", "p.ndjson", "--resume"); !has(errOut, "Exported 1 record") {
		t.Errorf("an export: %q", errOut)
	}
	t.Chdir(t.TempDir())
	writeFile(t, "in.ndjson", "{}\n", modeltest.Start.Add(-time.Hour))
	door.Files.Put("in.ndjson", "{}\n")
	line := []string{"import", "erp", "/p", "-i", "in.ndjson", "--resume"}
	if _, errOut := must(t, door, line...); !has(errOut, "Imported 1 record") {
		t.Errorf("an import: %q", errOut)
	}
	before := len(door.Mover.Jobs())
	if _, errOut := must(t, door, line...); len(door.Mover.Jobs()) != before || !has(errOut, "was done already") {
		t.Errorf("it was sent once more: %q", errOut)
	}
	door.Clock.Pass(time.Hour)
	writeFile(t, "in.ndjson", "{}\n{}\n", modeltest.Start.Add(time.Minute))
	if must(t, door, line...); len(door.Mover.Jobs()) != before+1 {
		t.Error("a file that has changed was not imported")
	}
}

func TestWhatAnImportWouldSend(t *testing.T) {
	door := moving(t)
	door.Files.Put("p.ndjson", "{}\n")
	door.Mover.Plan(
		model.PlannedRequest{Record: 1, Method: "PUT", URL: "https://erp.example.com/p/A", Header: []model.Param{{Name: "Content-Type", Value: "application/json"}}, Body: []byte(`{"a":[1]}`)},
		model.PlannedRequest{Record: 2, Method: "PUT", URL: "https://erp.example.com/p/B", Body: []byte("no JSON")},
	)
	out, _ := must(t, door, "import", "erp", "/p/{a}", "-i", "p.ndjson", "--dry-run")
	want := "# record 1\nPUT https://erp.example.com/p/A\nContent-Type: application/json\n\n{\n  \"a\": [\n    1\n  ]\n}\n\n" +
		"# record 2\nPUT https://erp.example.com/p/B\n\nno JSON\n\n"
	if out != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
	out, _ = must(t, door, "import", "erp", "/p/{a}", "-i", "p.ndjson", "--dry-run", "--output", "json")
	if out != `{"items":[{"record":1,"method":"PUT","url":"https://erp.example.com/p/A","headers":{"Content-Type":"application/json"},"body":{"a":[1]}},`+
		`{"record":2,"method":"PUT","url":"https://erp.example.com/p/B","headers":{},"body":"no JSON"}],"next":null}`+"\n" {
		t.Errorf("got %s", out)
	}
	if len(door.Mover.Jobs()) > 0 {
		t.Error("something was sent")
	}
}
