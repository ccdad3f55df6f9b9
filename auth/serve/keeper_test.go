package serve

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/serving"
)

// source is a store that a test breaks and changes.
type source struct {
	loads   atomic.Int64
	fault   atomic.Pointer[error]
	changes chan struct{}
	blind   atomic.Bool // it cannot be watched
}

func (s *source) load(context.Context) (*serving.Directory, error) {
	s.loads.Add(1)
	if err := s.fault.Load(); err != nil {
		return nil, *err
	}
	return &serving.Directory{}, nil
}

func (s *source) watch(context.Context) (<-chan struct{}, error) {
	if s.blind.Load() {
		return nil, errors.New("no watch")
	}
	return s.changes, nil
}

func (s *source) fail(err error) { s.fault.Store(&err) }

func runKeeper(t *testing.T, s *source, lim limits) *keeper {
	t.Helper()
	s.changes = make(chan struct{}, 1)
	k := newKeeper(s.load, s.watch, lim)
	must(t, k.first(context.Background()))
	ctx, stop := context.WithCancel(context.Background())
	go k.run(ctx)
	t.Cleanup(func() { stop(); <-k.over })
	return k
}

func short() limits {
	lim := defaults
	lim.gap, lim.late, lim.retry, lim.maxAge = 20*time.Millisecond, 60*time.Millisecond, 20*time.Millisecond, time.Hour
	return lim
}

// Changes that follow one another share readings, and the last one is always read.
func TestChangesShareAReading(t *testing.T) {
	s := &source{}
	lim := short()
	k := runKeeper(t, s, lim)
	began := time.Now()
	for time.Since(began) < 200*time.Millisecond {
		select {
		case s.changes <- struct{}{}:
		default:
		}
		time.Sleep(time.Millisecond)
	}
	most := int64(time.Since(began)/lim.gap) + 3
	if n := s.loads.Load(); n < 3 || n > most {
		t.Errorf("%d readings in %v", n, time.Since(began))
	}
	mark := time.Now()
	s.changes <- struct{}{}
	until(t, time.Second, "the last change is read", func() bool { return k.now.Load().read.After(mark) })
}

// Without a watch the store is read often; with one it is used when it comes.
func TestStoreThatCannotBeWatched(t *testing.T) {
	s := &source{}
	s.blind.Store(true)
	runKeeper(t, s, short())
	until(t, 5*time.Second, "it is polled", func() bool { return s.loads.Load() > 4 })
}

// Everybody who asks for a picture gets one that was begun after asking.
func TestRefresh(t *testing.T) {
	s := &source{}
	k := runKeeper(t, s, short())
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			asked := time.Now()
			if err := k.refresh(context.Background()); err != nil || !k.now.Load().read.After(asked) {
				t.Errorf("refresh: %v", err)
			}
		})
	}
	group.Wait()
	if n := s.loads.Load(); n > 5 {
		t.Errorf("%d readings for 50 who asked at once", n)
	}
	s.fail(model.Errorf(model.EBusy, "another process holds the store"))
	if err := k.refresh(context.Background()); model.CodeOf(err) != model.EBusy {
		t.Errorf("refresh of a store that cannot be read: %v", err)
	}
}

// A store that cannot be read: the picture stays, then the server is not ready, then
// nobody is let in; and all is well when it can be read again.
func TestStoreThatCannotBeRead(t *testing.T) {
	k := newKit(t)
	lim := short()
	lim.unready, lim.refuse = 300*time.Millisecond, 600*time.Millisecond
	s := &source{}
	k.start(func(o *Options) { o.limits = &lim })
	load := k.pic.load
	var broken atomic.Bool
	broken.Store(true)
	// The keeper is idle for an hour: nothing reads the field while it is changed.
	k.pic.load = func(ctx context.Context) (*serving.Directory, error) {
		if broken.Load() {
			return s.load(ctx)
		}
		return load(ctx)
	}
	s.fail(model.Errorf(model.EBusy, "another process holds the store"))
	if err := k.pic.refresh(context.Background()); err == nil {
		t.Fatal("the fault is not there")
	}
	k.token() // the picture stays
	if p := k.status(); !strings.Contains(p.Problem, "another process holds the store") || !p.Ready {
		t.Errorf("at first: ready %t, problem %q", p.Ready, p.Problem)
	}
	until(t, 5*time.Second, "it is not ready", func() bool { return k.onSocket("/readyz").StatusCode == http.StatusServiceUnavailable })
	var a answer
	until(t, 5*time.Second, "nobody is let in", func() bool {
		a = k.do(http.MethodPost, "/oauth2/token", grant(k.key), formType)
		return a.StatusCode == http.StatusServiceUnavailable
	})
	if a.Header.Get("Retry-After") == "" || !strings.Contains(a.body, "cannot read its store") {
		t.Errorf("%v %s", a.Header, a.body)
	}
	if a := k.onSocket("/healthz"); a.StatusCode != http.StatusOK {
		t.Errorf("it is alive all the same: %d", a.StatusCode)
	}
	broken.Store(false)
	until(t, 5*time.Second, "it is ready again", func() bool { return k.onSocket("/readyz").StatusCode == http.StatusOK })
	k.token()
}
