package server

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/screen"
)

// follower follows the requests of a server for one screen: what ends is gathered for a
// moment and handed over in batches, so that a busy server makes no more work than can be
// looked at.
type follower struct {
	self screen.ID
	req  screen.Requests
}

// batch is requests that ended, oldest first.
type batch struct {
	to   screen.ID
	of   *stream
	list []model.ServedRequest
}

// Addressee implements screen.Addressed.
func (b batch) Addressee() screen.ID { return b.to }

// ended is how a stream came to its end.
type ended struct{}

// stream is one call of Tail.
type stream struct{ ch chan model.ServedRequest }

const (
	gatherTime = 120 * time.Millisecond // how long requests are gathered
	gatherMost = 500
)

// start follows until the server stops or the screen is left.
func (f *follower) start(ctx context.Context, server model.ServerProbe, filter model.TailFilter) tea.Cmd {
	if f.req.Running() {
		return nil
	}
	s := &stream{ch: make(chan model.ServedRequest, gatherMost)}
	follow := screen.Start(ctx, f.self, &f.req, func(ctx context.Context) (ended, error) {
		defer close(s.ch)
		if server == nil {
			return ended{}, model.Errorf(model.ENotFound, "no server runs on this store")
		}
		return ended{}, server.Tail(ctx, filter, func(r model.ServedRequest) error {
			select {
			case s.ch <- cleanRequest(r):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	return tea.Batch(follow, f.listen(s))
}

// listen waits for requests of a stream and returns those of a moment.
func (f *follower) listen(s *stream) tea.Cmd {
	to := f.self
	return func() tea.Msg {
		first, ok := <-s.ch
		if !ok {
			return nil
		}
		out := batch{to: to, of: s, list: []model.ServedRequest{first}}
		timer := time.NewTimer(gatherTime)
		defer timer.Stop()
		for len(out.list) < gatherMost {
			select {
			case r, ok := <-s.ch:
				if !ok {
					return out
				}
				out.list = append(out.list, r)
			case <-timer.C:
				return out
			}
		}
		<-timer.C // not more often than that, however many there are
		return out
	}
}
