package importing

import (
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
)

func TestStopFinishesWhatIsInFlight(t *testing.T) {
	b := newBench(t).write(model.NDJSON, numbered(300))
	stop := make(chan struct{})
	b.job.Stop = stop
	var once sync.Once
	b.target.answer = func(_ http.ResponseWriter, _ *http.Request, body []byte) bool {
		if strings.Contains(string(body), `"n":20}`) {
			once.Do(func() { close(stop) })
		}
		return false
	}
	if err := b.run(); err != model.ErrStopped { //nolint:errorlint // it is returned as it is
		t.Fatalf("%v", err)
	}
	if n := len(b.target.applied); n == 300 || b.last.Created != int64(n) || b.last.Records != int64(n) {
		t.Errorf("%d arrived: %+v", n, b.last)
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if !strings.Contains(string(stacks), "importing.(*mover)") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("something still runs: %s", stacks)
		}
	}
	b.job.Stop = make(chan struct{})
	b.mustRun()
	if len(b.target.seen()) != 300 || b.last.Created != 300 {
		t.Errorf("%d requests: %+v", len(b.target.seen()), b.last)
	}
}

// Nothing can be sent to a client that is disabled: the run ends at the next record.
func TestADisabledClientEndsTheRun(t *testing.T) {
	b := newBench(t).write(model.NDJSON, numbered(30))
	b.job.Transfer.Write.Parallel = 2
	var n atomic.Int64
	b.link.before = func() error {
		if n.Add(1) > 10 {
			return model.Errorf(model.EDisabled, "erp is disabled")
		}
		return nil
	}
	if err := b.run(); model.CodeOf(err) != model.EDisabled {
		t.Fatalf("%v", err)
	}
	if len(b.target.seen()) != 10 || b.last.Created != 10 {
		t.Errorf("%d %+v", len(b.target.seen()), b.last)
	}
	b.link.before = nil
	b.mustRun()
	if len(b.target.seen()) != 30 {
		t.Errorf("%d requests", len(b.target.seen()))
	}
}

// A stream that says nothing more does not hold the end of a run up.
func TestStopDoesNotWaitForAStream(t *testing.T) {
	b := newBench(t)
	b.job.Transfer.File = model.TransferFile{Path: "-", Format: model.NDJSON}
	r, w := io.Pipe()
	defer func() { _ = w.Close() }() // lets the reader go
	stop := make(chan struct{})
	b.job.In, b.job.Stop = r, stop
	b.target.answer = func(_ http.ResponseWriter, _ *http.Request, body []byte) bool {
		if strings.Contains(string(body), `"n":3}`) {
			close(stop)
		}
		return false
	}
	go func() { _, _ = io.WriteString(w, numbered(3)) }()
	if err := b.run(); err != model.ErrStopped { //nolint:errorlint // it is returned as it is
		t.Fatalf("%v", err)
	}
	// Those that had not left yet were not sent any more.
	if n := len(b.target.applied); n == 0 || b.last.Created != int64(n) {
		t.Errorf("%d arrived: %+v", n, b.last)
	}
}
