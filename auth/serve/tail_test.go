package serve

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
)

// followed is a tail that is read.
type followed struct {
	t    *testing.T
	got  chan model.ServedRequest
	done chan error
}

func follow(t *testing.T, p model.ServerProbe, f model.TailFilter) *followed {
	out := &followed{t, make(chan model.ServedRequest, 100), make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go func() {
		out.done <- p.Tail(ctx, f, func(r model.ServedRequest) error { out.got <- r; return nil })
	}()
	return out
}

func (f *followed) next(n int) []model.ServedRequest {
	f.t.Helper()
	var out []model.ServedRequest
	for range n {
		select {
		case r := <-f.got:
			out = append(out, r)
		case err := <-f.done:
			f.t.Fatalf("the tail ended: %v", err)
		case <-time.After(5 * time.Second):
			f.t.Fatalf("the tail told of %d requests", len(out))
		}
	}
	return out
}

func (f *followed) end() error {
	f.t.Helper()
	select {
	case err := <-f.done:
		return err
	case <-time.After(5 * time.Second):
		return errors.New("it goes on")
	}
}

// A follower that does not read loses requests, is told how many, and holds nobody up; one that
// has enough ends the tail.
func TestSlowFollower(t *testing.T) {
	k := newKit(t).start(nil)
	reads := make(chan struct{})
	var told, lost atomic.Uint64
	enough := errors.New("enough")
	done := make(chan error, 1)
	go func() {
		done <- NewProbe(Socket(k.path)).Tail(context.Background(), model.TailFilter{}, func(r model.ServedRequest) error {
			<-reads
			told.Add(1)
			lost.Add(r.Lost)
			if r.Path == "/oauth2/token" {
				return enough
			}
			return nil
		})
	}()
	until(t, 5*time.Second, "a follower", func() bool { return k.tails.all.Load() != nil })
	var sent uint64
	rec := &record{id: "x", method: "GET", route: "/" + strings.Repeat("x", 1000), status: 200}
	until(t, 5*time.Second, "requests are lost", func() bool {
		for range 100 {
			k.tails.add(rec)
			sent++
		}
		all := k.tails.all.Load()
		return (*all)[0].lost.Load() > 0
	})
	close(reads)
	until(t, 5*time.Second, "the rest is read", func() bool { return told.Load()+lost.Load() >= sent })
	k.token()
	if err := <-done; !errors.Is(err, enough) {
		t.Errorf("ended with %v", err)
	}
	if told.Load()+lost.Load() != sent+1 || lost.Load() == 0 {
		t.Errorf("%d sent, %d told, %d lost", sent, told.Load(), lost.Load())
	}
	until(t, 5*time.Second, "it has left", func() bool { return k.tails.all.Load() == nil })
	if err := NewProbe(Socket(k.path)+"x").Tail(context.Background(), model.TailFilter{}, nil); model.CodeOf(err) != model.ENotFound {
		t.Errorf("nobody serves: %v", err)
	}
	if a := k.onSocket("/tail?status=9"); a.StatusCode != http.StatusBadRequest {
		t.Errorf("a class that is none: %d", a.StatusCode)
	}
}
