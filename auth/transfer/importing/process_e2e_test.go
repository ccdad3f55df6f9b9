//go:build e2e

package importing

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"ferry/model"
)

// Every event is one at which a run is killed.
func TestKilledAtEveryEvent(t *testing.T) { sweep(t, 1) }

// kept is what a child keeps of its run, in a file that is replaced whole.
type kept struct {
	Point    []byte
	Progress model.Progress
}

const childVar = "FERRY_TEST_IMPORT_CHILD"

// TestMain runs one import when it was started as the child.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childVar); dir != "" {
		os.Exit(child(dir, os.Getenv(childVar+"_URL")))
	}
	os.Exit(m.Run())
}

func child(dir, url string) int {
	t := &plainT{}
	b := &bench{t: t, dir: dir, engine: Engine{Compile: compile, Now: time.Now, every: 20 * time.Millisecond}, link: newLink(t, url)}
	b.prepare()
	state := filepath.Join(dir, "state")
	if data, err := os.ReadFile(state); err == nil {
		var k kept
		if err := json.Unmarshal(data, &k); err != nil {
			return 3
		}
		b.job.Checkpoint, b.job.Progress = k.Point, k.Progress
	}
	b.job.Keep = func(_ context.Context, point []byte, p model.Progress, _ []model.TransferFault) error {
		data, err := json.Marshal(kept{point, p})
		if err == nil {
			err = os.WriteFile(state+".new", data, 0o600)
		}
		if err == nil {
			err = os.Rename(state+".new", state)
		}
		return err
	}
	b.job.Transfer.Write.Parallel = 8
	if err := b.engine.Run(context.Background(), b.job); err != nil {
		return 2
	}
	return 0
}

// plainT stands for a test in the child, which has none.
type plainT struct{ testing.TB }

func (*plainT) Helper()        {}
func (*plainT) Cleanup(func()) {}

// arrived is closed when the target has seen so many requests, however fast the machine is.
func arrived(t *testing.T, b *bench, most int) <-chan struct{} {
	out := make(chan struct{})
	go func() {
		defer close(out)
		for t.Context().Err() == nil && len(b.target.seen()) < most {
			time.Sleep(time.Millisecond)
		}
	}()
	return out
}

// CASES Transfers: kill -9 at 50 random moments of an import, then resume: by key every record
// is applied once, and no more is sent again than was in flight.
func TestKilledBySignalAt50RandomMoments(t *testing.T) {
	const n = 2000
	killed, again := 0, 0
	for round := range 50 {
		b := newBench(t)
		b.write(model.NDJSON, numbered(n))
		b.target.answer = refuseSome
		start := func() *exec.Cmd {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childVar+"="+b.dir, childVar+"_URL="+b.target.URL)
			cmd.Stderr = os.Stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			return cmd
		}
		for kills := 0; ; {
			cmd := start()
			done := make(chan error, 1)
			go func() { done <- cmd.Wait() }()
			var err error
			if kills < 1 {
				select {
				case err = <-done:
				case <-arrived(t, b, rand.IntN(n*9/10)):
					kills++
					_ = cmd.Process.Kill()
					err = <-done
					if err != nil {
						killed++
						continue
					}
				}
			} else {
				err = <-done
			}
			if err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			break
		}
		for what, times := range b.target.applied {
			if times != 1 {
				t.Errorf("round %d: %s was applied %d times", round, what, times)
			}
		}
		extra := len(b.target.seen()) - n
		if again += extra; extra > 8 {
			t.Errorf("round %d: %d were sent again, more than were in flight", round, extra)
		}
		data, err := os.ReadFile(filepath.Join(b.dir, "state"))
		var k kept
		if err != nil || json.Unmarshal(data, &k) != nil {
			t.Fatal(err)
		}
		if got := b.rejected(); len(b.target.applied) != n-n/10 || len(got) != n/10 || k.Progress.Created != n-n/10 || k.Progress.Rejected != n/10 || k.Progress.Records != n {
			t.Errorf("round %d: %d arrived, %d rejects, %+v", round, len(b.target.applied), len(got), k.Progress)
		}
	}
	t.Logf("%d killed, %d requests were made again", killed, again)
	if killed < 25 {
		t.Errorf("only %d were killed before they ended", killed)
	}
}
